#include "lib/engine/call_sender.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

template <typename T>
Answer Begin(const Call& call, const CallResult<T>& result) {
  return {
      .call = call.id, .failure = result.failure, .calls = result.calls, .waited = result.waited};
}

CallDone<ObservedRoom> RoomDone(const Call& call, const CallSender::Done& done) {
  return [call, done](CallResult<ObservedRoom> result) {
    Answer answer = Begin(call, result);
    if (result.ok()) {
      answer.room = std::move(result.value);
    }
    done(std::move(answer));
  };
}

CallDone<ObservedAsset> AssetDone(const Call& call, const CallSender::Done& done) {
  return [call, done](CallResult<ObservedAsset> result) {
    Answer answer = Begin(call, result);
    if (result.ok()) {
      answer.asset = std::move(result.value);
    }
    done(std::move(answer));
  };
}

// The content that the spec is pinned to, by digest; a package version edited in place does not
// have it any more.
absl::StatusOr<std::string> ContentOf(const PackageCatalog& packages, const RoomSpec& spec,
                                      const NotebookSpec& notebook) {
  const auto package = packages.Get(spec.package, spec.package_version);
  if (!package.ok()) {
    return package.status();
  }
  for (const PackageNotebook& candidate : (*package)->notebooks) {
    if (candidate.name == notebook.name && candidate.content_digest == notebook.content_digest &&
        !candidate.content_base64.empty()) {
      return candidate.content_base64;
    }
  }
  return absl::NotFoundError(absl::StrCat("package ", spec.package.value(), " ",
                                          spec.package_version, " has no notebook ", notebook.name,
                                          " with content ", notebook.content_digest));
}

CallScope ScopeOf(const LiveJob& live) {
  const Job& job = live.job;
  return {.shard = live.room.shard,
          .origin = {.job = job.id, .brand = job.room.brand, .trace_id = job.trace_id}};
}

std::string TypeOf(const RoomSpec& spec, const std::string& name) {
  const auto asset =
      std::find_if(spec.assets.begin(), spec.assets.end(),
                   [&](const AssetSpec& candidate) { return candidate.name == name; });
  return std::string(Name(asset == spec.assets.end() ? AssetType::kNotebookFile : asset->type));
}

}  // namespace

void CallSender::Send(const LiveJob& live, const Call& call, const Done& done) {
  const RoomSpec& spec = live.room.spec;
  const CallScope scope = ScopeOf(live);
  switch (call.kind) {
    case CallKind::kPreflight:
      provider_.Preflight(scope, spec, call.fresh,
                          [call, done](CallResult<PreflightReport> result) {
                            Answer answer = Begin(call, result);
                            answer.problems = std::move(result.value.problems);
                            done(std::move(answer));
                          });
      return;
    case CallKind::kObserve:
      provider_.ObserveRoom(scope, spec.room_name, call.depth, RoomDone(call, done));
      return;
    case CallKind::kAwaitProvisioned:
      provider_.AwaitProvisioned(scope, spec.room_name, call.created_at, call.patience,
                                 RoomDone(call, done));
      return;
    case CallKind::kCreateRoom:
      provider_.CreateRoom(scope, spec, RoomDone(call, done));
      return;
    case CallKind::kDeleteRoom:
      provider_.DeleteRoom(scope, spec.room_name, [call, done](const CallResult<Empty>& result) {
        done(Begin(call, result));
      });
      return;
    case CallKind::kGetAsset:
      provider_.GetAsset(scope, spec.room_name, TypeOf(spec, call.subject), call.subject,
                         AssetDone(call, done));
      return;
    case CallKind::kAddAsset:
    case CallKind::kUpdateAsset:
      SendAsset(scope, spec, call, done);
      return;
    case CallKind::kAddNotebook:
    case CallKind::kUpdateNotebook:
      SendNotebook(scope, spec, call, done);
      return;
    case CallKind::kRemoveAsset:
      provider_.RemoveAsset(
          scope, spec.room_name, call.type, call.subject,
          [call, done](const CallResult<Empty>& result) { done(Begin(call, result)); });
      return;
    case CallKind::kUpdateRoom:
      provider_.UpdateComment(scope, spec, RoomDone(call, done));
      return;
  }
}

void CallSender::SendAsset(const CallScope& scope, const RoomSpec& spec, const Call& call,
                           const Done& done) {
  for (const AssetSpec& asset : spec.assets) {
    if (asset.name != call.subject) {
      continue;
    }
    if (call.kind == CallKind::kAddAsset) {
      provider_.AddAsset(scope, spec, asset, AssetDone(call, done));
    } else {
      provider_.UpdateAsset(scope, spec, asset, AssetDone(call, done));
    }
    return;
  }
}

void CallSender::SendNotebook(const CallScope& scope, const RoomSpec& spec, const Call& call,
                              const Done& done) {
  for (const NotebookSpec& notebook : spec.notebooks) {
    if (notebook.name != call.subject) {
      continue;
    }
    const absl::StatusOr<std::string> content = ContentOf(packages_, spec, notebook);
    if (!content.ok()) {
      Refuse(call,
             {.error = CallError::kInvalidState,
              .error_code = reason::kPackageContentUnavailable,
              .message = std::string(content.status().message())},
             done);
    } else if (call.kind == CallKind::kAddNotebook) {
      provider_.AddNotebook(scope, spec, notebook, *content, AssetDone(call, done));
    } else {
      provider_.UpdateNotebook(scope, spec, notebook, *content, AssetDone(call, done));
    }
    return;
  }
}

void CallSender::Refuse(const Call& call, CallFailure failure, const Done& done) {
  loop_.Post([id = call.id, failure = std::move(failure), done] {
    done({.call = id, .failure = failure});
  });
}

}  // namespace roomkeeper
