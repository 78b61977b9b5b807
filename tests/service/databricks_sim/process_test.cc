#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"

#include "tests/service/databricks_sim/sim_process.h"
#include "tests/support/http/raw_connection.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

using nlohmann::json;
using Transport = HttpResult::Transport;

constexpr char kRooms[] = "/api/2.0/clean-rooms";

std::string RoomBody(const std::string& name) {
  return json{{"name", name},
              {"remote_detailed_info",
               {{"cloud_vendor", "aws"},
                {"region", "us-west-2"},
                {"package_provider_collaborator_alias", "provider"},
                {"collaborators",
                 {{{"collaborator_alias", "provider"},
                   {"global_metastore_id", "aws:us-west-2:a3f1c2d4-5b6e-4f70-8a91-b2c3d4e5f601"}},
                  {{"collaborator_alias", "acme"},
                   {"global_metastore_id", "azure:eastus2:b4e2d3c5-6a7f-4081-9ba2-c3d4e5f60712"},
                   {"invite_recipient_email", "data@acme.example"},
                   {"invite_recipient_workspace_id", 2000000000000002}}}}}}}
      .dump();
}

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

unsigned Mode(const std::string& path) {
  struct stat info = {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777U;
}

TEST_CASE("a room is made, becomes ACTIVE, takes a table, and both are listed",
          "[databricks_sim]") {
  SimProcess sim;

  const HttpResult created = sim.Call("POST", kRooms, RoomBody("acme_match"));
  const HttpResult room = sim.Call("GET", absl::StrCat(kRooms, "/acme_match"));
  const HttpResult asset = sim.Call("POST", absl::StrCat(kRooms, "/acme_match/assets"),
                                    R"({"name":"provider.spine.person","asset_type":"TABLE",
                   "table_local_details":{"local_name":"identity.spine.person"}})");
  const HttpResult assets = sim.Call("GET", absl::StrCat(kRooms, "/acme_match/assets"));
  const HttpResult rooms = sim.Call("GET", kRooms);

  INFO(created.body);
  REQUIRE(created.status == 200);
  CHECK(json::parse(room.body)["status"] == "ACTIVE");
  INFO(asset.body);
  CHECK(asset.status == 200);
  CHECK(json::parse(assets.body)["assets"][0]["name"] == "provider.spine.person");
  CHECK(json::parse(rooms.body)["clean_rooms"][0]["name"] == "acme_match");
}

TEST_CASE("discovery names the host as the caller reached it", "[databricks_sim]") {
  SimProcess sim;
  const std::string url = sim.host("provider");
  const std::string by_name = absl::StrCat("http://localhost", url.substr(url.rfind(':')));

  const HttpResult found =
      sim.Send({.method = "GET",
                .url = absl::StrCat(by_name, "/oidc/.well-known/oauth-authorization-server")});

  REQUIRE(found.status == 200);
  CHECK(json::parse(found.body)["token_endpoint"] == absl::StrCat(by_name, "/oidc/v1/token"));
}

TEST_CASE("a fault after the effect loses the answer, not the room", "[databricks_sim]") {
  SimProcess sim;
  (void)sim.Call("GET", kRooms);
  const json fault = {
      {"pattern", absl::StrCat("POST ", kRooms)}, {"after_effect", true}, {"ending", "reset"}};
  CHECK(sim.Control("POST", "/faults", fault.dump())["fault"].is_number());

  const HttpResult lost = sim.Call("POST", kRooms, RoomBody("acme_match"));
  const HttpResult again = sim.Call("POST", kRooms, RoomBody("acme_match"));

  CHECK(lost.transport == Transport::kLost);
  CHECK(again.status == 409);
}

TEST_CASE("a fault can be delayed by the server and outlived by nobody who gives up first",
          "[databricks_sim]") {
  SimProcess sim;
  const std::string token = sim.Token("provider", "roomkeeper");
  sim.Control("POST", "/faults", R"({"pattern":"GET /api/2.0/clean-rooms","ending":"hang"})");
  const auto get = [&](absl::Duration timeout) {
    return sim.Send({.method = "GET",
                     .url = absl::StrCat(sim.host("provider"), kRooms),
                     .headers = {{"Authorization", absl::StrCat("Bearer ", token)}},
                     .timeout = timeout});
  };

  const HttpResult hung = get(absl::Milliseconds(50));
  const HttpResult next = get(absl::Seconds(30));

  CHECK(hung.transport == Transport::kLost);
  CHECK(next.status == 200);
}

TEST_CASE("a fault answers as told, as often as told, and until it is cleared",
          "[databricks_sim]") {
  SimProcess sim;
  sim.Control("POST", "/faults",
              R"({"pattern":"GET /api/2.0/clean-rooms","status":503,"times":2,
                  "headers":{"Retry-After":"7"},"body":"{\"error_code\":\"BUSY\"}"})");

  const HttpResult first = sim.Call("GET", kRooms);
  CHECK(first.status == 503);
  CHECK(HeaderOf(first, "retry-after") == "7");
  CHECK(first.body == "{\"error_code\":\"BUSY\"}");
  CHECK(sim.Call("GET", kRooms).status == 503);
  CHECK(sim.Call("GET", kRooms).status == 200);

  sim.Control("POST", "/faults", R"({"pattern":"* *","status":500,"times":-1})");
  CHECK(sim.Call("GET", kRooms).status == 500);
  sim.Control("DELETE", "/faults");
  CHECK(sim.Call("GET", kRooms).status == 200);
}

TEST_CASE("an encoded slash stays inside its segment", "[databricks_sim]") {
  SimProcess sim;

  const HttpResult result = sim.Call("GET", absl::StrCat(kRooms, "/a%2Fassets"));

  CHECK(result.status == 404);
  const json log = sim.Control("GET", "/requests?workspace=provider")["requests"];
  CHECK(log.back()["target"] == absl::StrCat(kRooms, "/a%2Fassets"));
  CHECK(log.back()["route"] == "GET /api/2.0/clean-rooms/{room}");
}

TEST_CASE("the request log counts calls per route, and can be emptied", "[databricks_sim]") {
  SimProcess sim;
  (void)sim.Call("GET", kRooms);
  (void)sim.Call("GET", kRooms);

  const json counts = sim.Control("GET", "/requests/counts");
  CHECK(counts["total"] == 3);  // with the token
  CHECK(counts["counts"]["GET /api/2.0/clean-rooms"] == 2);
  CHECK(sim.Control("GET", "/requests/counts?workspace=acme")["total"] == 0);
  CHECK(sim.Control("GET", "/requests?after=2")["requests"].size() == 1);

  sim.Control("DELETE", "/requests");
  CHECK(sim.Control("GET", "/requests/counts")["total"] == 0);
}

TEST_CASE("knobs, people's doings and the clock are set at run time", "[databricks_sim]") {
  SimProcess sim("", {"--knob", "duplicate_room=400"});
  REQUIRE(sim.Call("POST", kRooms, RoomBody("twice")).status == 200);
  CHECK(sim.Call("POST", kRooms, RoomBody("twice")).status == 400);
  sim.Control("POST", "/knobs", R"({"duplicate_room":"409"})");
  CHECK(sim.Call("POST", kRooms, RoomBody("twice")).status == 409);

  sim.Control("POST", "/control",
              R"({"action":"delete_room","workspace":"provider","room":"twice"})");
  CHECK(sim.Call("GET", absl::StrCat(kRooms, "/twice")).status == 404);

  CHECK(sim.Control("POST", "/clock/advance", R"({"by":"2h"})")["ahead"] == "2h");
  CHECK(sim.Call("GET", kRooms).status == 401);  // the token's hour is over
}

TEST_CASE("the control URL says what is wrong", "[databricks_sim]") {
  SimProcess sim;
  const std::string url = sim.ready()["control_url"].get<std::string>();

  const auto post = [&](const std::string& path, const std::string& body) {
    return sim.Send({.method = "POST", .url = absl::StrCat(url, path), .body = body});
  };

  CHECK(post("/faults", "{}").status == 400);
  CHECK(post("/knobs", R"({"frob":"1"})").status == 400);
  CHECK(post("/control", R"({"action":"frob"})").status == 400);
  CHECK(post("/frob", "{}").status == 404);
  CHECK(post("/requests", "{}").status == 405);
  CHECK(sim.Send({.method = "GET", .url = absl::StrCat(url, "/ca.pem")}).status == 404);
  CHECK_THAT(sim.Send({.method = "GET", .url = absl::StrCat(url, "/")}).body,
             Catch::Contains("POST /clock/advance"));
}

TEST_CASE("https works for who trusts the test CA, and for nobody else", "[databricks_sim]") {
  SimProcess sim("tls: true\nca_file: ca.pem\n");
  const std::string ca_file = sim.folder().path("ca.pem");
  const std::string url =
      absl::StrCat(sim.host("provider"), "/oidc/.well-known/oauth-authorization-server");
  REQUIRE_THAT(url, Catch::StartsWith("https://127.0.0.1:"));
  const std::string by_name = absl::StrCat("https://localhost", url.substr(url.rfind(':')));

  const HttpResult trusting = sim.Send({.method = "GET", .url = url, .ca_file = ca_file});
  const HttpResult named = sim.Send({.method = "GET", .url = by_name, .ca_file = ca_file});
  const HttpResult strict = sim.Send({.method = "GET", .url = url});
  const HttpResult ca =
      sim.Send({.method = "GET",
                .url = absl::StrCat(sim.ready()["control_url"].get<std::string>(), "/ca.pem")});

  CHECK(trusting.status == 200);
  CHECK_THAT(json::parse(trusting.body)["token_endpoint"].get<std::string>(),
             Catch::StartsWith("https://"));
  CHECK(named.status == 200);
  CHECK(strict.transport == Transport::kNotSent);
  CHECK(ca.body == ReadFile(ca_file));
}

TEST_CASE("files tell scripts all that the ready line tells", "[databricks_sim]") {
  SimProcess sim("ready_file: ready.json\nsecrets_dir: secrets\n");
  const std::string ready_file = sim.folder().path("ready.json");
  const std::string secret_file = sim.folder().path("secrets/provider.roomkeeper.secret");

  CHECK(json::parse(ReadFile(ready_file)) == sim.ready());
  CHECK(Mode(ready_file) == 0600);
  CHECK(ReadFile(secret_file) ==
        absl::StrCat(sim.workspace("provider")["principals"][0]["client_secret"].get<std::string>(),
                     "\n"));
  CHECK(Mode(secret_file) == 0600);
  CHECK(Mode(sim.folder().path("secrets")) == 0700);

  REQUIRE_OK(sim.process().Terminate());
  struct stat info = {};
  CHECK(stat(ready_file.c_str(), &info) != 0);  // who waits for it must not see the last run's
}

TEST_CASE("SIGTERM and SIGINT end it with 0, also amid a request", "[databricks_sim]") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  SimProcess sim;
  sim.Control("POST", "/faults", R"({"pattern":"* *","ending":"hang","times":-1})");
  const std::string host = sim.host("provider");
  RawConnection hanging(std::stoi(host.substr(host.rfind(':') + 1)));
  REQUIRE(hanging.Send("GET /api/2.0/clean-rooms HTTP/1.1\r\nHost: x\r\n\r\n"));

  sim.process().Signal(signal);

  const auto code = sim.process().Wait();
  REQUIRE_OK(code);
  CHECK(*code == 0);
  CHECK(sim.process().output().empty());  // stdout is the ready line and nothing else
}

TEST_CASE("logs are JSON lines without secrets", "[databricks_sim]") {
  SimProcess sim("log_level: debug\n");
  (void)sim.Call("GET", kRooms);
  sim.Control("POST", "/knobs", R"({"duplicate_room":"400"})");
  REQUIRE_OK(sim.process().Terminate());

  const std::string log = sim.process().errors();
  std::istringstream lines(log);
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    CHECK(json::parse(line).contains("message"));
    ++count;
  }
  CHECK(count >= 3);
  CHECK_THAT(log, Catch::Contains("knob set"));
  for (const json& principal : sim.workspace("provider")["principals"]) {
    CHECK_THAT(log, !Catch::Contains(principal["client_secret"].get<std::string>()));
  }
}

TEST_CASE("a wrong config is refused with file and line before anything is served",
          "[databricks_sim]") {
  const TempFolder folder;
  const std::string good = folder.Write("good.yaml", SampleWorld());
  const std::string bad = folder.Write("bad.yaml", "frob: 1\ntls: maybe\n" + SampleWorld());
  const std::string torn = folder.Write("torn.yaml", "latency: {mean: 1s\n");
  const auto run = [](const std::vector<std::string>& flags) {
    std::vector<std::string> argv = {RK_BIN_DIR "/databricks-sim"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    const auto result = RunCommand({.argv = argv});
    REQUIRE_OK(result);
    CHECK(result->output.empty());
    return *result;
  };

  CHECK(run({"--config", good, "--check-config"}).exit_code == 0);
  const CommandResult wrong = run({"--config", bad});
  CHECK(wrong.exit_code == 1);
  CHECK_THAT(wrong.errors, Catch::Contains(bad + ":1: frob is an unknown key"));
  CHECK_THAT(wrong.errors, Catch::Contains(bad + ":2: tls must be true or false"));
  CHECK_THAT(run({"--config", torn}).errors, Catch::Contains(torn + ":"));
  CHECK_THAT(run({"--config", "/no/such.yaml"}).errors, Catch::Contains("/no/such.yaml"));
  const CommandResult knob = run({"--config", good, "--knob", "frob=1", "--check-config"});
  CHECK(knob.exit_code == 1);
  CHECK_THAT(knob.errors, Catch::Contains("\"frob\""));
  CHECK(run({"--frob"}).exit_code == 2);
}

TEST_CASE("a port in use is said, with the workspace that wants it", "[databricks_sim]") {
  SimProcess sim;
  const std::string host = sim.host("provider");
  const TempFolder folder;
  const std::string config = folder.Write(
      "sim.yaml",
      absl::StrCat("control_port: ", host.substr(host.rfind(':') + 1), "\n", SampleWorld()));

  const auto result = RunCommand({.argv = {RK_BIN_DIR "/databricks-sim", "--config", config}});

  REQUIRE_OK(result);
  CHECK(result->exit_code == 1);
  CHECK_THAT(result->errors, Catch::Contains("control_port"));
  CHECK_THAT(result->errors, Catch::Contains("Address already in use"));
}

}  // namespace
}  // namespace roomkeeper::testing
