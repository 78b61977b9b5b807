#include "lib/commands/rooms/delete_clean_room.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"
#include "lib/commands/submit.h"
#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

constexpr std::int32_t kRunsLookedAt = 100;  // the newest

std::string HashOf(const DeleteCleanRoomInput& input) {
  std::string how = absl::StrCat(input.revision, input.force ? " force" : "");
  if (input.grace.has_value()) {
    absl::StrAppend(&how, " grace ", absl::ToInt64Nanoseconds(*input.grace));
  }
  return RequestHash("DeleteCleanRoom", {FormatName(input.room), how});
}

SubmitJob MakeOp(const CommandContext& context, const Principal& principal,
                 const DeleteCleanRoomInput& input, const CleanRoom& stored) {
  SubmitJob op{.caller_scope = CallerScope(principal),
               .request_id = input.request_id,
               .request_hash = HashOf(input),
               .room_rule = SubmitJob::Room::kMustExist,
               .expected_room_revision = input.revision,
               .room = stored,
               .job = NewJob(context, principal, stored, JobKind::kTeardown, input.request_id),
               .event_message = "removal accepted",
               .claim_for = context.settings.claim_for,
               // Removing is never refused for a brand's limit: it is how a brand gets below it.
               .brand_jobs_in_flight_max = context.settings.open_jobs_max,
               .open_jobs_max = context.settings.open_jobs_max,
               .audit = principal.stamp};
  op.room.state = RoomState::kDeleting;
  op.room.move = Move::kRoomkeeper;
  op.room.state_since = op.job.created_at;
  op.room.updated_at = op.job.created_at;
  op.room.problem = std::nullopt;
  op.room.job = op.job.id;
  HoldForGrace(op, stored, input.grace.value_or(context.settings.delete_grace));
  return op;
}

absl::StatusOr<Job> Validate(const SubmitJob& op, const CleanRoom& stored) {
  using Outcome = SubmitJob::Result::Outcome;
  if (op.expected_room_revision != 0 && op.expected_room_revision != stored.revision) {
    return FromOutcome(op, {.outcome = Outcome::kRevisionMismatch, .room = stored});
  }
  if (!IsLegal(stored.state, op.room.state)) {
    return FromOutcome(op, {.outcome = Outcome::kRoomStateForbids, .room = stored});
  }
  Job job = op.job;
  job.id = JobId();
  return job;
}

// The platform's words are an open set: what does not say that it has ended is active.
bool IsActive(const TaskRun& run) {
  const std::string& state = run.life_cycle_state;
  return !state.empty() && state != "TERMINATED" && state != "SKIPPED" && state != "INTERNAL_ERROR";
}

absl::Status InUse(const CleanRoom& room, const TaskRun& run) {
  const std::string name = FormatName(room.key);
  return ToStatus(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = reason::kRoomInUse,
       .message = absl::StrCat("a run of notebook ", run.name, " in ", name, " is ",
                               run.life_cycle_state, " since ", absl::FormatTime(run.start_time),
                               ": wait for its end, or delete with force, which ends it"),
       .metadata = {{"clean_room", name}, {"life_cycle_state", run.life_cycle_state}}});
}

// OK: nothing runs, or there is nothing on the platform in which it could, or another removal of it
// was accepted: the store knows whether this is the same request again.
void CheckNotInUse(const CommandContext& context, const Principal& principal, const CleanRoom& room,
                   std::function<void(absl::Status)> done) {
  if (!IsRunnable(room.state) || room.purge_at.has_value()) {
    done(absl::OkStatus());
    return;
  }
  context.loop.Post([&context, principal, room, done = std::move(done)] {
    context.provider.ListTaskRuns(
        ScopeOf(principal, room), room.spec.room_name, kRunsLookedAt,
        [principal, room, done](const CallResult<std::vector<TaskRun>>& runs) {
          if (!runs.ok() && runs.failure.error != CallError::kNotFound) {
            done(FromCallFailure(principal, runs.failure,
                                 "see whether a run is active (force deletes without looking)"));
            return;
          }
          const auto active = std::find_if(runs.value.begin(), runs.value.end(), IsActive);
          done(active == runs.value.end() ? absl::OkStatus() : InUse(room, *active));
        });
  });
}

}  // namespace

void DeleteCleanRoom(const CommandContext& context, const Principal& principal,
                     DeleteCleanRoomInput input, StoreDone<Job> done) {
  const absl::Duration grace_max = context.settings.delete_grace;
  if (input.grace.has_value() && *input.grace > grace_max) {
    done(InvalidField("grace", absl::StrCat("must be in [0 s, ", absl::FormatDuration(grace_max),
                                            "], got ", absl::FormatDuration(*input.grace),
                                            ": the server's rooms.delete_grace is the most")));
    return;
  }
  const RoomKey key = input.room;
  context.jobs.GetRoom(key, [&context, principal, input = std::move(input),
                             done = std::move(done)](absl::StatusOr<CleanRoom> stored) {
    if (!stored.ok()) {
      done(NotFoundOr(stored.status(), FormatName(input.room)));
      return;
    }
    const auto go_on = [&context, principal, input, stored = *stored, done](absl::Status free) {
      if (!free.ok() && input.validate_only) {
        done(free);
        return;
      }
      SubmitJob op = MakeOp(context, principal, input, stored);
      if (!free.ok()) {
        // Answered before, it is answered the same, whatever runs in the room by now.
        AnswerAsBefore(context, std::move(op), std::move(free), done);
        return;
      }
      if (input.validate_only) {
        done(Validate(op, stored));
        return;
      }
      Submit(context, std::move(op), done);
    };
    if (input.force) {
      go_on(absl::OkStatus());
    } else {
      CheckNotInUse(context, principal, *stored, go_on);
    }
  });
}

}  // namespace roomkeeper
