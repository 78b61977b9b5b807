#include <algorithm>

#include "absl/strings/str_cat.h"

#include "lib/databricks_sim/clean_rooms/room_views.h"
#include "lib/databricks_sim/clean_rooms/run_views.h"
#include "lib/databricks_sim/core/pages.h"
#include "lib/databricks_sim/services/services.h"
#include "lib/databricks_sim/world/access.h"

namespace roomkeeper::sim {
namespace {

constexpr std::int64_t kPageSizeMax = 100;
constexpr std::int64_t kNoLimit = 1000000;

// Complete only for a run of the caller's own workspace (row 38).
Json JobRunInfo(const Call& call, const Room& room, const Run& run) {
  const auto& parties = room.central->collaborators;
  Json json = {{"collaborator_alias", parties[run.runner].alias}};
  if (parties[run.runner].global_metastore_id != room.self().global_metastore_id) {
    return json;
  }
  json["collaborator_workspace_id"] = run.workspace_id;
  if (run.workspace == call.workspace.config.name) {
    json["collaborator_job_id"] = run.job_id;
    json["collaborator_job_run_id"] = run.run_id;
    json["collaborator_task_run_id"] = run.task_run_id;
  }
  return json;
}

struct Outputs {
  std::string schema = {};  // the runner's own eyes only
  std::string shared_schema = {};
  std::int64_t expires_at = 0;
};

Outputs OutputsOf(const Call& call, const Room& room, const Run& run) {
  Outputs outputs;
  if (run.end > call.now) {
    return outputs;
  }
  outputs.schema = run.runner == room.party ? run.output_schema : "";
  outputs.shared_schema = run.shared_output_schema;
  outputs.expires_at = Millis(OutputExpiry(run));
  return outputs;
}

std::int64_t DurationMillis(const Run& run, absl::Time now) {
  return absl::ToInt64Milliseconds(std::min(now, run.end) - run.start);
}

Json TaskRunView(const Call& call, const Room& room, const Run& run) {
  Json json = {{"name", run.notebook},
               {"task_type", "NOTEBOOK"},
               {"start_time", Millis(run.start)},
               {"task_run_state", RunStateView(StateOf(run, call.now))},
               {"collaborator_job_run_info", JobRunInfo(call, room, run)}};
  json["analysis_details"] = {{"etag", run.etag}, {"updated_at", Millis(run.etag_at)}};
  Put(json, "run_duration", DurationMillis(run, call.now));
  const Outputs outputs = OutputsOf(call, room, run);
  if (!outputs.schema.empty()) {
    json["output_info"] = {{"output_schema_name", outputs.schema},
                           {"output_schema_expiration_time", outputs.expires_at}};
  }
  if (!outputs.shared_schema.empty()) {
    json["shared_output_info"] = {{"output_schema_name", outputs.shared_schema},
                                  {"output_schema_expiration_time", outputs.expires_at}};
  }
  return json;
}

Json NotebookRunView(const Call& call, const Room& room, const Run& run) {
  Json json = {{"notebook_name", run.notebook},
               {"notebook_etag", run.etag},
               {"notebook_updated_at", Millis(run.etag_at)},
               {"notebook_job_run_state", RunStateView(StateOf(run, call.now))},
               {"start_time", Millis(run.start)},
               {"collaborator_job_run_info", JobRunInfo(call, room, run)}};
  Put(json, "run_duration", DurationMillis(run, call.now));
  const Outputs outputs = OutputsOf(call, room, run);
  if (!outputs.schema.empty()) {
    json["output_schema_name"] = outputs.schema;
    json["output_schema_expiration_time"] = outputs.expires_at;
  }
  if (!outputs.shared_schema.empty()) {
    json["shared_output_schema_name"] = outputs.shared_schema;
    json["shared_output_schema_expiration_time"] = outputs.expires_at;
  }
  return json;
}

using View = Json (*)(const Call&, const Room&, const Run&);

// Newest first.
std::vector<PageEntry> EntriesOf(const Call& call, const Room& room, const std::string& name,
                                 View view) {
  std::vector<PageEntry> entries;
  const auto& runs = room.central->runs;
  for (auto it = runs.rbegin(); it != runs.rend(); ++it) {
    if (name.empty() || (*it)->notebook == name) {
      entries.push_back({absl::StrCat((*it)->run_id),
                         [&call, &room, view, &run = **it] { return view(call, room, run); }});
    }
  }
  return entries;
}

Reply ListTaskRuns(Call& call) {
  const Or<std::shared_ptr<Room>> room = GetActiveRoom(call, call.arguments[0]);
  if (room.refusal) {
    return *room.refusal;
  }
  const std::string type = call.Query("task_type");
  if (!type.empty() && type != "NOTEBOOK" && type != "JAR") {
    return InvalidParameter(absl::StrCat("task_type must be NOTEBOOK or JAR, got '", type, "'"));
  }
  std::vector<PageEntry> entries;
  if (type != "JAR") {  // the Jobs API has no task that runs a JAR analysis
    entries = EntriesOf(call, *room.value, call.Query("name"), TaskRunView);
  }
  return PageOf(call, "runs", entries, kPageSizeMax, kPageSizeMax);
}

Reply ListNotebookRuns(Call& call) {
  const Or<std::shared_ptr<Room>> room = GetActiveRoom(call, call.arguments[0]);
  if (room.refusal) {
    return *room.refusal;
  }
  call.query.erase("page_size");  // documented as ignored
  return PageOf(call, "runs",
                EntriesOf(call, *room.value, call.Query("notebook_name"), NotebookRunView),
                kNoLimit, kNoLimit);
}

}  // namespace

void AddTaskRuns(Router& router) {
  router.Add("GET", "/api/2.0/clean-rooms/{room}/task-runs", ListTaskRuns);
  router.Add("GET", "/api/2.0/clean-rooms/{room}/runs", ListNotebookRuns);
}

}  // namespace roomkeeper::sim
