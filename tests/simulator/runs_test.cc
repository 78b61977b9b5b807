#include <string>

#include "tests/simulator/sim_fixture.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

const char* const kAdmin = "admin@brand.example";
const std::string kJobs = "/api/2.2/jobs/runs";
const std::string kTaskRuns = kRooms + "/r1/task-runs";

Json Submission(const std::string& etag = "") {
  Json task = {{"clean_room_name", "r1"},
               {"notebook_name", "measurement.py"},
               {"notebook_base_parameters", {{"since", "2026-01-01"}}}};
  if (!etag.empty()) {
    task["etag"] = etag;
  }
  return {{"run_name", "weekly"},
          {"tasks", Json::array({{{"task_key", "match"}, {"clean_rooms_notebook_task", task}}})}};
}

// A packaged room with a notebook that the brand's app may run; runs take 60 s.
struct RunWorld : SimFixture {
  RunWorld() : SimFixture(Config()) {
    MakeRoom("r1");
    notebook = AddNotebook("r1").body;
    GrantRun("r1");
  }
  static sim::SimConfig Config() {
    sim::SimConfig config = DefaultConfig();
    config.run_duration = {absl::Seconds(60), absl::ZeroDuration()};
    return config;
  }
  std::int64_t Submit(const Json& body = Submission()) {
    const Answer answer = Call("app", "POST", kJobs + "/submit", body);
    INFO(answer.text);
    REQUIRE(answer.status == 200);
    return answer.body["run_id"].get<std::int64_t>();
  }
  Json Run(std::int64_t id) { return Get("app", kJobs + "/get?run_id=" + std::to_string(id)).body; }
  Json Output(std::int64_t id) {
    const auto task = Run(id)["tasks"][0]["run_id"].get<std::int64_t>();
    return Get("app", kJobs + "/get-output?run_id=" + std::to_string(task)).body;
  }
  std::string etag() const { return notebook["notebook"]["etag"]; }
  Json notebook;
};

TEST_CASE("row 39: a run is submitted, runs, and ends with the notebook's result") {
  RunWorld sim;

  const std::int64_t id = sim.Submit();

  CHECK(sim.Run(id)["state"]["life_cycle_state"] == "RUNNING");
  CHECK(sim.Run(id)["status"]["state"] == "RUNNING");
  CHECK_FALSE(sim.Output(id)["clean_rooms_notebook_output"].contains("notebook_output"));
  sim.clock.Advance(absl::Seconds(60));
  CHECK(sim.Run(id)["state"]["result_state"] == "SUCCESS");
  CHECK(sim.Run(id)["status"]["termination_details"]["code"] == "SUCCESS");
  const Json output = sim.Output(id)["clean_rooms_notebook_output"];
  CHECK(output["clean_room_job_run_state"]["result_state"] == "SUCCESS");
  CHECK_THAT(output["notebook_output"]["result"].get<std::string>(), Catch::Contains("2026-01-01"));
}

TEST_CASE("row 39: the version that a run names must be the latest, as the knob says") {
  RunWorld sim;
  CHECK(sim.Submit(Submission(sim.etag())) > 0);

  const std::int64_t failed = sim.Submit(Submission(std::string(64, '0')));
  CHECK(sim.Run(failed)["state"]["result_state"] == "FAILED");
  sim.Set("wrong_run_etag", "400");
  CHECK(sim.Call("app", "POST", kJobs + "/submit", Submission(std::string(64, '0'))).status == 400);
}

TEST_CASE("row 39: a room has ten runs at once; the eleventh is skipped or refused") {
  RunWorld sim;
  for (int i = 0; i < 10; ++i) {
    sim.Submit();
  }

  CHECK(sim.Run(sim.Submit())["state"]["result_state"] == "MAXIMUM_CONCURRENT_RUNS_REACHED");
  sim.Set("run_limit", "400");
  CHECK(sim.Call("app", "POST", kJobs + "/submit", Submission()).status == 400);
  sim.clock.Advance(absl::Seconds(60));
  CHECK(sim.Run(sim.Submit())["state"]["life_cycle_state"] == "RUNNING");
}

TEST_CASE("row 39: the output schema is there for thirty days from the end of the run") {
  RunWorld sim;
  REQUIRE(
      sim.Call(kAdmin, "POST", kRooms + "/r1/output-catalogs", {{"catalog_name", "out"}}).status ==
      200);
  const std::int64_t id = sim.Submit();
  sim.clock.Advance(absl::Seconds(60));

  const Json info = sim.Output(id)["clean_rooms_notebook_output"]["output_schema_info"];
  const std::string table =
      "/api/2.1/unity-catalog/tables/out." + info["schema_name"].get<std::string>() + ".results";

  CHECK(info["catalog_name"] == "out");
  CHECK(sim.Get("app", table).status == 200);
  sim.clock.Advance(absl::Hours(24 * 30));
  sim.tokens["app"] = sim.Login("app");
  CHECK_FALSE(sim.Output(id)["clean_rooms_notebook_output"].contains("output_schema_info"));
  CHECK(sim.Get("app", table).status == 404);
}

TEST_CASE("row 39: a run needs EXECUTE_CLEAN_ROOM_TASK, a designated runner and an approval") {
  RunWorld sim;
  CHECK(sim.Call("other_app", "POST", kJobs + "/submit", Submission()).status == 403);

  Json body = SimFixture::NotebookBody("<html>v2</html>");
  body["notebook"]["runner_collaborator_aliases"] = {"acme"};
  sim.Call("roomkeeper", "PATCH", kRooms + "/r1/assets/NOTEBOOK_FILE/measurement.py", body);
  CHECK_THAT(sim.Call("app", "POST", kJobs + "/submit", Submission()).message(),
             Catch::Contains("is not a runner"));

  SimFixture approval;
  approval.MakeRoom("r1", /*packaged=*/false);
  approval.AddNotebook("r1");
  approval.GrantRun("r1");
  CHECK(approval.Call("app", "POST", kJobs + "/submit", Submission()).code() == "INVALID_STATE");
}

TEST_CASE("row 39: one idempotency token is one run; a run can be cancelled") {
  RunWorld sim;
  Json body = Submission();
  body["idempotency_token"] = "weekly-1";

  const std::int64_t id = sim.Submit(body);
  CHECK(sim.Submit(body) == id);
  body["idempotency_token"] = std::string(65, 'x');
  CHECK(sim.Call("app", "POST", kJobs + "/submit", body).status == 400);

  CHECK(sim.Call("app", "POST", kJobs + "/cancel", {{"run_id", id}}).status == 200);
  CHECK(sim.Run(id)["state"]["result_state"] == "CANCELED");
  sim.clock.Advance(absl::Seconds(60));
  CHECK(sim.Run(id)["state"]["result_state"] == "CANCELED");
}

TEST_CASE("row 39: how runs end can be set by hand") {
  RunWorld sim;
  sim.Control({{"action", "set_run_outcome"},
               {"result_state", "FAILED"},
               {"message", "division by zero"},
               {"times", 1}});
  const std::int64_t failed = sim.Submit();
  const std::int64_t fine = sim.Submit();
  sim.clock.Advance(absl::Seconds(60));

  CHECK(sim.Run(failed)["state"]["result_state"] == "FAILED");
  CHECK(sim.Output(failed)["error"] == "division by zero");
  CHECK(sim.Run(fine)["state"]["result_state"] == "SUCCESS");
}

TEST_CASE("row 25: the provider of a packaged room sees runs but cannot run or read outputs") {
  RunWorld sim;
  const std::int64_t id = sim.Submit();
  sim.clock.Advance(absl::Seconds(60));

  CHECK(sim.Call("roomkeeper", "POST", kJobs + "/submit", Submission()).status == 403);
  CHECK(sim.Get("roomkeeper", kJobs + "/get-output?run_id=" + std::to_string(id)).status == 400);
  const Json seen = sim.Get("roomkeeper", kTaskRuns).body["runs"];
  REQUIRE(seen.size() == 1);
  CHECK(seen[0]["task_run_state"]["result_state"] == "SUCCESS");
  CHECK(seen[0]["analysis_details"]["etag"] == sim.etag());
  CHECK(seen[0]["run_duration"] == 60000);
  CHECK_FALSE(seen[0].contains("output_info"));
}

TEST_CASE("row 38: only the workspace that started a run sees all ids of its job") {
  RunWorld sim;
  const std::int64_t id = sim.Submit();
  sim.Control({{"action", "grant"},
               {"workspace", "brand"},
               {"principal", "other_app"},
               {"securable", "r1"},
               {"privilege", "BROWSE"}});
  const auto info = [&](const std::string& who) {
    return sim.Get(who, kTaskRuns).body["runs"][0]["collaborator_job_run_info"];
  };

  CHECK(info("app")["collaborator_job_run_id"] == id);
  CHECK(info("app")["collaborator_workspace_id"] == 2222);
  CHECK(info("other_app") ==
        Json{{"collaborator_alias", "brand42"}, {"collaborator_workspace_id", 2222}});
  CHECK(info("roomkeeper") == Json{{"collaborator_alias", "brand42"}});
}

TEST_CASE("row 38: task-runs has pages and filters; runs ignores page_size") {
  RunWorld sim;
  for (int i = 0; i < 3; ++i) {
    sim.Submit();
    sim.clock.Advance(absl::Seconds(1));
  }

  const Json page = sim.Get("roomkeeper", kTaskRuns + "?page_size=2").body;
  CHECK(page["runs"].size() == 2);
  CHECK(page["runs"][0]["start_time"] > page["runs"][1]["start_time"]);
  CHECK(page.contains("next_page_token"));
  CHECK(sim.Get("roomkeeper", kTaskRuns + "?page_size=101").status == 400);
  CHECK(sim.Get("roomkeeper", kTaskRuns + "?page_size=100").status == 200);
  CHECK(sim.Get("roomkeeper", kTaskRuns + "?task_type=JAR").body == Json::object());
  CHECK(sim.Get("roomkeeper", kTaskRuns + "?task_type=NOTEBOOK").body["runs"].size() == 3);
  CHECK(sim.Get("roomkeeper", kTaskRuns + "?name=other.py").body == Json::object());
  const Json runs = sim.Get("roomkeeper", kRooms + "/r1/runs?page_size=1").body;
  CHECK(runs["runs"].size() == 3);
  CHECK(runs["runs"][0]["notebook_name"] == "measurement.py");
}

TEST_CASE("jobs: a missing run is HTTP 400, a run of another principal is 403") {
  RunWorld sim;
  const std::int64_t id = sim.Submit();

  CHECK(sim.Get("app", kJobs + "/get?run_id=1").status == 400);
  CHECK_THAT(sim.Get("app", kJobs + "/get?run_id=1").message(), Catch::Contains("does not exist"));
  CHECK(sim.Get(kAdmin, "/api/2.1/jobs/runs/get?run_id=" + std::to_string(id)).status == 200);
  CHECK(sim.Get("other_app", kJobs + "/get?run_id=" + std::to_string(id)).status == 400);
}

}  // namespace
}  // namespace roomkeeper::testing
