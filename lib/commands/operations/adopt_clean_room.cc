#include "lib/commands/operations/adopt_clean_room.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "lib/cleanroom/naming.h"
#include "lib/cleanroom/plan.h"
#include "lib/commands/refusals.h"
#include "lib/commands/submit.h"
#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

// The room on one shard: as the row would be, and as it is there.
struct Candidate {
  CleanRoom room = {};
  ObservedRoom seen = {};
};

struct Adoption {
  const CommandContext& context;
  Principal principal = {};
  AdoptCleanRoomInput input = {};
  RoomDraft draft = {};
  std::int32_t generation = 0;
  std::vector<ShardStatus> unasked = {};  // the next one last
  std::vector<Candidate> found = {};
  StoreDone<Job> done = {};
};
using AdoptionPtr = std::shared_ptr<Adoption>;

absl::Status Refuse(const Adoption& adoption, const char* reason, std::string message) {
  return ToStatus({.code = absl::StatusCode::kFailedPrecondition,
                   .reason = reason,
                   .message = std::move(message),
                   .metadata = {{"clean_room", FormatName(adoption.draft.key)},
                                {"room_name", adoption.input.room_name}}});
}

MarkVerdict MarkOf(const Adoption& adoption, const Candidate& found) {
  return adoption.context.provenance.Verify(found.seen.comment, found.room.spec.room_name);
}

// Nothing: the room is provably ours, as requested, and can be made whole.
absl::Status CheckAdoptable(const Adoption& adoption, const Candidate& found) {
  const RoomSpec& desired = found.room.spec;
  const ObservedRoom& seen = found.seen;
  const std::optional<ObservedRoom> observed = seen;
  const std::vector<Action> plan = MakePlan(
      {.desired = desired, .observed = observed, .mark = MarkOf(adoption, found), .trusted = {}});
  if (plan.empty()) {
    return absl::OkStatus();
  }
  switch (plan.front().kind) {
    case ActionKind::kQuarantine:
      return Refuse(adoption,
                    plan.front().problem->reason == reason::kRoomNotOurs ? reason::kRoomNotOurs
                                                                         : reason::kRoomDiffers,
                    plan.front().problem->message);
    case ActionKind::kCreateRoom:
    case ActionKind::kRecreateRoom:
      return Refuse(
          adoption, reason::kRoomDiffers,
          absl::StrCat(seen.name, " is ", seen.status,
                       " and beyond repair: delete it there, then create the clean room"));
    case ActionKind::kAwaitActive:
    case ActionKind::kAddAsset:
    case ActionKind::kInspectAsset:
    case ActionKind::kUpdateAsset:
    case ActionKind::kAwaitAsset:
    case ActionKind::kAddNotebook:
    case ActionKind::kInspectNotebook:
    case ActionKind::kUpdateNotebook:
    case ActionKind::kRemoveAsset:
    case ActionKind::kUpdateRoom:
      break;
  }
  return absl::OkStatus();
}

// The one to adopt. A room of that name without our mark is passed over if another one has it.
absl::StatusOr<Candidate> Choose(const Adoption& adoption) {
  std::vector<Candidate> found = adoption.found;
  if (found.empty()) {
    return NotFound(adoption.input.room_name);
  }
  std::stable_partition(found.begin(), found.end(), [&](const Candidate& candidate) {
    return MarkOf(adoption, candidate) == MarkVerdict::kOurs;
  });
  if (found.size() > 1 && MarkOf(adoption, found[1]) == MarkVerdict::kOurs) {
    return Refuse(adoption, reason::kRoomOnTwoShards,
                  absl::StrCat(adoption.input.room_name, " with our mark is on ",
                               found[0].room.shard.value(), " and on ", found[1].room.shard.value(),
                               ": delete one of them there, then adopt the other"));
  }
  return found.front();
}

void Conclude(const AdoptionPtr& adoption) {
  const absl::StatusOr<Candidate> chosen = Choose(*adoption);
  const absl::Status adoptable = chosen.ok() ? CheckAdoptable(*adoption, *chosen) : chosen.status();
  if (!adoptable.ok()) {
    adoption->done(adoptable);
    return;
  }
  CreateCleanRoomInput create = adoption->input.create;
  create.generation = adoption->generation;
  create.shard = chosen->room.shard;
  CreateCleanRoom(adoption->context, adoption->principal, create, adoption->done);
}

// One shard after the other: the request budget belongs to the jobs.
void LookOnNext(const AdoptionPtr& adoption) {
  if (adoption->unasked.empty()) {
    Conclude(adoption);
    return;
  }
  RoomDraft draft = adoption->draft;
  draft.shard = std::move(adoption->unasked.back());
  adoption->unasked.pop_back();
  auto room =
      MakeRoomRow(adoption->context, draft, adoption->input.create, adoption->generation, JobId());
  if (!room.ok()) {
    adoption->done(room.status());
    return;
  }
  const CallScope scope = ScopeOf(adoption->principal, *room);
  adoption->context.provider.ObserveRoom(
      scope, adoption->input.room_name, Provider::Depth::kFull,
      [adoption, room = *std::move(room)](const CallResult<ObservedRoom>& seen) {
        if (seen.ok()) {
          adoption->found.push_back({.room = room, .seen = seen.value});
        } else if (seen.failure.error != CallError::kNotFound) {
          adoption->done(FromCallFailure(
              adoption->principal, seen.failure,
              absl::StrCat("look for the clean room on shard ", room.shard.value())));
          return;
        }
        LookOnNext(adoption);
      });
}

void Drafted(const AdoptionPtr& adoption) {
  const std::int32_t generation = GenerationOf(adoption->context.provenance.service_instance(),
                                               adoption->draft.key, adoption->input.room_name);
  if (generation == 0) {
    adoption->done(Refuse(
        *adoption, reason::kRoomNotOurs,
        absl::StrCat(adoption->input.room_name, " is not a name that ",
                     FormatName(adoption->draft.key), " can have: check brand, install and id")));
    return;
  }
  adoption->generation = generation;
  const bool pinned = !adoption->draft.enrolled.install.shard.empty();
  adoption->unasked =
      pinned ? std::vector<ShardStatus>{adoption->draft.shard} : adoption->context.shards.List();
  adoption->context.loop.Post([adoption] { LookOnNext(adoption); });
}

}  // namespace

void AdoptCleanRoom(const CommandContext& context, const Principal& principal,
                    AdoptCleanRoomInput input, StoreDone<Job> done) {
  const auto adoption = std::make_shared<Adoption>(
      Adoption{.context = context, .principal = principal, .input = std::move(input)});
  adoption->done = std::move(done);
  DraftRoom(context, principal, adoption->input.create,
            [adoption](absl::StatusOr<RoomDraft> draft) {
              if (!draft.ok()) {
                adoption->done(draft.status());
                return;
              }
              adoption->draft = *std::move(draft);
              Drafted(adoption);
            });
}

}  // namespace roomkeeper
