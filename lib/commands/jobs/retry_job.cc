#include "lib/commands/jobs/retry_job.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"
#include "lib/commands/rooms/create_clean_room.h"
#include "lib/commands/submit.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

struct Retry {
  const CommandContext& context;
  Principal principal = {};
  RetryJobInput input = {};
  Job old = {};
  CleanRoom room = {};
  StoreDone<Job> done = {};
};

absl::Status NotRetryable(const Job& old, absl::string_view why) {
  return ToStatus(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = reason::kJobNotRetryable,
       .message = absl::StrCat(FormatName(old.id), " cannot be retried: ", why),
       .metadata = {{"job", FormatName(old.id)}, {"state", std::string(Name(old.state))}}});
}

SubmitJob MakeOp(const Retry& retry) {
  const CommandContext& context = retry.context;
  SubmitJob op{
      .caller_scope = CallerScope(retry.principal),
      .request_id = retry.input.request_id,
      .request_hash = RequestHash("RetryJob", {retry.old.id.value()}),
      .room_rule = SubmitJob::Room::kMustExist,
      .room = retry.room,
      .job = NewJob(context, retry.principal, retry.room, retry.old.kind, retry.input.request_id),
      .event_message = absl::StrCat("accepted, as a retry of ", FormatName(retry.old.id)),
      .claim_for = context.settings.claim_for,
      .brand_jobs_in_flight_max = context.settings.open_jobs_max,
      .open_jobs_max = context.settings.open_jobs_max,
      .audit = retry.principal.stamp};
  // A job that is no longer the room's last may be an earlier call of this very retry: only the
  // store can tell, and a replay is the first thing it looks for.
  op.expected_room_revision = retry.room.job == retry.old.id ? retry.room.revision : kNoRevision;
  op.job.retry_of = retry.old.id;
  op.room.job = op.job.id;
  op.room.updated_at = op.job.created_at;
  if (retry.old.repair > 0) {
    op.job.step = Step::kVerify;
    op.job.repair = retry.old.repair;
    return op;  // the room is in use, and stays as it is meanwhile
  }
  op.room.state =
      retry.old.kind == JobKind::kProvision ? RoomState::kPending : RoomState::kDeleting;
  op.room.move = Move::kRoomkeeper;
  op.room.state_since = op.job.created_at;
  op.room.problem = std::nullopt;
  if (retry.old.kind == JobKind::kTeardown) {
    HoldForGrace(op, retry.room, context.settings.delete_grace);  // one that was taken back
  }
  return op;
}

void Send(const std::shared_ptr<Retry>& retry, SubmitJob op) {
  if (retry->input.validate_only) {
    if (op.expected_room_revision == kNoRevision) {
      retry->done(NotRetryable(retry->old, "a later job works on its clean room"));
      return;
    }
    Job job = op.job;
    job.id = JobId();
    retry->done(std::move(job));
    return;
  }
  retry->context.jobs.Submit(op, [retry, op](absl::StatusOr<SubmitJob::Result> result) {
    using Outcome = SubmitJob::Result::Outcome;
    if (!result.ok()) {
      retry->done(result.status());
      return;
    }
    if (result->outcome == Outcome::kRoomStateForbids) {
      retry->done(
          NotRetryable(retry->old, absl::StrCat("its clean room is ", Name(result->room.state))));
      return;
    }
    if (result->outcome == Outcome::kRevisionMismatch ||
        result->outcome == Outcome::kGenerationTaken || result->outcome == Outcome::kRoomExists) {
      retry->done(NotRetryable(retry->old, "a later job works on its clean room"));
      return;
    }
    retry->done(FromOutcome(op, *result));
  });
}

// Its room is gone from the platform: the retry makes the next generation of it.
void SendAnew(const std::shared_ptr<Retry>& retry) {
  const RoomSpec& spec = retry->room.spec;
  const CreateCleanRoomInput input{
      .parent = {.brand = retry->room.key.brand, .install = retry->room.key.install},
      .id = retry->room.key.id,
      .package = spec.package,
      .package_version = spec.package_version,
      .labels = retry->room.labels,
      .invite_recipient_email = spec.brand.invite_recipient_email,
      .keeps_invitee = true};
  DraftRoom(retry->context, retry->principal, input,
            [retry, input](const absl::StatusOr<RoomDraft>& draft) {
              if (!draft.ok()) {
                retry->done(draft.status());
                return;
              }
              SubmitJob op = MakeOp(*retry);
              op.job.shard = draft->shard.id;
              auto room =
                  MakeRoomRow(retry->context, *draft, input, retry->room.generation + 1, op.job.id);
              if (!room.ok()) {
                retry->done(room.status());
                return;
              }
              op.room_rule = SubmitJob::Room::kMustBeNew;
              op.room = *std::move(room);
              Send(retry, std::move(op));
            });
}

void OnRoom(const std::shared_ptr<Retry>& retry, absl::StatusOr<CleanRoom> room) {
  if (!room.ok()) {
    retry->done(NotFoundOr(room.status(), FormatName(retry->old.room)));
    return;
  }
  retry->room = *std::move(room);
  const bool gone = retry->room.state == RoomState::kDeleted;
  if (gone && retry->old.kind == JobKind::kProvision && retry->room.job == retry->old.id) {
    SendAnew(retry);
    return;
  }
  Send(retry, MakeOp(*retry));
}

}  // namespace

void RetryJob(const CommandContext& context, const Principal& principal, RetryJobInput input,
              StoreDone<Job> done) {
  const auto retry = std::make_shared<Retry>(
      Retry{.context = context, .principal = principal, .input = std::move(input)});
  retry->done = std::move(done);
  FindJobToChange(context, principal, retry->input.job, [retry](absl::StatusOr<Job> job) {
    if (!job.ok()) {
      retry->done(job.status());
      return;
    }
    if (job->state != JobState::kFailed && job->state != JobState::kCancelled) {
      retry->done(NotRetryable(
          *job, absl::StrCat("it must be FAILED or CANCELLED, it is ", Name(job->state))));
      return;
    }
    if (!job->moves_from.empty()) {
      retry->done(NotRetryable(
          *job, absl::StrCat("it was to take the clean room from version ", job->moves_from,
                             " to another: call UpdateCleanRoom again")));
      return;
    }
    retry->old = *std::move(job);
    retry->context.jobs.GetRoom(retry->old.room, [retry](absl::StatusOr<CleanRoom> room) {
      OnRoom(retry, std::move(room));
    });
  });
}

}  // namespace roomkeeper
