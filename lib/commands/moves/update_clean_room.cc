#include "lib/commands/moves/update_clean_room.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/cleanroom/room_spec_builder.h"
#include "lib/commands/refusals.h"
#include "lib/commands/rooms/create_clean_room.h"
#include "lib/commands/submit.h"
#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

// The room cannot be run while it moves: better back on the old version than waiting for days.
constexpr absl::Duration kDeadline = absl::Hours(1);
constexpr int kTriesMax = 3;

struct Update {
  const CommandContext& context;
  Principal principal = {};
  UpdateCleanRoomInput input = {};
  StoreDone<Job> done = {};
  int tries = 0;
};
using UpdatePtr = std::shared_ptr<Update>;

absl::Status Refuse(const CleanRoom& room, const char* reason, std::string message) {
  return ToStatus({.code = absl::StatusCode::kFailedPrecondition,
                   .reason = reason,
                   .message = std::move(message),
                   .metadata = {{"clean_room", FormatName(room.key)},
                                {"state", std::string(Name(room.state))},
                                {"job", FormatName(room.job)}}});
}

absl::Status CheckState(const CleanRoom& room, const std::string& version) {
  if (!IsRunnable(room.state)) {
    return Refuse(
        room, reason::kRoomNotReady,
        absl::StrCat(FormatName(room.key), " is ", Name(room.state),
                     ": only a READY or DEGRADED clean room is taken to another version"));
  }
  if (room.leaving.has_value() && version != room.spec.package_version &&
      version != room.leaving->package_version) {
    return Refuse(
        room, reason::kRoomNotReady,
        absl::StrCat(FormatName(room.key), " is between versions ", room.spec.package_version,
                     " and ", room.leaving->package_version, ": take it to one of these first"));
  }
  return absl::OkStatus();
}

SubmitJob BaseOp(const Update& update, const CleanRoom& stored) {
  const CommandContext& context = update.context;
  const UpdateCleanRoomInput& input = update.input;
  SubmitJob op{
      .caller_scope = CallerScope(update.principal),
      .request_id = input.request_id,
      .request_hash = RequestHash("UpdateCleanRoom", {FormatName(input.room), input.package_version,
                                                      absl::StrCat(input.revision)}),
      .room_rule = SubmitJob::Room::kMustExist,
      .expected_room_revision = input.revision == 0 ? stored.revision : input.revision,
      .room = stored,
      .job = NewJob(context, update.principal, stored, JobKind::kProvision, input.request_id),
      .claim_for = context.settings.claim_for,
      .brand_jobs_in_flight_max = context.settings.open_jobs_max,
      .open_jobs_max = context.settings.open_jobs_max,
      .audit = update.principal.stamp};
  op.job.deadline_at = std::min(op.job.deadline_at, op.job.created_at + kDeadline);
  return op;
}

absl::StatusOr<SubmitJob> MakeOp(const Update& update, const CleanRoom& stored) {
  const std::string& version = update.input.package_version;
  const auto package = update.context.packages.Get(stored.spec.package, version);
  if (!package.ok()) {
    return absl::IsNotFound(package.status())
               ? PackageNotFound(update.context, stored.spec.package, version)
               : package.status();
  }
  RK_RETURN_IF_ERROR(CheckState(stored, version));
  SubmitJob op = BaseOp(update, stored);
  if (version == stored.spec.package_version) {
    op.job.step = Step::kVerify;
    op.job.repair = 1;
    op.event_message =
        absl::StrCat("accepted: the clean room has version ", version, ", it is looked at");
    return op;
  }
  RK_ASSIGN_OR_RETURN(op.room.spec, SpecAfterMove(update.context, stored, **package));
  op.moves = true;
  op.room.state = RoomState::kConfiguring;
  op.room.move = Move::kRoomkeeper;
  op.room.problem = std::nullopt;
  op.job.moves_from = stored.spec.package_version;
  op.event_message =
      absl::StrCat("accepted: from version ", op.job.moves_from, " to version ", version);
  return op;
}

void Begin(const UpdatePtr& update);

absl::StatusOr<Job> Validate(const SubmitJob& op, const CleanRoom& stored) {
  if (op.expected_room_revision != stored.revision) {
    return EtagMismatch(FormatName(stored.key), stored.revision);
  }
  Job job = op.job;
  job.id = JobId();
  return job;
}

void OnStored(const UpdatePtr& update, const CleanRoom& stored) {
  const auto op = MakeOp(*update, stored);
  if (update->input.validate_only) {
    update->done(op.ok() ? Validate(*op, stored) : op.status());
    return;
  }
  if (!op.ok()) {
    AnswerAsBefore(update->context, BaseOp(*update, stored), op.status(), update->done);
    return;
  }
  update->context.jobs.Submit(
      *op, [update, op = *op](const absl::StatusOr<SubmitJob::Result>& result) {
        if (!result.ok()) {
          update->done(result.status());
          return;
        }
        const bool changed = result->outcome == SubmitJob::Result::Outcome::kRevisionMismatch &&
                             update->input.revision == 0;
        if (changed && ++update->tries < kTriesMax) {
          Begin(update);  // somebody else wrote the row after it was read
          return;
        }
        if (changed) {
          update->done(absl::UnavailableError("the clean room is being changed by others"));
          return;
        }
        update->done(FromOutcome(op, *result));
      });
}

void Begin(const UpdatePtr& update) {
  update->context.jobs.GetRoom(update->input.room, [update](absl::StatusOr<CleanRoom> stored) {
    if (!stored.ok()) {
      update->done(NotFoundOr(stored.status(), FormatName(update->input.room)));
      return;
    }
    OnStored(update, *stored);
  });
}

}  // namespace

absl::StatusOr<RoomSpec> SpecAfterMove(const CommandContext& context, const CleanRoom& room,
                                       const PackageVersion& package) {
  auto spec = MoveRoomSpec(room.spec, package, room.key.brand, context.provenance);
  if (!spec.ok()) {
    return Refuse(room, reason::kRoomDiffers,
                  absl::StrCat(spec.status().message(),
                               "; delete the clean room, then create it with that version"));
  }
  return spec;
}

void UpdateCleanRoom(const CommandContext& context, const Principal& principal,
                     UpdateCleanRoomInput input, StoreDone<Job> done) {
  const auto update = std::make_shared<Update>(
      Update{.context = context, .principal = principal, .input = std::move(input)});
  update->done = std::move(done);
  Begin(update);
}

}  // namespace roomkeeper
