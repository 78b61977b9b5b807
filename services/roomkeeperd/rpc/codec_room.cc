#include "absl/strings/str_cat.h"

#include "lib/commands/jobs/reader_view.h"
#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/proto_codec.h"

namespace roomkeeper {
namespace {

void Encode(const Collaborator& collaborator, v1::Collaborator& out) {
  out.set_collaborator_alias(collaborator.collaborator_alias);
  out.set_global_metastore_id(collaborator.global_metastore_id);
  out.set_invite_recipient_email(collaborator.invite_recipient_email);
  out.set_invite_recipient_workspace_id(collaborator.invite_recipient_workspace_id);
}

void AddSpec(const RoomSpec& spec, v1::CleanRoom& out) {
  out.set_package(FormatName(spec.package));
  out.set_package_version(spec.package_version);
  out.set_package_digest(spec.package_digest);
  out.set_clean_room_name(spec.room_name);
  out.set_cloud_vendor(spec.cloud_vendor);
  out.set_region(spec.region);
  out.set_enable_shared_output(spec.enable_shared_output);
  Encode(spec.provider, *out.mutable_provider());
  Encode(spec.brand, *out.mutable_brand());
}

// Create and plan ask for the same things.
template <typename Request>
CreateCleanRoomInput InputOf(const Request& request) {
  return {
      .parent = ParseBrandPath(request.parent()).value_or(BrandPath()),
      .id = CleanRoomId(request.clean_room_id()),
      .package = ParsePackagePath(request.clean_room().package()).value_or(PackagePath()).package,
      .package_version = request.clean_room().package_version(),
      .labels = FromProto(request.clean_room().labels()),
      .expiry = ExpiryOf(request.clean_room()),
      .global_metastore_id = request.invitee().global_metastore_id(),
      .workspace_id = request.invitee().invite_recipient_workspace_id(),
      .invite_recipient_email = request.invitee().invite_recipient_email()};
}

}  // namespace

void ToProto(const CleanRoom& room, const Principal& reader, v1::CleanRoom& out) {
  out.set_name(FormatName(room.key));
  AddSpec(room.spec, out);
  out.mutable_labels()->insert(room.labels.begin(), room.labels.end());
  out.set_state(ToProto(room.state));
  out.set_move(ToProto(room.move));
  ToProto(room.state_since, *out.mutable_state_since_time());
  if (const auto problem = ShownTo(reader, room).problem) {
    ToProto(*problem, *out.mutable_problem());
  }
  out.set_central_clean_room_id(room.central_clean_room_id);
  for (const NotebookState& notebook : room.notebooks) {
    v1::CleanRoomNotebook& row = *out.add_notebooks();
    row.set_name(notebook.name);
    row.set_etag(notebook.etag);
    row.set_content_digest(notebook.content_digest);
  }
  if (!room.job.empty()) {
    out.set_job(FormatName(room.job));
  }
  ToProto(room.created_at, *out.mutable_create_time());
  ToProto(room.updated_at, *out.mutable_update_time());
  if (room.ready_at) {
    ToProto(*room.ready_at, *out.mutable_ready_time());
  }
  if (room.expires_at) {
    ToProto(*room.expires_at, *out.mutable_expire_time());
  }
  if (room.purge_at) {
    ToProto(*room.purge_at, *out.mutable_purge_time());
  }
  if (room.leaving) {
    out.set_leaving_package_version(room.leaving->package_version);
  }
  out.set_generation(room.generation);
  out.set_etag(absl::StrCat(room.revision));
  if (reader.IsOperator()) {
    out.set_shard(room.shard.value());
  }
}

void ToProto(const CleanRoomPlanned& plan, const Principal& reader, v1::CleanRoomPlan& out) {
  const std::string about = FormatName(plan.room.key);
  for (const Action& action : plan.actions) {
    v1::PlannedAction& row = *out.add_actions();
    row.set_action(std::string(Name(action.kind)));
    row.set_target(action.subject);
    if (action.problem) {
      row.set_message(ShownTo(reader, *action.problem, about).message);
    }
  }
  v1::QuotaUse& quota = *out.mutable_quota();
  quota.set_rooms_added(plan.adds_room ? 1 : 0);
  quota.set_brand_jobs_in_flight_max(plan.brand_jobs_max);
  if (reader.IsOperator()) {
    quota.set_shard_rooms(plan.shard.rooms);
    quota.set_shard_rooms_max(plan.shard.rooms_max);
    quota.set_shard(plan.shard.id.value());
  }
  out.set_plan_digest(plan.digest);
  for (const Problem& problem : plan.problems) {
    ToProto(ShownTo(reader, problem, about), *out.add_problems());
  }
  ToProto(plan.room, reader, *out.mutable_clean_room());
}

void ToProto(const Explanation& explanation, v1::CleanRoomExplanation& out) {
  const CleanRoom& room = explanation.room;
  out.set_text(explanation.text);
  out.set_action(explanation.action);
  out.set_state(ToProto(room.state));
  out.set_move(ToProto(room.move));
  ToProto(room.state_since, *out.mutable_since_time());
  if (explanation.job) {
    out.set_step(ToProto(explanation.job->step));
    out.set_job(FormatName(explanation.job->id));
  }
  if (room.problem) {
    ToProto(*room.problem, *out.mutable_problem());
  }
}

void ToProto(const RunnableNotebook& runnable, v1::RunnableNotebook& out) {
  const RoomSpec& spec = runnable.room.spec;
  out.set_clean_room_name(spec.room_name);
  out.set_notebook_name(runnable.notebook.name);
  out.set_etag(runnable.notebook.etag);
  out.set_content_digest(runnable.notebook.content_digest);
  out.set_runner_collaborator_alias(spec.brand.collaborator_alias);
  out.set_enable_shared_output(spec.enable_shared_output);
  out.set_package(FormatName(spec.package));
  out.set_package_version(spec.package_version);
  out.set_package_digest(spec.package_digest);
  out.set_clean_room(FormatName(runnable.room.key));
  if (runnable.package == nullptr) {
    return;
  }
  for (const PackageNotebook& notebook : runnable.package->notebooks) {
    if (notebook.name == runnable.notebook.name) {
      for (const ParameterDoc& parameter : notebook.parameters) {
        ToProto(parameter, *out.add_parameters());
      }
    }
  }
  for (const RequiredInput& input : runnable.package->required_inputs) {
    ToProto(input, *out.add_required_inputs());
  }
  for (const OutputTable& output : runnable.package->outputs) {
    ToProto(output, *out.add_outputs());
  }
}

void ToProto(const ListTaskRunsOutput::Row& row, v1::TaskRun& out) {
  const TaskRun& run = row.run;
  out.set_name(run.name);
  out.set_task_type(run.task_type);
  out.set_life_cycle_state(run.life_cycle_state);
  out.set_result_state(run.result_state);
  ToProto(run.start_time, *out.mutable_start_time());
  ToProto(run.run_duration, *out.mutable_run_duration());
  out.set_etag(run.etag);
  out.set_package_version(row.package_version);
  out.set_runner_collaborator_alias(run.runner_collaborator_alias);
  out.set_output_schema_name(run.output_schema_name);
  if (run.output_schema_expires_at) {
    ToProto(*run.output_schema_expires_at, *out.mutable_output_schema_expire_time());
  }
  out.set_shared_output_schema_name(run.shared_output_schema_name);
  if (run.shared_output_schema_expires_at) {
    ToProto(*run.shared_output_schema_expires_at, *out.mutable_shared_output_schema_expire_time());
  }
}

CreateCleanRoomInput FromProto(const v1::CreateCleanRoomRequest& request) {
  CreateCleanRoomInput input = InputOf(request);
  input.request_id = request.request_id();
  input.validate_only = request.validate_only();
  return input;
}

CreateCleanRoomInput FromProto(const v1::AdoptCleanRoomRequest& request) {
  CreateCleanRoomInput input = InputOf(request);
  input.request_id = request.request_id();
  input.validate_only = request.validate_only();
  return input;
}

CreateCleanRoomInput FromProto(const v1::PlanCleanRoomRequest& request) {
  return InputOf(request);
}

}  // namespace roomkeeper
