#include <string>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/base/clock.h"
#include "tests/support/matchers.h"
#include "tests/unit/roomctl/fake_server.h"

namespace roomkeeper::testing {
namespace {

constexpr char kRooms[] = "brands/b/installs/i/cleanRooms/";

v1::CleanRoom RoomMade(const std::string& id, absl::Duration ago, v1::CleanRoomState state) {
  v1::CleanRoom room;
  room.set_name(absl::StrCat(kRooms, id));
  room.set_state(state);
  room.mutable_create_time()->set_seconds(absl::ToUnixSeconds(SystemClock().Now() - ago));
  return room;
}

// Two pages: two old rooms, one new, one that is being deleted already.
FakeState FourRooms() {
  FakeState state;
  state.pages.resize(2);
  *state.pages[0].add_clean_rooms() = RoomMade("old", absl::Hours(5), v1::CLEAN_ROOM_STATE_READY);
  *state.pages[0].add_clean_rooms() =
      RoomMade("going", absl::Hours(6), v1::CLEAN_ROOM_STATE_DELETING);
  state.pages[0].set_next_page_token("1");
  *state.pages[1].add_clean_rooms() = RoomMade("new", absl::Minutes(5), v1::CLEAN_ROOM_STATE_READY);
  *state.pages[1].add_clean_rooms() =
      RoomMade("failed", absl::Hours(4), v1::CLEAN_ROOM_STATE_FAILED);
  return state;
}

using Names = std::vector<std::string>;

TEST_CASE("a room with a life and no id has an id of its own, the same when repeated",
          "[roomctl]") {
  FakeServer server;
  const auto create = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"rooms",   "create", "--package", "packages/identity-match",
                                      "--label", "ci=7"};
    words.insert(words.end(), more.begin(), more.end());
    CHECK(RunRoomctl(&server, words).code == ExitCode::kOk);
    return server.Get().created;
  };

  const auto first = create({"--ttl", "2h"});
  CHECK(first.clean_room().ttl().seconds() == 7200);
  CHECK(first.clean_room().labels().at("ci") == "7");
  CHECK_THAT(first.clean_room_id(), Catch::StartsWith("identity-match-"));
  CHECK(create({"--ttl", "2h"}).clean_room_id() != first.clean_room_id());
  CHECK(create({"--ttl", "2h", "--request-id", first.request_id()}).clean_room_id() ==
        first.clean_room_id());
  CHECK(create({"--ttl", "1500ms", "--id", "mine"}).clean_room_id() == "mine");
  CHECK(server.Get().created.clean_room().ttl().nanos() == 500000000);
  const auto plain = create({});
  CHECK(plain.clean_room_id().empty());
  CHECK_FALSE(plain.clean_room().has_ttl());
  CHECK(RunRoomctl(&server, {"rooms", "create", "--package", "p", "--ttl", "soon"}).code ==
        ExitCode::kUsage);
}

TEST_CASE("renew sends a duration and shows the new end", "[roomctl]") {
  FakeServer server;
  const std::string room = absl::StrCat(kRooms, "r");

  const Ran ran = RunRoomctl(&server, {"rooms", "renew", room, "--ttl", "90m"});

  CHECK(ran.code == ExitCode::kOk);
  CHECK(server.Get().renewed.name() == room);
  CHECK(server.Get().renewed.ttl().seconds() == 5400);
  CHECK(absl::StrContains(ran.out, "expires:"));
  CHECK(RunRoomctl(&server, {"rooms", "renew", room}).code == ExitCode::kUsage);
}

TEST_CASE("a sweep deletes rooms of a label that are old enough and not going yet", "[roomctl]") {
  FakeServer server;
  server.Set(FourRooms());

  const Ran ran = RunRoomctl(&server, {"rooms", "sweep", "--label", "ci=7", "--older-than", "1h"});

  CHECK(ran.code == ExitCode::kOk);
  const FakeState state = server.Get();
  CHECK(state.listed.labels().at("ci") == "7");
  CHECK(state.names == Names{absl::StrCat(kRooms, "old"), absl::StrCat(kRooms, "failed")});
  CHECK(state.request_ids.at(0) != state.request_ids.at(1));
}

TEST_CASE("force is asked for by its flag only", "[roomctl]") {
  FakeServer server;
  const std::string room = absl::StrCat(kRooms, "r");
  CHECK(RunRoomctl(&server, {"rooms", "delete", room}).code == ExitCode::kOk);
  CHECK_FALSE(server.Get().deleted.force());
  CHECK(RunRoomctl(&server, {"rooms", "delete", room, "--force"}).code == ExitCode::kOk);
  CHECK(server.Get().deleted.force());
}

TEST_CASE("a removal is asked for with a grace, and taken back", "[roomctl]") {
  FakeServer server;
  const std::string room = absl::StrCat(kRooms, "r");
  CHECK(RunRoomctl(&server, {"rooms", "delete", room}).code == ExitCode::kOk);
  CHECK_FALSE(server.Get().deleted.has_grace());
  CHECK(RunRoomctl(&server, {"rooms", "delete", room, "--grace", "0s"}).code == ExitCode::kOk);
  CHECK(server.Get().deleted.has_grace());
  CHECK(server.Get().deleted.grace().seconds() == 0);
  CHECK(RunRoomctl(&server, {"rooms", "delete", room, "--grace", "-1s"}).code == ExitCode::kUsage);

  const Ran back = RunRoomctl(&server, {"rooms", "undelete", room});

  CHECK(back.code == ExitCode::kOk);
  CHECK(server.Get().undeleted.name() == room);
  CHECK(absl::StrContains(back.out, room));
}

TEST_CASE("a sweep leaves rooms alone whose removal waits already", "[roomctl]") {
  FakeServer server;
  FakeState state = FourRooms();
  state.pages[0].mutable_clean_rooms(0)->mutable_purge_time()->set_seconds(1795132800);
  server.Set(state);

  CHECK(RunRoomctl(&server, {"rooms", "sweep", "--label", "ci=7", "--grace", "1h"}).code ==
        ExitCode::kOk);

  CHECK(server.Get().names == Names{absl::StrCat(kRooms, "new"), absl::StrCat(kRooms, "failed")});
  CHECK(server.Get().deleted.grace().seconds() == 3600);
}

TEST_CASE("a dry run of a sweep shows what it would delete and deletes nothing", "[roomctl]") {
  FakeServer server;
  server.Set(FourRooms());

  const Ran ran =
      RunRoomctl(&server, {"rooms", "sweep", "--label", "ci=7", "--dry-run", "-o", "json"});

  CHECK(ran.code == ExitCode::kOk);
  CHECK(server.Get().names.empty());
  CHECK(nlohmann::json::parse(ran.out)["clean_rooms"].size() == 3);
}

TEST_CASE("a sweep without a label is refused, and one that is refused goes on", "[roomctl]") {
  FakeServer server;
  FakeState state = FourRooms();
  state.change_status = {grpc::StatusCode::FAILED_PRECONDITION, "another job is open"};
  server.Set(state);
  CHECK(RunRoomctl(&server, {"rooms", "sweep", "--older-than", "1h"}).code == ExitCode::kUsage);

  const Ran ran = RunRoomctl(&server, {"rooms", "sweep", "--label", "ci=7"});

  CHECK(ran.code == ExitCode::kRequestWrong);
  CHECK(server.Get().names.size() == 3);
  CHECK(absl::StrContains(ran.err, absl::StrCat(kRooms, "new is not deleted")));
}

}  // namespace
}  // namespace roomkeeper::testing
