#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks_sim/clean_rooms/room_views.h"
#include "lib/databricks_sim/clean_rooms/run_views.h"
#include "lib/databricks_sim/services/job_submit.h"
#include "lib/databricks_sim/services/services.h"
#include "lib/databricks_sim/world/access.h"

namespace roomkeeper::sim {
namespace {

using RunPtr = std::shared_ptr<Run>;

constexpr std::size_t kTokenMax = 64;
constexpr Field kCancel[] = {{"run_id", Field::Kind::kInt64}};

Json StatusView(const Run& run, const RunState& state) {  // Jobs 2.2
  Json json = {{"state", state.result.empty() ? "RUNNING" : "TERMINATED"}};
  if (!state.result.empty()) {
    const bool success = state.result == "SUCCESS";
    Json details = {{"code", success                      ? "SUCCESS"
                             : state.result == "CANCELED" ? "USER_CANCELED"
                             : state.result == "MAXIMUM_CONCURRENT_RUNS_REACHED"
                                 ? "MAX_CONCURRENT_RUNS_EXCEEDED"
                                 : "RUN_EXECUTION_ERROR"},
                    {"type", success ? "SUCCESS" : "CLIENT_ERROR"}};
    Put(details, "message", run.message);
    json["termination_details"] = std::move(details);
  }
  return json;
}

void PutStates(Json& json, const Run& run, absl::Time now) {
  const RunState state = StateOf(run, now);
  json["state"] = RunStateView(state);
  json["state"]["state_message"] = run.message;
  json["status"] = StatusView(run, state);
  json["start_time"] = Millis(run.start);
  if (run.end <= now) {
    json["end_time"] = Millis(run.end);
  }
}

Json RunView(const Run& run, absl::Time now) {
  Json notebook = {{"clean_room_name", run.room_name}, {"notebook_name", run.notebook}};
  Put(notebook, "etag", run.etag);
  PutJson(notebook, "notebook_base_parameters", run.parameters);
  Json task = {{"run_id", run.task_run_id}, {"clean_rooms_notebook_task", std::move(notebook)}};
  Put(task, "task_key", run.task_key);
  PutStates(task, run, now);
  Json json = {{"job_id", run.job_id},
               {"run_id", run.run_id},
               {"run_name", run.run_name},
               {"run_type", "SUBMIT_RUN"},
               {"creator_user_name", run.creator},
               {"tasks", Json::array({std::move(task)})}};
  PutStates(json, run, now);
  return json;
}

// A missing run is HTTP 400, as the official SDKs know it. Runs of other workspaces are missing.
Or<RunPtr> FindRun(const Call& call, std::int64_t id) {
  const auto it = call.world.runs.find(id);
  if (it == call.world.runs.end() || it->second->workspace != call.workspace.config.name) {
    return InvalidParameter(absl::StrCat("Run ", id, " does not exist."));
  }
  if (it->second->creator != call.caller->identity && !IsMetastoreAdmin(call)) {
    return PermissionDenied(absl::StrCat("User does not have View permission on run ", id, "."));
  }
  return it->second;
}

Or<RunPtr> RunOfQuery(const Call& call) {
  std::int64_t id = 0;
  if (!absl::SimpleAtoi(call.Query("run_id"), &id)) {
    return InvalidParameter(
        absl::StrCat("run_id must be an int64, got '", call.Query("run_id"), "'"));
  }
  return FindRun(call, id);
}

Reply Submit(Call& call) {
  const std::string token = Str(call.body, "idempotency_token");
  if (token.size() > kTokenMax) {
    return InvalidParameter(
        absl::StrCat("idempotency_token must have at most ", kTokenMax, " characters"));
  }
  Reply reply;
  const auto known = call.workspace.run_of_token.find(token);
  if (!token.empty() && known != call.workspace.run_of_token.end()) {
    reply.body["run_id"] = known->second;
    return reply;
  }
  const Or<RunPtr> run = StartRun(call);
  if (run.refusal) {
    return *run.refusal;
  }
  if (!token.empty()) {
    call.workspace.run_of_token[token] = run.value->run_id;
  }
  reply.body["run_id"] = run.value->run_id;
  return reply;
}

Reply GetRun(Call& call) {
  const Or<RunPtr> run = RunOfQuery(call);
  if (run.refusal) {
    return *run.refusal;
  }
  Reply reply;
  reply.body = RunView(*run.value, call.now);
  return reply;
}

Reply GetOutput(Call& call) {
  const Or<RunPtr> found = RunOfQuery(call);
  if (found.refusal) {
    return *found.refusal;
  }
  const Run& run = *found.value;
  const RunState state = StateOf(run, call.now);
  Json output = {{"clean_room_job_run_state", RunStateView(state)}};
  if (!state.result.empty() && !run.result.empty()) {
    output["notebook_output"] = {{"result", run.result}};
  }
  if (HasOutput(run, call.now)) {
    output["output_schema_info"] = {{"catalog_name", run.output_catalog},
                                    {"schema_name", run.output_schema},
                                    {"expiration_time", Millis(OutputExpiry(run))}};
  }
  Reply reply;
  reply.body = {{"metadata", RunView(run, call.now)},
                {"clean_rooms_notebook_output", std::move(output)}};
  if (state.result == "FAILED") {
    Put(reply.body, "error", run.message);
  }
  return reply;
}

Reply Cancel(Call& call) {
  const Or<RunPtr> found = FindRun(call, Int(&call.body, "run_id"));
  if (found.refusal) {
    return *found.refusal;
  }
  Run& run = *found.value;
  if (call.now < run.end) {
    run.end = call.now;
    run.result_state = "CANCELED";
    run.message = "Run cancelled.";
    run.result.clear();
    run.output_schema.clear();
    run.shared_output_schema.clear();
  }
  return {};
}

}  // namespace

void AddJobs(Router& router) {
  for (const std::string base : {"/api/2.1/jobs/runs", "/api/2.2/jobs/runs"}) {
    router.Add("POST", base + "/submit", Submit, SubmitSchema());
    router.Add("GET", base + "/get", GetRun);
    router.Add("GET", base + "/get-output", GetOutput);
    router.Add("POST", base + "/cancel", Cancel, kCancel);
  }
}

}  // namespace roomkeeper::sim
