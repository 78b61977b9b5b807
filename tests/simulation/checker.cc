#include "tests/simulation/checker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/crypto/digest.h"
#include "lib/model/states.h"

namespace roomkeeper::testing {
namespace {

using Json = nlohmann::json;

const Json* FindAsset(const Json& room, const std::string& name) {
  for (const Json& asset : room["assets"]) {
    if (asset["name"] == name) {
      return &asset;
    }
  }
  return nullptr;
}

}  // namespace

void Checker::Violation(const std::string& what) {
  if (!what.empty() && told_.insert(what).second) {
    scheduler_.Trace(absl::StrCat("VIOLATION ", what));
    absl::StrAppend(&violations_, what, "; ");
  }
}

int Checker::NumberOf(const JobId& id) const {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? 0 : found->second.number;
}

std::int64_t Checker::EndOf(const JobId& id) const {
  const auto found = jobs_.find(id);
  return found == jobs_.end() || !found->second.final_row.has_value()
             ? 0
             : found->second.final_row->last_seq;
}

std::vector<Job> Checker::Jobs() const {
  return (*engine_.NewReader())->ListJobs({.limit = 100'000})->jobs;
}

void Checker::OnApplied(const WriteOp& op, const absl::StatusOr<WriteResult>& result) {
  if (!result.ok()) {
    return;
  }
  if (const auto* submit = std::get_if<SubmitJob>(&op); submit != nullptr) {
    Applied(*submit, std::get<SubmitJob::Result>(*result));
  } else if (const auto* advance = std::get_if<AdvanceJob>(&op); advance != nullptr) {
    Applied(*advance);
  } else if (const auto* cancelled = std::get_if<CancelJob::Result>(&*result);
             cancelled != nullptr) {
    Applied(*cancelled);
  } else if (const auto* claimed = std::get_if<ClaimJobs::Result>(&*result); claimed != nullptr) {
    for (const auto& due : claimed->due) {
      Leased(due.job.id, due.job.epoch);
    }
    for (const auto& parked : claimed->parked) {
      Leased(parked.id, parked.epoch);
    }
  }
}

void Checker::Applied(const SubmitJob& op, const SubmitJob::Result& result) {
  if (result.outcome != SubmitJob::Result::Outcome::kInserted) {
    return;
  }
  const Job& job = result.job;
  Followed& followed = jobs_[job.id];
  followed.number = static_cast<int>(jobs_.size());
  followed.epoch = job.epoch;
  followed.step = job.step;
  followed.verify_since = scheduler_.now();  // a repair begins there
  names_[result.room.spec.room_name] = {.key = op.room.key, .generation = result.room.generation};
  if (op.after_grace) {
    in_grace_[result.room.spec.room_name] = job.id;
  } else {
    in_grace_.erase(result.room.spec.room_name);
  }
  scheduler_.Trace(absl::StrCat(
      "job ", followed.number, " ", Name(job.kind), " for ", op.room.key.brand.value(), "/",
      op.room.key.id.value(), job.retry_of.empty() ? "" : " retry", job.repair > 0 ? " repair" : "",
      op.after_grace ? " after grace" : "", " generation ", result.room.generation));
}

// A removal that was taken back has ended with it, and the room stays protected.
void Checker::Applied(const CancelJob::Result& result) {
  Followed& job = jobs_[result.job.id];
  if (!result.already_final && IsFinal(result.job.state)) {
    scheduler_.Trace(absl::StrCat("job ", job.number, " is taken back"));
    job.final_row = *(*engine_.NewReader())->GetJob(result.job.id);
  }
}

void Checker::Leased(const JobId& id, std::int64_t epoch) {
  Followed& job = jobs_[id];
  if (epoch <= job.epoch) {
    Violation(
        absl::StrCat("R9: job ", job.number, " was leased at epoch ", epoch, " after ", job.epoch));
  }
  job.epoch = epoch;
}

void Checker::Applied(const AdvanceJob& op) {
  Followed& job = jobs_[op.job.id];
  scheduler_.Trace(absl::StrCat("job ", job.number, " ", Name(op.job.state), " ", Name(op.job.step),
                                " room ", op.room.has_value() ? Name(op.room->state) : "-",
                                " epoch ", op.job.epoch));
  if (op.job.epoch != job.epoch) {
    Violation(absl::StrCat("R9: job ", job.number, " at epoch ", job.epoch,
                           " took a write of epoch ", op.job.epoch));
  }
  if (job.final_row.has_value()) {
    Violation(absl::StrCat("R6: job ", job.number, " changed after it was final"));
  }
  if (op.job.step == Step::kVerify && job.step != Step::kVerify) {
    job.verify_since = scheduler_.now();
  }
  job.step = op.job.step;
  std::erase_if(in_grace_, [&](const auto& entry) { return entry.second == op.job.id; });
  if (op.room.has_value() && op.room->state == RoomState::kReady) {
    ready_since_[op.room->spec.room_name] = job.verify_since;
    CheckReady(*op.room, job.verify_since);
  }
  if (IsFinal(op.job.state)) {
    job.final_row = *(*engine_.NewReader())->GetJob(op.job.id);
  }
}

bool Checker::IsOurs(const TrueRoom& room) const {
  return provenance_.Verify(room.comment, room.name) == MarkVerdict::kOurs;
}

// R4, against the truth; empty if the room is whole.
std::string Checker::WhyNotAsWanted(const CleanRoom& room, const TrueRoom& seen) const {
  const RoomSpec& spec = room.spec;
  if (seen.status != "ACTIVE" ||
      seen.json["package_provider_collaborator_alias"] != spec.provider.collaborator_alias) {
    return absl::StrCat("it is ", seen.status, " or not packaged by us");
  }
  for (const AssetSpec& wanted : spec.assets) {
    const Json* asset = FindAsset(seen.json, wanted.name);
    if (asset == nullptr || (*asset)["status"] != "ACTIVE" ||
        !absl::StrContains((*asset)["local_details"].dump(), wanted.local_name)) {
      return absl::StrCat("asset ", wanted.name, " is not as wanted");
    }
  }
  const PackageVersion& package = *SimulatedPackage();
  for (const NotebookSpec& wanted : spec.notebooks) {
    const Json* notebook = FindAsset(seen.json, wanted.name);
    if (notebook == nullptr || (*notebook)["status"] != "ACTIVE" ||
        (*notebook)["content_sha256"] != Sha256Hex(package.notebooks[0].content_base64) ||
        (*notebook)["runner_collaborator_aliases"] !=
            Json::array({spec.brand.collaborator_alias})) {
      return absl::StrCat("notebook ", wanted.name, " is not as wanted");
    }
  }
  return "";
}

void Checker::CheckReady(const CleanRoom& room, absl::Duration verify_since) {
  const std::string& name = room.spec.room_name;
  if (platform_.touched(name) >= verify_since) {
    return;  // somebody changed it by hand while, or after, we looked: drift
  }
  const auto rooms = platform_.Rooms();
  const auto seen = rooms.find(name);
  if (seen == rooms.end() || !IsOurs(seen->second)) {
    Violation(absl::StrCat("R4: ", room.key.id.value(), " of ", room.key.brand.value(),
                           " is READY and not on the platform"));
  } else if (const std::string why = WhyNotAsWanted(room, seen->second); !why.empty()) {
    Violation(absl::StrCat("R4: ", room.key.id.value(), " of ", room.key.brand.value(),
                           " is READY, but ", why));
  }
}

bool Checker::LongNotOurs(const std::string& room) const {
  const auto found = ours_at_.find(room);
  return found == ours_at_.end() || scheduler_.now() - found->second > absl::Minutes(3);
}

void Checker::OnPlatformWrite(const std::string& method, const std::string& target) {
  const std::string name = target.substr(target.rfind('/') + 1);
  if (method == "DELETE" && in_grace_.contains(name)) {
    Violation(absl::StrCat("grace: ", name, " was deleted while its removal could be taken back"));
  }
  CheckRooms();
}

void Checker::CheckRooms() {
  std::map<RoomKey, int> living;
  const auto rooms = platform_.Rooms();
  const auto reader = *engine_.NewReader();
  for (const auto& [name, room] : rooms) {
    const auto named = names_.find(name);
    if (!IsOurs(room)) {
      continue;
    }
    ours_at_[name] = scheduler_.now();
    if (room.status == "DELETED") {
      continue;
    }
    if (named == names_.end()) {
      Violation(absl::StrCat("R1: a room of ours has a name that no row has: ", name));
      continue;
    }
    const RoomKey& key = named->second.key;
    if (++living[key] > 1) {
      Violation(absl::StrCat("R1: two rooms of ours for ", key.brand.value(), "/", key.id.value()));
    }
    const auto row = reader->GetRoom(key);
    const bool gone = row.ok() && (row->generation > named->second.generation ||
                                   row->state == RoomState::kDeleted ||
                                   row->state == RoomState::kAwaitingBrandDelete);
    if (gone) {
      Violation(absl::StrCat("R11: a room of ours is back after its removal: ", key.brand.value(),
                             "/", key.id.value()));
    }
  }
  for (const auto& [name, comment] : platform_.strangers()) {
    const auto room = rooms.find(name);
    if (room == rooms.end() || room->second.comment != comment ||
        !room->second.json["assets"].empty()) {
      Violation(absl::StrCat("R2: a stranger's room was changed: ", name));
    }
  }
}

// R5: gapless, along the documented graph, and the last event shows the row.
void Checker::CheckHistory(const Job& job) {
  const int number = NumberOf(job.id);
  const auto events = (*engine_.NewReader())->ReadEvents(job.id, 0, 1'000'000);
  std::int64_t seq = 0;
  const JobEvent* before = nullptr;
  for (const JobEvent& event : *events) {
    if (event.seq != ++seq) {
      Violation(absl::StrCat("R5: job ", number, " has a gap before event ", event.seq));
    }
    if (before != nullptr &&
        (!IsLegal(before->job_state, event.job_state) || event.epoch < before->epoch)) {
      Violation(absl::StrCat("R5: job ", number, " went from ", Name(before->job_state), " to ",
                             Name(event.job_state), " at event ", event.seq));
    }
    before = &event;
  }
  if (before == nullptr || before->job_state != job.state || before->seq != job.last_seq ||
      (job.state != JobState::kSucceeded && before->step != job.step)) {
    Violation(absl::StrCat("R5: the history of job ", number, " does not lead to its row"));
  }
}

void Checker::CheckRoomAtRest(const CleanRoom& room, const std::map<std::string, TrueRoom>& rooms) {
  const std::string who =
      absl::StrCat(room.key.brand.value(), "/", room.key.id.value(), " (", Name(room.state), ")");
  const auto seen = rooms.find(room.spec.room_name);
  const bool ours = seen != rooms.end() && IsOurs(seen->second);
  const bool says = room.problem.has_value() && room.move != Move::kNobody;
  const bool runnable = room.state == RoomState::kReady || room.state == RoomState::kDegraded;
  if (runnable && all_expired_ && room.expires_at.has_value()) {
    Violation(absl::StrCat("expiry: ", who, " though its time is up"));
  }
  if (room.purge_at.has_value()) {
    Violation(absl::StrCat("grace: ", who, " is still to be purged, and no job does it"));
  }
  switch (room.state) {
    case RoomState::kReady:
      CheckReady(room, std::max(ready_since_[room.spec.room_name], looked_since_));
      return;
    case RoomState::kFailed:
    case RoomState::kQuarantined:
    case RoomState::kDegraded:
      if (!says) {
        Violation(absl::StrCat("R6: ", who, " does not say why and whose move it is"));
      }
      return;
    case RoomState::kDeleted:
    case RoomState::kAwaitingBrandDelete:
      if (ours) {
        Violation(absl::StrCat("R11: ", who, " is still on the platform"));
      }
      return;
    case RoomState::kPending:
    case RoomState::kProvisioning:
    case RoomState::kConfiguring:
    case RoomState::kDeleting:
      Violation(absl::StrCat("R6: ", who, " though nobody works on it"));
      return;
  }
}

void Checker::AtRest() {
  CheckRooms();
  for (const Job& job : Jobs()) {
    const Followed& followed = jobs_[job.id];
    Job as_ended = job;
    as_ended.last_seq = EndOf(job.id);  // after its end there may be news of its room
    if (!IsFinal(job.state)) {
      Violation(absl::StrCat("liveness: job ", followed.number, " is ", Name(job.state), " at ",
                             Name(job.step), ", waiting for ", job.waiting_for, " ",
                             job.problem.has_value() ? job.problem->reason : ""));
    } else if (followed.final_row != as_ended) {
      Violation(absl::StrCat("R6: job ", followed.number, " is not as it was when it ended"));
    }
    CheckHistory(job);
  }
  const auto rooms = platform_.Rooms();
  const RoomPage rows =
      *(*engine_.NewReader())->ListRooms({.show_deleted = true, .limit = 100'000});
  for (const CleanRoom& room : rows.rooms) {
    CheckRoomAtRest(room, rooms);
  }
}

}  // namespace roomkeeper::testing
