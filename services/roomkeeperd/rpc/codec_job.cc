#include "lib/commands/jobs/reader_view.h"
#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/proto_codec.h"

namespace roomkeeper {
namespace {

v1::JobStepProgress::State EncodeState(StepProgress::State state) {
  switch (state) {
    case StepProgress::State::kPending:
      return v1::JobStepProgress::STATE_PENDING;
    case StepProgress::State::kActive:
      return v1::JobStepProgress::STATE_ACTIVE;
    case StepProgress::State::kDone:
      return v1::JobStepProgress::STATE_DONE;
    case StepProgress::State::kSkipped:
      return v1::JobStepProgress::STATE_SKIPPED;
    case StepProgress::State::kFailed:
      return v1::JobStepProgress::STATE_FAILED;
  }
  return v1::JobStepProgress::STATE_UNSPECIFIED;
}

void AddTimes(const Job& job, v1::Job& out) {
  ToProto(job.since, *out.mutable_since_time());
  ToProto(job.created_at, *out.mutable_create_time());
  ToProto(job.updated_at, *out.mutable_update_time());
  ToProto(job.deadline_at, *out.mutable_deadline_time());
  if (job.finished_at) {
    ToProto(*job.finished_at, *out.mutable_finish_time());
  }
  const bool in_grace = job.state == JobState::kQueued && job.wake_at > job.created_at;
  if (job.state == JobState::kWaiting || in_grace) {
    ToProto(job.wake_at, *out.mutable_wake_time());
  }
  ToProto(job.progress.platform_time, *out.mutable_platform_duration());
  ToProto(job.progress.budget_time, *out.mutable_budget_duration());
  ToProto(job.progress.our_time, *out.mutable_our_duration());
}

}  // namespace

void ToProto(const Job& stored, const Principal& reader, v1::Job& out) {
  const Job job = ShownTo(reader, stored);
  if (!job.id.empty()) {  // empty: the answer to validate_only
    out.set_name(FormatName(job.id));
  }
  out.set_kind(static_cast<v1::JobKind>(job.kind));
  out.set_state(ToProto(job.state));
  out.set_step(ToProto(job.step));
  out.set_move(ToProto(job.move));
  out.set_waiting_for(job.waiting_for);
  out.set_clean_room(FormatName(job.room));
  AddTimes(job, out);
  if (job.progress.failing_with) {
    ToProto(*job.progress.failing_with, *out.mutable_error());
  } else if (job.problem) {
    ToProto(*job.problem, *out.mutable_error());
  }
  out.set_platform_calls(job.progress.platform_calls);
  out.set_last_sequence(job.last_seq);
  if (!job.retry_of.empty()) {
    out.set_retry_of(FormatName(job.retry_of));
  }
  out.set_request_id(job.request_id);
  out.set_cancel_requested(job.cancel_requested);
  out.set_previous_package_version(job.moves_from);
  out.set_attempt(job.progress.attempt);
  if (reader.IsOperator()) {
    out.set_shard(job.shard.value());
  }
}

void ToProto(const JobView& view, const Principal& reader, v1::Job& out) {
  ToProto(view.job, reader, out);
  for (const StepProgress& step : view.steps) {
    v1::JobStepProgress& row = *out.add_steps();
    row.set_step(ToProto(step.step));
    row.set_state(EncodeState(step.state));
    if (step.started_at) {
      ToProto(*step.started_at, *row.mutable_start_time());
      ToProto(step.took, *row.mutable_duration());
    }
  }
}

void ToProto(const JobEvent& event, const Principal& reader, v1::JobEvent& out) {
  out.set_job(FormatName(event.job));
  out.set_sequence(event.seq);
  ToProto(event.at, *out.mutable_event_time());
  out.set_type(event.type);
  out.set_job_state(ToProto(event.job_state));
  out.set_step(ToProto(event.step));
  out.set_clean_room_state(ToProto(event.room_state));
  out.set_move(ToProto(event.move));
  out.set_message(MessageShownTo(reader, event));
}

}  // namespace roomkeeper
