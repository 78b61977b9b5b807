#include "lib/commands/operations/adopt_clean_room.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/cleanroom/naming.h"
#include "lib/cleanroom/plan.h"
#include "lib/commands/refusals.h"
#include "lib/commands/submit.h"
#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

struct Adoption {
  const CommandContext& context;
  Principal principal = {};
  AdoptCleanRoomInput input = {};
  RoomDraft draft = {};
  CleanRoom room = {};
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

// Nothing: the room is provably ours, as requested, and can be made whole.
absl::Status CheckAdoptable(const Adoption& adoption, const ObservedRoom& seen) {
  const RoomSpec& desired = adoption.room.spec;
  const std::optional<ObservedRoom> observed = seen;
  const std::vector<Action> plan =
      MakePlan({.desired = desired,
                .observed = observed,
                .mark = adoption.context.provenance.Verify(seen.comment, desired.room_name),
                .trusted = {}});
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
      break;
  }
  return absl::OkStatus();
}

void Look(const AdoptionPtr& adoption) {
  const CommandContext& context = adoption->context;
  context.provider.ObserveRoom(
      ScopeOf(adoption->principal, adoption->room), adoption->input.room_name,
      Provider::Depth::kFull, [adoption](const CallResult<ObservedRoom>& seen) {
        if (seen.failure.error == CallError::kNotFound) {
          adoption->done(NotFound(adoption->input.room_name));
          return;
        }
        absl::Status status =
            seen.ok() ? CheckAdoptable(*adoption, seen.value)
                      : FromCallFailure(adoption->principal, seen.failure, "show the clean room");
        if (!status.ok()) {
          adoption->done(status);
          return;
        }
        CreateCleanRoomInput create = adoption->input.create;
        create.generation = adoption->room.generation;
        CreateCleanRoom(adoption->context, adoption->principal, create, adoption->done);
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
  auto room =
      MakeRoomRow(adoption->context, adoption->draft, adoption->input.create, generation, JobId());
  if (!room.ok()) {
    adoption->done(room.status());
    return;
  }
  adoption->room = *std::move(room);
  adoption->context.loop.Post([adoption] { Look(adoption); });
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
