#include "lib/databricks_sim/services/job_submit.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks_sim/clean_rooms/asset_lookup.h"
#include "lib/databricks_sim/clean_rooms/asset_views.h"
#include "lib/databricks_sim/clean_rooms/run_views.h"
#include "lib/databricks_sim/world/access.h"

namespace roomkeeper::sim {
namespace {

using Kind = Field::Kind;
using RunPtr = std::shared_ptr<Run>;

constexpr std::int64_t kConcurrentRunsMax = 10;  // of one room

constexpr Field kNotebookTask[] = {{"clean_room_name", Kind::kString},
                                   {"notebook_name", Kind::kString},
                                   {"etag", Kind::kString},
                                   {"notebook_base_parameters", Kind::kStringMap}};
constexpr Field kTask[] = {{"task_key", Kind::kString},
                           {"description", Kind::kString},
                           {"timeout_seconds", Kind::kInt64},
                           {"clean_rooms_notebook_task", Kind::kObject, kNotebookTask}};
constexpr Field kSubmit[] = {{"run_name", Kind::kString},
                             {"tasks", Kind::kObjects, kTask},
                             {"run_as", Kind::kAny},
                             {"timeout_seconds", Kind::kInt64},
                             {"access_control_list", Kind::kAny},
                             {"idempotency_token", Kind::kString}};

struct Submission {
  std::shared_ptr<Room> room = nullptr;
  const Asset* notebook = nullptr;
  const Json* task = nullptr;  // the clean_rooms_notebook_task
  std::string task_key = {};
};

// Whether the caller may run anything in this room, and this notebook.
Refusal CheckMayRun(const Call& call, const Room& room, const Asset& notebook) {
  if (!Owns(call, room) && !HoldsOnRoom(call, room, {"EXECUTE_CLEAN_ROOM_TASK"})) {
    return PermissionDenied(absl::StrCat(
        "User does not have EXECUTE CLEAN ROOM TASK on Clean room '", room.name, "'."));
  }
  if (room.is_package_provider()) {  // row 25
    return PermissionDenied("The package provider cannot run in a packaged clean room.");
  }
  const Revision& latest = notebook.revisions.back();
  if (std::find(latest.runners.begin(), latest.runners.end(), room.self().alias) ==
      latest.runners.end()) {
    return PermissionDenied(absl::StrCat("Collaborator '", room.self().alias,
                                         "' is not a runner of '", notebook.name, "'."));
  }
  if (!room.central->packaged() && ReviewState(call.world, *room.central, latest) != "APPROVED") {
    return InvalidState(absl::StrCat("'", notebook.name, "' is not approved."));
  }
  return {};
}

Or<Submission> ReadSubmission(const Call& call) {
  const Json* tasks = Find(call.body, "tasks");
  if (tasks == nullptr || tasks->size() != 1) {
    return InvalidParameter(absl::StrCat("The simulator runs exactly one task, got ",
                                         tasks == nullptr ? 0 : tasks->size()));
  }
  Submission submission;
  submission.task_key = Str((*tasks)[0], "task_key");
  submission.task = Find((*tasks)[0], "clean_rooms_notebook_task");
  if (submission.task == nullptr) {
    return InvalidParameter("The simulator runs clean_rooms_notebook_task only");
  }
  const std::string room_name = Str(submission.task, "clean_room_name");
  const std::string notebook = Str(submission.task, "notebook_name");
  if (room_name.empty() || notebook.empty()) {
    return MissingFields({"tasks.clean_rooms_notebook_task.clean_room_name",
                          "tasks.clean_rooms_notebook_task.notebook_name"});
  }
  Or<std::shared_ptr<Room>> room = GetActiveRoom(call, room_name);
  if (room.refusal) {
    return *room.refusal;
  }
  submission.room = room.value;
  const auto it = room.value->central->assets.find(AssetKey("NOTEBOOK_FILE", notebook));
  if (it == room.value->central->assets.end()) {
    return AssetNotFound("NOTEBOOK_FILE", notebook);
  }
  submission.notebook = &it->second;
  return submission;
}

std::int64_t NewRunId(World& world) {  // 15 digits, which JavaScript still reads exactly
  return static_cast<std::int64_t>(100000000000000 + world.Random() % 900000000000000);
}

std::int64_t RunningIn(const CentralRoom& central, absl::Time now) {
  return std::count_if(central.runs.begin(), central.runs.end(),
                       [now](const RunPtr& run) { return now < run->end; });
}

RunPtr Describe(Call& call, const Submission& submission) {
  auto run = std::make_shared<Run>();
  run->run_id = NewRunId(call.world);
  run->task_run_id = NewRunId(call.world);
  run->job_id = NewRunId(call.world);
  run->run_name = Str(call.body, "run_name").empty() ? "Untitled" : Str(call.body, "run_name");
  run->task_key = submission.task_key;
  run->workspace = call.workspace.config.name;
  run->workspace_id = call.workspace.config.workspace_id;
  run->room_name = submission.room->name;
  run->runner = submission.room->party;
  run->notebook = submission.notebook->name;
  run->etag = submission.notebook->revisions.back().etag;
  run->etag_at = submission.notebook->revisions.back().created_at;
  if (const Json* parameters = Find(submission.task, "notebook_base_parameters")) {
    run->parameters = parameters->get<std::map<std::string, std::string>>();
  }
  run->creator = call.caller->identity;
  run->idempotency_token = Str(call.body, "idempotency_token");
  run->start = call.now;
  run->end = call.now + call.world.Sample(call.world.config.run_duration);
  return run;
}

// What was set by hand for the next runs, else success.
void ApplyPlan(World& world, Run& run) {
  RunPlan& plan = world.run_plan;
  if (plan.times != 0) {
    run.result_state = plan.result_state;
    run.result = plan.result;
    run.message = plan.message;
    plan.times -= plan.times > 0 ? 1 : 0;
  }
  if (run.result.empty() && run.result_state == "SUCCESS") {
    run.result = Json{{"notebook", run.notebook}, {"parameters", run.parameters}}.dump();
  }
}

// Output schemas, with a table that the runner can read, exist from the end on for 30 days.
void MakeOutput(Call& call, const Room& room, Run& run) {
  if (run.result_state != "SUCCESS" || room.output_catalog.empty()) {
    return;
  }
  run.output_catalog = room.output_catalog;
  run.output_schema = absl::StrCat("run_", run.run_id);
  if (room.central->shared_output && room.enable_shared_output) {
    run.shared_output_schema = absl::StrCat("shared_run_", run.run_id);
  }
  const std::string table = absl::StrCat(run.output_catalog, ".", run.output_schema, ".results");
  Metastore& metastore = call.metastore();
  metastore.securables[absl::AsciiStrToLower(table)] = {
      .type = "TABLE", .full_name = table, .expires_at = OutputExpiry(run)};
  for (const std::string& reader : {run.creator, room.owner}) {
    const auto lineage = Lineage("table", absl::AsciiStrToLower(table));
    metastore.grants.Add("table", lineage[0].second, reader, "SELECT");
    metastore.grants.Add("schema", lineage[1].second, reader, "USE_SCHEMA");
    metastore.grants.Add("catalog", lineage[2].second, reader, "USE_CATALOG");
  }
}

void EndAtOnce(Run& run, const char* life_cycle, const char* result, std::string message) {
  run.end = run.start;
  run.life_cycle_at_end = life_cycle;
  run.result_state = result;
  run.message = std::move(message);
  run.result.clear();
}

}  // namespace

Schema SubmitSchema() {
  return kSubmit;
}

Or<RunPtr> StartRun(Call& call) {
  Or<Submission> submission = ReadSubmission(call);
  if (submission.refusal) {
    return *submission.refusal;
  }
  Room& room = *submission.value.room;
  if (Refusal no = CheckMayRun(call, room, *submission.value.notebook)) {
    return *no;
  }
  RunPtr run = Describe(call, submission.value);
  const std::string wanted = Str(submission.value.task, "etag");
  if (!wanted.empty() && wanted != run->etag) {
    const std::string message =
        absl::StrCat("etag '", wanted, "' is not the latest version of '", run->notebook, "'");
    if (call.Knob("wrong_run_etag", "400")) {
      return InvalidParameter(message);
    }
    run->etag = wanted;
    EndAtOnce(*run, "TERMINATED", "FAILED", message);
  } else if (RunningIn(*room.central, call.now) >= kConcurrentRunsMax) {
    const std::string message =
        absl::StrCat("Clean room '", room.name, "' has ", kConcurrentRunsMax, " runs in progress.");
    if (call.Knob("run_limit", "400")) {
      return Error(400, "RESOURCE_LIMIT_EXCEEDED", message);
    }
    EndAtOnce(*run, "SKIPPED", "MAXIMUM_CONCURRENT_RUNS_REACHED", message);
  } else {
    ApplyPlan(call.world, *run);
    MakeOutput(call, room, *run);
  }
  room.central->runs.push_back(run);
  call.world.runs[run->run_id] = run;
  call.world.runs[run->task_run_id] = run;
  return run;
}

}  // namespace roomkeeper::sim
