#include <sys/stat.h>

#include <string>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

#include "services/roomctl/connection.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/roomctl/fake_server.h"

namespace roomkeeper::testing {
namespace {

using nlohmann::json;

FakeState WithJob() {
  FakeState state;
  state.job.set_name("jobs/j1");
  return state;
}

TEST_CASE("each invocation has a request id of its own unless one is given", "[roomctl]") {
  FakeServer server;
  server.Set(WithJob());

  CHECK(RunRoomctl(&server, {"rooms", "create", "--package", "p"}).code == ExitCode::kOk);
  CHECK(RunRoomctl(&server, {"rooms", "delete", "brands/b/installs/i/cleanRooms/r"}).code ==
        ExitCode::kOk);
  CHECK(RunRoomctl(&server, {"jobs", "retry", "j1", "--request-id", "mine"}).code == ExitCode::kOk);

  const auto ids = server.Get().request_ids;
  REQUIRE(ids.size() == 3);
  CHECK(ids[0].size() == 26);
  CHECK(ids[0] != ids[1]);
  CHECK(ids[2] == "mine");
}

TEST_CASE("the key goes out as a bearer token and is never shown", "[roomctl]") {
  FakeServer server;
  server.Set(WithJob());

  const Ran ran = RunRoomctl(&server, {"rooms", "create", "--package", "p", "-o", "json"});

  CHECK(server.Get().authorizations == std::vector<std::string>{"Bearer rk_id_s3cret"});
  CHECK_FALSE(absl::StrContains(ran.out + ran.err, "s3cret"));
}

TEST_CASE("a token that is renewed in its file goes with the next call", "[roomctl]") {
  FakeServer server;
  const TempFolder dir;
  const std::string path = dir.Write("token", "first.to.ken\n");
  const auto connection = Connection::Make(
      {.address = server.address(), .api_key = Secret("first.to.ken"), .api_key_file = path});
  REQUIRE_OK(connection);
  const auto stub = v1::CleanRoomService::NewStub((*connection)->channel());
  const auto ask = [&] {
    v1::Job job;
    REQUIRE(stub->CreateCleanRoom((*connection)->NewCall().get(), {}, &job).ok());
    return server.Get().authorizations.back();
  };

  CHECK(ask() == "Bearer first.to.ken");
  (void)dir.Write("token", "second.to.ken\n");
  CHECK(ask() == "Bearer second.to.ken");
  (void)dir.Write("token", "");  // while it is written
  CHECK(ask() == "Bearer first.to.ken");
  REQUIRE(chmod(path.c_str(), 0644) == 0);  // not to be trusted any more
  CHECK(ask() == "Bearer first.to.ken");
}

TEST_CASE("an answer that was lost says how to repeat the request safely", "[roomctl]") {
  FakeServer server;
  FakeState state = WithJob();
  state.change_status = {grpc::StatusCode::UNAVAILABLE, "the server shuts down"};
  server.Set(state);

  const Ran ran = RunRoomctl(&server, {"rooms", "create", "--package", "p"});

  CHECK(ran.code == ExitCode::kPlatformFailed);
  CHECK(absl::StrContains(ran.err, absl::StrCat("--request-id ", server.Get().request_ids.at(0))));
}

TEST_CASE("a key whose answer was lost is not made twice", "[roomctl]") {
  FakeServer server;
  FakeState state;
  state.change_status = {grpc::StatusCode::UNAVAILABLE, "the server shuts down"};
  server.Set(state);

  const Ran lost = RunRoomctl(&server, {"keys", "create"});
  const Ran again = RunRoomctl(&server, {"keys", "create", "--request-id", "again"});

  CHECK(lost.code == ExitCode::kPlatformFailed);
  const std::vector<std::string> ids = server.Get().request_ids;
  REQUIRE(ids.size() == 2);
  CHECK_FALSE(ids[0].empty());
  CHECK(ids[1] == "again");
  CHECK(absl::StrContains(lost.err, absl::StrCat("--request-id ", ids[0])));
  CHECK(absl::StrContains(lost.err, "names the key to revoke"));
}

TEST_CASE("a refusal is printed with its reason and every violation", "[roomctl]") {
  google::rpc::ErrorInfo info;
  info.set_reason("INVALID_REQUEST");
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field("clean_room_id");
  violation->set_description("must be short");
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  details.add_details()->PackFrom(bad);
  FakeServer server;
  FakeState state = WithJob();
  state.change_status = {grpc::StatusCode::INVALID_ARGUMENT, "1 violation",
                         details.SerializeAsString()};
  server.Set(state);

  const Ran ran = RunRoomctl(&server, {"rooms", "create", "--package", "p"});

  CHECK(ran.code == ExitCode::kRequestWrong);
  CHECK(ran.err ==
        "roomctl: 1 violation\n  reason: INVALID_REQUEST\n  clean_room_id: must be short\n");
}

TEST_CASE("what is wrong with the command line is found before anything is sent", "[roomctl]") {
  struct Case {
    std::vector<std::string> words;
    const char* message;
  };
  const auto c = GENERATE(
      Case{{"rooms", "create", "--package", "p", "--wait", "--timeout", "soon"}, "like 90s"},
      Case{{"rooms", "create", "--package", "p", "--timeout", "5m"}, "together with --wait"},
      Case{{"rooms", "create"}, "--package is missing"},
      Case{{"rooms", "create", "--package", "p", "--label", "x"}, "must be key=value"},
      Case{{"rooms", "list", "--state", "RAEDY"}, "got \"RAEDY\""},
      Case{{"jobs", "watch", "j1", "--after", "-1"}, "must be a sequence number"},
      Case{{"jobs", "watch", "j1", "-x"}, "unknown flag -x"});
  CAPTURE(c.words);
  FakeServer server;
  server.Set(WithJob());

  const Ran ran = RunRoomctl(&server, c.words);

  CHECK(ran.code == ExitCode::kUsage);
  CHECK(absl::StrContains(ran.err, c.message));
  CHECK(server.Get().request_ids.empty());
  CHECK(server.Get().watched_after.empty());
}

TEST_CASE("a short room name is completed with the install of the key", "[roomctl]") {
  FakeServer server;
  FakeState state = WithJob();
  state.info.mutable_caller()->set_parent("brands/b/installs/i");
  server.Set(state);

  CHECK(RunRoomctl(&server, {"rooms", "get", "r"}).code == ExitCode::kOk);
  CHECK(RunRoomctl(&server, {"rooms", "get", "r", "--install", "brands/c/installs/d"}).code ==
        ExitCode::kOk);
  CHECK(server.Get().names == std::vector<std::string>{"brands/b/installs/i/cleanRooms/r",
                                                       "brands/c/installs/d/cleanRooms/r"});

  server.Set(WithJob());  // an operator's key
  const Ran ran = RunRoomctl(&server, {"rooms", "get", "r"});
  CHECK(ran.code == ExitCode::kUsage);
  CHECK(absl::StrContains(ran.err, "give the full name brands/…/installs/…/cleanRooms/r"));
}

TEST_CASE("a list of several pages is one table, or one JSON document", "[roomctl]") {
  FakeServer server;
  FakeState state;
  state.pages.resize(2);
  state.pages[0].add_clean_rooms()->set_name("brands/b/installs/i/cleanRooms/one");
  state.pages[0].set_next_page_token("1");
  state.pages[1].add_clean_rooms()->set_name("brands/b/installs/i/cleanRooms/two");
  server.Set(state);

  const Ran table = RunRoomctl(&server, {"rooms", "list"});
  const Ran as_json = RunRoomctl(&server, {"rooms", "list", "-o", "json"});

  CHECK(absl::StrContains(table.out, "cleanRooms/one"));
  CHECK(absl::StrContains(table.out, "cleanRooms/two"));
  const json document = json::parse(as_json.out, nullptr, /*allow_exceptions=*/false);
  REQUIRE(document.is_object());
  REQUIRE(document["clean_rooms"].size() == 2);
  CHECK(document["clean_rooms"][1]["name"] == "brands/b/installs/i/cleanRooms/two");
  CHECK(document["next_page_token"] == "");
}

TEST_CASE("backup says which file the server has made", "[roomctl]") {
  FakeServer server;
  const Ran ran = RunRoomctl(&server, {"backup"});
  CHECK(ran.code == ExitCode::kOk);
  CHECK_THAT(ran.out, Catch::Contains("/backups/roomkeeper-1.db\n"));
  CHECK_THAT(ran.out, Catch::Contains("4096"));
}

TEST_CASE("doctor names each check, and what to do about the one that failed", "[roomctl]") {
  FakeServer server;
  FakeState state;
  auto* good = state.checks.add_checks();
  good->set_shard("us");
  good->set_name("credentials");
  good->set_ok(true);
  server.Set(state);
  CHECK(RunRoomctl(&server, {"doctor"}).code == ExitCode::kOk);

  auto* bad = state.checks.add_checks();
  bad->set_shard("us");
  bad->set_name("sharing scope");
  bad->set_message("INTERNAL");
  bad->set_fix("switch on external sharing");
  server.Set(state);
  const Ran ran = RunRoomctl(&server, {"doctor"});

  CHECK(ran.code == ExitCode::kRequestWrong);
  CHECK(absl::StrContains(ran.out, "!!  us     sharing scope  INTERNAL\n"));
  CHECK(absl::StrContains(ran.out, "switch on external sharing"));
  const Ran as_json = RunRoomctl(&server, {"doctor", "-o", "json"});
  CHECK(json::parse(as_json.out, nullptr, false)["checks"][1]["ok"] == false);
}

TEST_CASE("credentials status shows which credential works, and fails for a dead one",
          "[roomctl]") {
  FakeServer server;
  FakeState state;
  auto* first = state.credentials.add_credentials();
  first->set_shard("us");
  first->set_name("client_secret");
  first->set_state(v1::Credential::STATE_ACCEPTED);
  first->set_in_use(true);
  auto* second = state.credentials.add_credentials();
  second->set_shard("us");
  second->set_name("client_secret_2");
  second->set_state(v1::Credential::STATE_ABSENT);
  server.Set(state);
  CHECK(RunRoomctl(&server, {"credentials", "status"}).code == ExitCode::kOk);

  second->set_state(v1::Credential::STATE_REFUSED);
  second->set_message("invalid_client");
  server.Set(state);
  const Ran ran = RunRoomctl(&server, {"credentials", "status"});

  CHECK(ran.code == ExitCode::kRequestWrong);
  CHECK_THAT(ran.out, Catch::Contains("us     client_secret    accepted  yes"));
  CHECK_THAT(ran.out, Catch::Contains("us     client_secret_2  REFUSED"));
  CHECK_THAT(ran.out, Catch::Contains("us client_secret_2: invalid_client\n"));
}

TEST_CASE("credentials rotate shows what was done, and fails for what was not", "[roomctl]") {
  FakeServer server;
  FakeState state;
  auto* us = state.rotations.add_rotations();
  us->set_shard("us");
  us->set_outcome(v1::CredentialRotation::OUTCOME_ROTATED);
  us->add_steps("delete secret 1: it is replaced");
  us->add_secrets()->set_id("2");
  server.Set(state);

  const Ran rotated = RunRoomctl(&server, {"credentials", "rotate", "--shard", "us"});

  CHECK(rotated.code == ExitCode::kOk);
  CHECK_THAT(rotated.out, Catch::StartsWith("us: rotated\n  delete secret 1: it is replaced\n"));
  CHECK_THAT(rotated.out, Catch::Contains("in no file of this server"));
  CHECK_THAT(RunRoomctl(&server, {"credentials", "rotate", "--plan"}).out,
             Catch::StartsWith("us: would be rotated so\n"));
  us->set_outcome(v1::CredentialRotation::OUTCOME_FAILED);
  us->set_message("make it a manager of itself");
  server.Set(state);
  const Ran failed = RunRoomctl(&server, {"credentials", "rotate"});
  CHECK(failed.code == ExitCode::kRequestWrong);
  CHECK_THAT(failed.out, Catch::Contains("  make it a manager of itself\n"));
}

TEST_CASE("a freeze is made, shown and lifted, and what is still frozen is said", "[roomctl]") {
  FakeServer server;
  CHECK(absl::StrContains(RunRoomctl(&server, {"freezes"}).out, "nothing is frozen"));
  const Ran frozen = RunRoomctl(&server, {"freeze", "brands/acme", "--reason", "bad package"});
  CHECK(frozen.code == ExitCode::kOk);
  CHECK(absl::StrContains(frozen.out, "bad package"));
  CHECK(RunRoomctl(&server, {"freeze", "everything", "--reason", "outage"}).code == ExitCode::kOk);
  REQUIRE(server.Get().freezes.size() == 2);
  CHECK(server.Get().freezes[0].scope() == "brands/acme");

  const Ran thawed = RunRoomctl(&server, {"thaw", "everything"});

  CHECK(thawed.code == ExitCode::kOk);
  CHECK(absl::StrContains(thawed.out, "brands/acme"));
  CHECK_FALSE(absl::StrContains(thawed.out, "outage"));
  CHECK(RunRoomctl(&server, {"thaw"}).code == ExitCode::kUsage);
}

TEST_CASE("an operator's key has the role that is named", "[roomctl]") {
  FakeServer server;

  const Ran ran = RunRoomctl(&server, {"keys", "create", "--role", "viewer"});

  CHECK(ran.code == ExitCode::kOk);
  CHECK(server.Get().key.operator_role() == v1::OPERATOR_ROLE_VIEWER);
  CHECK_THAT(ran.out, Catch::Contains("role:") && Catch::Contains("viewer"));
  const Ran unknown = RunRoomctl(&server, {"keys", "create", "--role", "root"});
  CHECK(unknown.code == ExitCode::kUsage);
  CHECK_THAT(unknown.err, Catch::Contains("viewer, operator or admin, got \"root\""));
}

TEST_CASE("a CI key is asked for with its label, number and life", "[roomctl]") {
  FakeServer server;
  const std::vector<std::string> whole = {
      "keys",       "create",      "--for", "brands/a/installs/i", "--ci-label",
      "made-by=ci", "--rooms-max", "5",     "--ttl-max",           "2h"};

  const Ran ran = RunRoomctl(&server, whole);

  CHECK(ran.code == ExitCode::kOk);
  const v1::CiScope ci = server.Get().key.ci();
  CHECK(ci.label_key() == "made-by");
  CHECK(ci.label_value() == "ci");
  CHECK(ci.rooms_max() == 5);
  CHECK(ci.ttl_max().seconds() == 7200);
  CHECK_THAT(ran.out, Catch::Contains("rooms under made-by=ci, at most 5, for at most 120 m 00 s"));
  for (const std::ptrdiff_t left_out : {4, 6, 8}) {
    std::vector<std::string> part = whole;
    part.erase(part.begin() + left_out, part.begin() + left_out + 2);
    CHECK(RunRoomctl(&server, part).code == ExitCode::kUsage);
  }
}

TEST_CASE("version needs no server", "[roomctl]") {
  const Ran ran = RunRoomctl(nullptr, {"version", "--profile", "/dev/null"});

  CHECK(ran.code == ExitCode::kOk);
  CHECK(absl::StartsWith(ran.out, "roomctl:       "));
  CHECK(absl::StrContains(ran.err, "no server was asked: "));
}

TEST_CASE("a group alone shows its commands", "[roomctl]") {
  const Ran ran = RunRoomctl(nullptr, {"keys"});

  CHECK(ran.code == ExitCode::kUsage);
  CHECK(absl::StrContains(ran.err, "keys create"));
  CHECK_FALSE(absl::StrContains(ran.err, "rooms"));
}

}  // namespace
}  // namespace roomkeeper::testing
