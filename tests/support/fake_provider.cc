#include "tests/support/fake_provider.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace roomkeeper::testing {
namespace {

template <typename T>
CallResult<T> Failed(CallError error, std::string message) {
  return {.failure = {.error = error, .message = std::move(message)}, .calls = 1};
}

std::string Key(const std::string& name) {
  return absl::AsciiStrToLower(name);
}

}  // namespace

int FakeProvider::calls(const std::string& name) const {
  const auto found = calls_by_name_.find(name);
  return found == calls_by_name_.end() ? 0 : found->second;
}

int FakeProvider::effects(const std::string& name) const {
  const auto found = effects_by_name_.find(name);
  return found == effects_by_name_.end() ? 0 : found->second;
}

std::optional<FakeProvider::Fault> FakeProvider::TakeFault() {
  for (const Fault& fault : faults) {
    if (fault.at_call == calls_) {
      ++faults_fired_;
      return fault;
    }
  }
  return std::nullopt;
}

template <typename T>
void FakeProvider::Answer(CallResult<T> result, CallDone<T> done, absl::Duration delay) {
  loop_.RunAfter(delay, [result = std::move(result), done = std::move(done)] { done(result); });
}

template <typename T>
void FakeProvider::Run(const std::string& name, const CallScope& scope,
                       std::function<CallResult<T>()> effect, CallDone<T> done) {
  ++calls_;
  ++calls_by_name_[name];
  origins_.push_back(scope.origin);
  if (on_call) {
    on_call(calls_, name);
  }
  if (silent) {
    unanswered_.push_back([this, name, scope, effect = std::move(effect), done = std::move(done)] {
      Run<T>(name, scope, effect, done);
    });
    return;
  }
  const std::optional<Fault> fault = TakeFault();
  const absl::Duration half = options.latency / 2;
  effect = [this, name, act = std::move(effect)] {
    CallResult<T> result = act();
    effects_by_name_[name] += result.ok() ? 1 : 0;
    return result;
  };
  if (!fault.has_value()) {
    loop_.RunAfter(half, [this, half, effect = std::move(effect), done = std::move(done)] {
      CallResult<T> result = effect();
      result.calls = 1;
      result.took = options.latency;
      Answer<T>(std::move(result), done, half);
    });
    return;
  }
  if (fault->effect != Effect::kNone) {
    loop_.RunAfter(fault->effect == Effect::kNow ? half : fault->late_by,
                   [effect = std::move(effect)] { (void)effect(); });
  }
  CallResult<T> failed =
      Failed<T>(fault->error, absl::StrCat("injected at call ", calls_, " ", name));
  failed.failure.error_code = fault->error_code;
  failed.failure.request_id = fault->platform_request_id;
  Answer<T>(std::move(failed), std::move(done), options.latency);
}

void FakeProvider::AnswerAll() {
  silent = false;
  for (const auto& go_on : std::exchange(unanswered_, {})) {
    go_on();
  }
}

std::string FakeProvider::StatusOf(const Room& room) const {
  if (room.seen.status != "PROVISIONING" || Now() < room.active_at) {
    return room.seen.status;
  }
  return room.fails ? "FAILED" : "ACTIVE";
}

ObservedAsset FakeProvider::Shown(const Asset& asset, bool full) const {
  ObservedAsset shown = asset.seen;
  if (shown.status == "PENDING" && Now() >= asset.active_at) {
    shown.status = "ACTIVE";
  }
  if (full && !asset.local_name.empty()) {
    shown.local_name = asset.local_name;
  }
  if (!full) {
    shown.local_name.reset();
    shown.notebook_etag.reset();
    shown.notebook_content_digest.reset();
    shown.runner_collaborator_aliases.reset();
    shown.description.reset();
    shown.environment_version.reset();
  }
  return shown;
}

std::optional<ObservedRoom> FakeProvider::See(const std::string& room_name, Depth depth) const {
  const auto found = rooms.find(Key(room_name));
  if (found == rooms.end()) {
    return std::nullopt;
  }
  ObservedRoom room = found->second.seen;
  room.status = StatusOf(found->second);
  room.has_detail = true;
  if (depth != Depth::kRoom) {
    room.has_assets = true;
    for (const auto& [name, asset] : found->second.assets) {
      const bool notebook = asset.seen.asset_type == "NOTEBOOK_FILE";
      room.assets.push_back(Shown(asset, depth == Depth::kFull && notebook));
    }
  }
  return room;
}

CallResult<ObservedRoom> FakeProvider::Observe(const std::string& room_name, Depth depth) const {
  std::optional<ObservedRoom> room = See(room_name, depth);
  if (!room.has_value()) {
    return Failed<ObservedRoom>(CallError::kNotFound, "no such clean room");
  }
  return {.value = *std::move(room)};
}

CallResult<ObservedRoom> FakeProvider::Create(const RoomSpec& spec) {
  if (rooms.contains(Key(spec.room_name))) {
    return Failed<ObservedRoom>(CallError::kAlreadyExists, "the name is taken");
  }
  if (rooms.size() >= static_cast<std::size_t>(options.rooms_max)) {
    return Failed<ObservedRoom>(CallError::kLimitReached, "too many clean rooms");
  }
  Room room;
  room.seen = {.name = spec.room_name,
               .status = "PROVISIONING",
               .comment = spec.comment,
               .local_collaborator_alias = spec.provider.collaborator_alias,
               .created_at = Now(),
               .central_clean_room_id = absl::StrCat("central-", spec.room_name),
               .cloud_vendor = spec.cloud_vendor,
               .region = spec.region,
               .package_provider_collaborator_alias = spec.provider.collaborator_alias,
               .enable_shared_output = spec.enable_shared_output,
               .egress = spec.egress,
               .collaborators = {spec.provider, spec.brand}};
  room.seen.collaborators[1].invite_recipient_workspace_id = 0;  // input only
  room.active_at = Now() + options.provisioning;
  if (options.provisionings_to_fail > 0) {
    --options.provisionings_to_fail;
    room.fails = true;
  } else if (options.provisionings_to_hang > 0) {
    --options.provisionings_to_hang;
    room.active_at = absl::InfiniteFuture();
  }
  const ObservedRoom sparse = {.name = spec.room_name,
                               .status = "PROVISIONING",
                               .comment = spec.comment,
                               .created_at = Now()};
  rooms[Key(spec.room_name)] = std::move(room);
  return {.value = sparse};
}

CallResult<Empty> FakeProvider::Delete(const std::string& room_name) {
  const auto found = rooms.find(Key(room_name));
  if (found == rooms.end()) {
    return Failed<Empty>(CallError::kNotFound, "no such clean room");
  }
  if (found->second.foreign) {
    violations_.push_back(absl::StrCat("deleted the foreign room ", room_name));
  }
  rooms.erase(found);
  return {};
}

CallResult<ObservedAsset> FakeProvider::Put(const std::string& room_name, bool must_exist,
                                            Asset asset) {
  const auto found = rooms.find(Key(room_name));
  if (found == rooms.end()) {
    return Failed<ObservedAsset>(CallError::kNotFound, "no such clean room");
  }
  Room& room = found->second;
  if (room.foreign) {
    violations_.push_back(absl::StrCat("wrote into the foreign room ", room_name));
  }
  if (StatusOf(room) != "ACTIVE") {
    return Failed<ObservedAsset>(CallError::kInvalidState, "the room is not ACTIVE");
  }
  const std::string key = Key(asset.seen.name);
  if (room.assets.contains(key) != must_exist) {
    return Failed<ObservedAsset>(must_exist ? CallError::kNotFound : CallError::kAlreadyExists,
                                 absl::StrCat("asset ", asset.seen.name));
  }
  asset.seen.status = options.asset_pending > absl::ZeroDuration() ? "PENDING" : "ACTIVE";
  asset.active_at = Now() + options.asset_pending;
  room.assets[key] = asset;
  return {.value = Shown(asset, /*full=*/true)};
}

CallResult<Empty> FakeProvider::Remove(const std::string& room_name, AssetType type,
                                       const std::string& name) {
  const auto found = rooms.find(Key(room_name));
  if (found == rooms.end()) {
    return Failed<Empty>(CallError::kNotFound, "no such clean room");
  }
  if (found->second.foreign) {
    violations_.push_back(absl::StrCat("removed from the foreign room ", room_name));
  }
  const auto asset = found->second.assets.find(Key(name));
  if (asset == found->second.assets.end() || asset->second.seen.asset_type != Name(type)) {
    return Failed<Empty>(CallError::kNotFound, "no such asset");
  }
  found->second.assets.erase(asset);
  return {};
}

CallResult<ObservedRoom> FakeProvider::Comment(const RoomSpec& spec) {
  const auto found = rooms.find(Key(spec.room_name));
  if (found == rooms.end()) {
    return Failed<ObservedRoom>(CallError::kNotFound, "no such clean room");
  }
  if (found->second.foreign) {
    violations_.push_back(absl::StrCat("wrote the comment of foreign room ", spec.room_name));
  }
  found->second.seen.comment = spec.comment;
  return {.value = *See(spec.room_name, Depth::kRoom)};
}

FakeProvider::Asset FakeProvider::MakeNotebook(const NotebookSpec& notebook) {
  Asset asset;
  asset.seen.name = notebook.name;
  asset.seen.asset_type = "NOTEBOOK_FILE";
  asset.seen.notebook_etag = absl::StrCat("etag-", ++etags_);
  asset.seen.notebook_content_digest = notebook.content_digest;
  asset.seen.runner_collaborator_aliases = notebook.runner_collaborator_aliases;
  asset.seen.description = notebook.description;
  asset.seen.environment_version = notebook.environment_version;
  return asset;
}

void FakeProvider::Preflight(const CallScope& scope, const RoomSpec& /*spec*/, bool /*fresh*/,
                             CallDone<PreflightReport> done) {
  Run<PreflightReport>(
      "Preflight", scope,
      [this] {
        return CallResult<PreflightReport>{
            .value = {.problems = preflight_problems,
                      .rooms_listed = static_cast<std::int64_t>(rooms.size())}};
      },
      std::move(done));
}

void FakeProvider::ObserveRoom(const CallScope& scope, const std::string& room_name, Depth depth,
                               CallDone<ObservedRoom> done) {
  Run<ObservedRoom>(
      "ObserveRoom", scope, [this, room_name, depth] { return Observe(room_name, depth); },
      std::move(done));
}

void FakeProvider::AwaitProvisioned(const CallScope& scope, const std::string& room_name,
                                    absl::Time /*created_at*/, absl::Duration patience,
                                    CallDone<ObservedRoom> done) {
  // Answers at the instant in which the state changes: a perfect observer.
  const auto found = rooms.find(Key(room_name));
  absl::Duration wait = absl::ZeroDuration();
  if (found != rooms.end() && StatusOf(found->second) == "PROVISIONING") {
    wait = std::min(patience, found->second.active_at - Now());
  }
  Run<absl::Duration>(
      "AwaitProvisioned", scope, [wait] { return CallResult<absl::Duration>{.value = wait}; },
      [this, room_name, done = std::move(done)](const CallResult<absl::Duration>& begun) {
        if (!begun.ok()) {
          done({.failure = begun.failure, .calls = begun.calls});
          return;
        }
        loop_.RunAfter(begun.value, [this, room_name, done] {
          CallResult<ObservedRoom> result = Observe(room_name, Depth::kRoom);
          result.calls = 1;
          done(std::move(result));
        });
      });
}

void FakeProvider::CreateRoom(const CallScope& scope, const RoomSpec& spec,
                              CallDone<ObservedRoom> done) {
  Run<ObservedRoom>(
      "CreateRoom", scope, [this, spec] { return Create(spec); }, std::move(done));
}

void FakeProvider::DeleteRoom(const CallScope& scope, const std::string& room_name,
                              CallDone<Empty> done) {
  Run<Empty>(
      "DeleteRoom", scope, [this, room_name] { return Delete(room_name); }, std::move(done));
}

namespace {

FakeProvider::Asset MakeAsset(const AssetSpec& spec) {
  FakeProvider::Asset asset;
  asset.seen.name = spec.name;
  asset.seen.asset_type = std::string(Name(spec.type));
  asset.local_name = spec.local_name;
  asset.partitions = spec.partitions;
  return asset;
}

}  // namespace

void FakeProvider::AddAsset(const CallScope& scope, const RoomSpec& room, const AssetSpec& asset,
                            CallDone<ObservedAsset> done) {
  Run<ObservedAsset>(
      "AddAsset", scope,
      [this, name = room.room_name, asset] {
        return Put(name, /*must_exist=*/false, MakeAsset(asset));
      },
      std::move(done));
}

void FakeProvider::UpdateAsset(const CallScope& scope, const RoomSpec& room, const AssetSpec& asset,
                               CallDone<ObservedAsset> done) {
  Run<ObservedAsset>(
      "UpdateAsset", scope,
      [this, name = room.room_name, asset] {
        return Put(name, /*must_exist=*/true, MakeAsset(asset));
      },
      std::move(done));
}

void FakeProvider::GetAsset(const CallScope& scope, const std::string& room_name,
                            const std::string& /*asset_type*/, const std::string& asset_name,
                            CallDone<ObservedAsset> done) {
  Run<ObservedAsset>(
      "GetAsset", scope,
      [this, room_name, asset_name]() -> CallResult<ObservedAsset> {
        const auto room = rooms.find(Key(room_name));
        if (room == rooms.end() || !room->second.assets.contains(Key(asset_name))) {
          return Failed<ObservedAsset>(CallError::kNotFound, "no such asset");
        }
        return {.value = Shown(room->second.assets.at(Key(asset_name)), /*full=*/true)};
      },
      std::move(done));
}

void FakeProvider::AddNotebook(const CallScope& scope, const RoomSpec& room,
                               const NotebookSpec& notebook, const std::string& /*content_base64*/,
                               CallDone<ObservedAsset> done) {
  Run<ObservedAsset>(
      "AddNotebook", scope,
      [this, name = room.room_name, notebook] {
        return Put(name, /*must_exist=*/false, MakeNotebook(notebook));
      },
      std::move(done));
}

void FakeProvider::UpdateNotebook(const CallScope& scope, const RoomSpec& room,
                                  const NotebookSpec& notebook,
                                  const std::string& /*content_base64*/,
                                  CallDone<ObservedAsset> done) {
  Run<ObservedAsset>(
      "UpdateNotebook", scope,
      [this, name = room.room_name, notebook] {
        return Put(name, /*must_exist=*/true, MakeNotebook(notebook));
      },
      std::move(done));
}

void FakeProvider::RemoveAsset(const CallScope& scope, const std::string& room_name, AssetType type,
                               const std::string& asset_name, CallDone<Empty> done) {
  Run<Empty>(
      "RemoveAsset", scope,
      [this, room_name, type, asset_name] { return Remove(room_name, type, asset_name); },
      std::move(done));
}

void FakeProvider::UpdateComment(const CallScope& scope, const RoomSpec& room,
                                 CallDone<ObservedRoom> done) {
  Run<ObservedRoom>(
      "UpdateComment", scope, [this, room] { return Comment(room); }, std::move(done));
}

void FakeProvider::ListRooms(const CallScope& scope, CallDone<std::vector<ObservedRoom>> done) {
  Run<std::vector<ObservedRoom>>(
      "ListRooms", scope,
      [this] {
        CallResult<std::vector<ObservedRoom>> list;
        for (const auto& [name, room] : rooms) {
          if (std::optional<ObservedRoom> seen = See(name, Depth::kRoom); seen.has_value()) {
            seen->has_detail = false;
            seen->comment.clear();
            list.value.push_back(*std::move(seen));
          }
        }
        return list;
      },
      std::move(done));
}

void FakeProvider::ListTaskRuns(const CallScope& scope, const std::string& /*room_name*/,
                                std::int32_t /*limit*/, CallDone<std::vector<TaskRun>> done) {
  Run<std::vector<TaskRun>>(
      "ListTaskRuns", scope,
      [this] { return CallResult<std::vector<TaskRun>>{.value = task_runs}; }, std::move(done));
}

}  // namespace roomkeeper::testing
