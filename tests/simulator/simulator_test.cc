#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "lib/databricks_sim/knobs.h"
#include "tests/simulator/sim_fixture.h"
#include "tests/support/fake_loop.h"
#include "tests/support/matchers.h"
#include "tests/support/sim_http_client.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("knobs have unique names, several values and a row each") {
  std::set<std::string> names;
  for (const sim::KnobInfo& knob : sim::KnobTable()) {
    CAPTURE(knob.name);
    CHECK(names.insert(knob.name).second);
    CHECK(knob.values.size() >= 2);
    CHECK(knob.row >= 1);
    CHECK(knob.row <= 50);
    for (const char* value : knob.values) {
      sim::KnobSettings settings;
      CHECK_OK(settings.Set(knob.name, value));
      CHECK(settings.Is(knob.name, value));
    }
  }
}

TEST_CASE("an unknown knob or value is refused with what is allowed") {
  SimFixture sim;

  CHECK_THAT(sim.simulator->SetKnob("colour", "blue"),
             StatusIs(absl::StatusCode::kInvalidArgument, "there are: create_answer"));
  CHECK_THAT(sim.simulator->SetKnob("duplicate_room", "500"),
             StatusIs(absl::StatusCode::kInvalidArgument, "allowed: 409, 400"));
}

std::string Document() {  // the working directory of tests is the root of the tree
  std::ifstream file("docs/simulator.md");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST_CASE("docs/simulator.md has every knob with its values, and every action") {
  const std::string document = Document();
  for (const sim::KnobInfo& knob : sim::KnobTable()) {
    std::string row = absl::StrCat("\n| `", knob.name, "` | **`", knob.values.front(), "`**");
    for (const char* value : knob.values.subspan(1)) {
      absl::StrAppend(&row, " `", value, "`");
    }
    absl::StrAppend(&row, " | ", knob.row, " | ", knob.meaning, " |\n");
    CHECK_THAT(document, Catch::Contains(row));
  }
  SimFixture sim;
  const std::string refusal(StatusOf(sim.simulator->Control("{}")).message());
  const std::string actions = refusal.substr(refusal.find("there are: ") + 11);
  const std::vector<std::string> names = absl::StrSplit(actions, ", ");
  for (const std::string& action : names) {
    CHECK_THAT(document, Catch::Contains("`" + action + "`"));
  }
}

TEST_CASE("a wrong configuration is refused with place and value") {
  FakeClock clock;
  sim::SimConfig id = SimFixture::DefaultConfig();
  id.metastores[0].global_metastore_id = "nowhere";
  sim::SimConfig metastore = SimFixture::DefaultConfig();
  metastore.workspaces[0].global_metastore_id = "aws:us-west-2:none";
  sim::SimConfig securable = SimFixture::DefaultConfig();
  securable.metastores[0].securables[0].type = "BOOK";
  sim::SimConfig knob = SimFixture::DefaultConfig();
  knob.knobs["duplicate_room"] = "500";

  const auto error = [&](const sim::SimConfig& config) {
    return std::string(StatusOf(sim::Simulator::Make(config, clock)).message());
  };
  CHECK_THAT(error(id), Catch::Contains("metastore \"nowhere\""));
  CHECK_THAT(error(metastore), Catch::Contains("\"aws:us-west-2:none\" is not one of"));
  CHECK_THAT(error(securable), Catch::Contains("got \"BOOK\""));
  CHECK_THAT(error(knob), Catch::Contains("duplicate_room"));
}

TEST_CASE("the same seed and the same calls give the same world") {
  const auto play = [](std::uint64_t seed) {
    sim::SimConfig config = SimFixture::DefaultConfig();
    config.seed = seed;
    SimFixture sim(config);
    sim.MakeRoom("r1");
    sim.AddNotebook("r1");
    return sim.Control({{"action", "state"}}).dump() + sim.Who("roomkeeper").client_secret;
  };

  CHECK(play(7) == play(7));
  CHECK(play(7) != play(8));
}

TEST_CASE("durations come from their distribution") {
  sim::SimConfig config = SimFixture::DefaultConfig();
  config.latency = {absl::Milliseconds(50), absl::Milliseconds(20)};
  SimFixture sim(config);

  absl::Duration least = absl::InfiniteDuration();
  absl::Duration most = absl::ZeroDuration();
  for (int i = 0; i < 200; ++i) {
    const absl::Duration delay = sim.Get("roomkeeper", kRooms).response.delay;
    least = std::min(least, delay);
    most = std::max(most, delay);
  }

  CHECK(least >= absl::Milliseconds(30));
  CHECK(least < absl::Milliseconds(35));
  CHECK(most <= absl::Milliseconds(70));
  CHECK(most > absl::Milliseconds(65));
  sim.Control({{"action", "set_latency"}, {"mean", "1s"}, {"spread", "0s"}});
  CHECK(sim.Get("roomkeeper", kRooms).response.delay == absl::Seconds(1));
}

TEST_CASE("the request log says who called which route with which result, and is bounded") {
  sim::SimConfig config = SimFixture::DefaultConfig();
  config.request_log_max = 2;
  SimFixture sim(config);
  sim.Get("roomkeeper", kRooms + "/none?x=1");
  sim.Get("app", kRooms);

  const auto log = sim.simulator->RequestLog();

  REQUIRE(log.size() == 2);
  CHECK(log[0].route == "GET /api/2.0/clean-rooms/{room}");
  CHECK(log[0].target == "/api/2.0/clean-rooms/none?x=1");
  CHECK(log[0].principal == "roomkeeper");
  CHECK(log[0].workspace == "provider");
  CHECK(log[0].status == 404);
  CHECK(log[1].principal == "app");
  CHECK(log[1].number == log[0].number + 1);
  sim.simulator->ClearRequestLog();
  CHECK(sim.simulator->RequestLog().empty());
}

TEST_CASE("control: rooms fail, come to life and are deleted by hand") {
  SimFixture sim;
  const auto act = [&](const char* action) {
    sim.Control({{"action", action}, {"workspace", "provider"}, {"room", "r1"}});
  };
  REQUIRE(sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r1")).status == 200);

  act("activate_room");
  CHECK(sim.Get("roomkeeper", kRooms + "/r1").body["status"] == "ACTIVE");
  act("fail_room");
  CHECK(sim.Get("roomkeeper", kRooms + "/r1").body["status"] == "FAILED");
  act("delete_room");
  CHECK(sim.Get("roomkeeper", kRooms + "/r1").status == 404);
  CHECK(sim.Get("admin@brand.example", kRooms + "/r1").body["status"] == "DELETED");
}

TEST_CASE("control: the next rooms fail as often as asked") {
  SimFixture sim;
  sim.Control({{"action", "fail_next_rooms"}, {"times", 1}});
  sim.MakeRoom("r1");
  sim.MakeRoom("r2");

  CHECK(sim.Get("roomkeeper", kRooms + "/r1").body["status"] == "FAILED");
  CHECK(sim.Get("roomkeeper", kRooms + "/r2").body["status"] == "ACTIVE");
}

TEST_CASE("control: an asset, a file, a table, the scope and the room limit change by hand") {
  SimFixture sim;
  sim.MakeRoom("r1");
  REQUIRE(sim.AddTable("r1").status == 200);
  sim.Control({{"action", "remove_asset"},
               {"workspace", "provider"},
               {"room", "r1"},
               {"asset", "acme.identity.graph"}});
  sim.Control({{"action", "put_file"},
               {"workspace", "provider"},
               {"path", "/new"},
               {"html", "<html>new</html>"}});
  sim.Control({{"action", "add_securable"},
               {"workspace", "provider"},
               {"securable", "prod.identity.fresh"},
               {"columns", Json::array({{{"name", "id"}, {"type_text", "string"}}})}});
  sim.Control({{"action", "grant"},
               {"workspace", "provider"},
               {"principal", "roomkeeper"},
               {"securable", "prod.identity.fresh"}});
  sim.Control({{"action", "set_metastore"}, {"workspace", "provider"}, {"clean_rooms_max", 1}});

  CHECK(sim.Get("roomkeeper", kRooms + "/r1/assets").body == Json::object());
  CHECK(sim.Get("roomkeeper", "/api/2.0/workspace/export?path=/new").status == 200);
  CHECK(sim.Get("roomkeeper", "/api/2.1/unity-catalog/tables/prod.identity.fresh")
            .body["columns"][0]["name"] == "id");
  CHECK(sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r2")).code() ==
        "RESOURCE_LIMIT_EXCEEDED");
  sim.Control({{"action", "set_metastore"},
               {"workspace", "provider"},
               {"delta_sharing_scope", "INTERNAL"}});
  CHECK(sim.Get("roomkeeper", kRooms).status == 400);
}

TEST_CASE("control: distributions and the rate limit change while it runs") {
  SimFixture sim;
  sim.Control({{"action", "set_provisioning"}, {"mean", "1m"}, {"spread", "0s"}});
  sim.Control({{"action", "set_asset_pending"}, {"mean", "5s"}});
  sim.Control({{"action", "set_run_duration"}, {"mean", "5s"}});
  sim.MakeRoom("r1");
  CHECK(sim.Get("roomkeeper", kRooms + "/r1").body["status"] == "PROVISIONING");
  sim.clock.Advance(absl::Seconds(49));
  CHECK(sim.Get("roomkeeper", kRooms + "/r1").body["status"] == "ACTIVE");
  REQUIRE(sim.AddTable("r1").status == 200);
  CHECK(sim.Get("roomkeeper", kRooms + "/r1/assets").body["assets"][0]["status"] == "PENDING");

  sim.Control({{"action", "set_rate_limit"}, {"per_second", 1}});
  sim.clock.Advance(absl::Seconds(1));
  sim.Get("roomkeeper", kRooms);
  CHECK(sim.Get("roomkeeper", kRooms).status == 429);
}

TEST_CASE("control: the state is the truth about rooms, assets and runs, per metastore") {
  SimFixture sim;
  sim.MakeRoom("r1");
  sim.AddTable("r1");
  const std::string etag = sim.AddNotebook("r1").body["notebook"]["etag"];

  const Json state = sim.Control({{"action", "state"}});
  const Json room = state["metastores"][kProviderMetastore]["rooms"][0];

  CHECK(room["name"] == "r1");
  CHECK(room["status"] == "ACTIVE");
  CHECK(room["assets"].size() == 2);
  CHECK(room["assets"][0]["etag"] == etag);
  CHECK(state["metastores"][kBrandMetastore]["rooms"][0]["local_collaborator_alias"] == "brand42");
  CHECK(sim.Control({{"action", "knobs"}})["duplicate_room"] == "409");
}

TEST_CASE("control: a wrong request says what is allowed") {
  SimFixture sim;
  const auto error = [&](const std::string& json) {
    return StatusOf(sim.simulator->Control(json));
  };

  CHECK_THAT(error("{"), StatusIs(absl::StatusCode::kInvalidArgument, "JSON object"));
  CHECK_THAT(error(R"({"action":"dance"})"),
             StatusIs(absl::StatusCode::kInvalidArgument, "there are: delete_room"));
  CHECK_THAT(error(R"({"action":"delete_room"})"),
             StatusIs(absl::StatusCode::kInvalidArgument, "needs \"workspace\""));
  CHECK_THAT(error(R"({"action":"delete_room","workspace":"x","room":"y"})"),
             StatusIs(absl::StatusCode::kNotFound, "no workspace is named \"x\""));
  CHECK_THAT(error(R"({"action":"set_latency","mean":"soon"})"),
             StatusIs(absl::StatusCode::kInvalidArgument, "\"soon\""));
  CHECK_THAT(error(R"({"action":"set_rate_limit","per_second":-1})"),
             StatusIs(absl::StatusCode::kInvalidArgument, "not negative"));
}

// --- SimHttpClient -------------------------------------------------------------------------------

struct HttpWorld {
  HttpWorld() {
    sim::SimConfig config = SimFixture::DefaultConfig();
    config.latency = {absl::Milliseconds(50), absl::ZeroDuration()};
    auto made = sim::Simulator::Make(config, loop.clock());
    REQUIRE_OK(made);
    simulator = *std::move(made);
    client = std::make_unique<SimHttpClient>(*simulator, loop);
  }
  // Empty until the answer is there.
  std::shared_ptr<std::optional<HttpResult>> Send(const std::string& url) {
    auto result = std::make_shared<std::optional<HttpResult>>();
    client->Send({.method = "GET", .url = url, .timeout = absl::Seconds(30)},
                 [result](HttpResult r) { *result = std::move(r); });
    return result;
  }
  FakeLoop loop;
  std::unique_ptr<sim::Simulator> simulator;
  std::unique_ptr<SimHttpClient> client;
};

const char* const kUrl = "http://provider.sim/oidc/.well-known/oauth-authorization-server";

TEST_CASE("SimHttpClient answers after the simulator's delay, header names in lower case") {
  HttpWorld world;
  const auto result = world.Send(kUrl);
  CHECK_FALSE(result->has_value());

  world.loop.Advance(absl::Milliseconds(49));
  CHECK_FALSE(result->has_value());
  world.loop.Advance(absl::Milliseconds(1));

  REQUIRE(result->has_value());
  CHECK((*result)->transport == HttpResult::Transport::kAnswered);
  CHECK((*result)->status == 200);
  CHECK_THAT((*result)->body, Catch::Contains("http://provider.sim/oidc/v1/token"));
  CHECK((*result)->headers[0].first == "server");
}

TEST_CASE("SimHttpClient turns faults into what a network shows") {
  using Ending = sim::SimResponse::Ending;
  using Transport = HttpResult::Transport;
  struct Case {
    const char* name;
    Ending ending;
    absl::Duration delay;
    Transport transport;
    absl::Duration after;
  };
  const auto c = GENERATE(
      Case{"hang", Ending::kHang, absl::ZeroDuration(), Transport::kLost, absl::Seconds(30)},
      Case{"reset", Ending::kReset, absl::Seconds(1), Transport::kLost, absl::Milliseconds(1050)},
      Case{"slow", Ending::kSlowBody, absl::Seconds(40), Transport::kLost, absl::Seconds(30)},
      Case{"late", Ending::kAnswer, absl::Seconds(1), Transport::kAnswered,
           absl::Milliseconds(1050)});
  CAPTURE(c.name);
  HttpWorld world;
  world.simulator->AddFault({.pattern = "* *", .ending = c.ending, .delay = c.delay});
  const auto result = world.Send(kUrl);

  world.loop.Advance(c.after - absl::Milliseconds(1));
  CHECK_FALSE(result->has_value());
  world.loop.Advance(absl::Milliseconds(1));

  REQUIRE(result->has_value());
  CHECK((*result)->transport == c.transport);
}

TEST_CASE("SimHttpClient cannot reach unknown hosts, nor those that are switched off") {
  HttpWorld world;
  world.client->SetReachable("brand", false);
  const auto unknown = world.Send("http://nowhere.sim/");
  const auto off = world.Send("http://brand.sim/");

  world.loop.RunPosted();

  REQUIRE(unknown->has_value());
  CHECK((*unknown)->transport == HttpResult::Transport::kNotSent);
  CHECK((*off)->transport == HttpResult::Transport::kNotSent);
  world.client->SetReachable("brand", true);
  const auto on = world.Send("http://brand.sim/");
  world.loop.Advance(absl::Seconds(1));
  CHECK((*on)->status == 404);
}

}  // namespace
}  // namespace roomkeeper::testing
