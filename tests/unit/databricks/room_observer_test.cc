#include "lib/databricks/room_observer.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"
#include "tests/unit/databricks/client_fixture.h"

namespace roomkeeper::testing {
namespace {

// Rooms that turn ACTIVE at a given time, behind the fixture's HTTP.
struct ObserverTest : ClientFixture {
  explicit ObserverTest(double requests_per_second = 200) : ClientFixture(requests_per_second) {
    on_api = [this](const HttpRequest& request) { return Serve(request); };
    http.latency = absl::Milliseconds(50);
  }

  static std::string Room(const std::string& name, const std::string& status) {
    return absl::StrCat(R"({"name":")", name, R"(","status":")", status, R"("})");
  }
  std::string StatusOf(const std::string& name) const {
    return loop.clock().Now() >= ready_at.at(name) ? final_status : "PROVISIONING";
  }
  HttpResult Serve(const HttpRequest& request) {
    const std::string path = request.url.substr(std::string(kHost).size());
    if (absl::StartsWith(path, "/api/2.0/clean-rooms?")) {
      ++lists;
      return List(path);
    }
    ++gets;
    const std::string name = path.substr(path.rfind('/') + 1);
    if (loop.clock().Now() < visible_from || !ready_at.contains(name)) {
      return FakeHttp::Answer(404, R"({"error_code":"RESOURCE_DOES_NOT_EXIST","message":"m"})");
    }
    return FakeHttp::Answer(200, Room(name, StatusOf(name)));
  }
  HttpResult List(const std::string& path) {
    std::vector<std::string> items;
    std::string next;
    const std::size_t at = path.find("page_token=");
    const std::string from = at == std::string::npos ? "" : path.substr(at + 11);
    for (auto it = ready_at.upper_bound(from); it != ready_at.end(); ++it) {
      if (items.size() == 100) {
        next = std::prev(it)->first;
        break;
      }
      items.push_back(Room(it->first, StatusOf(it->first)));
    }
    std::string body = R"({"clean_rooms":[)";
    for (std::size_t i = 0; i < items.size(); ++i) {
      absl::StrAppend(&body, i == 0 ? "" : ",", items[i]);
    }
    absl::StrAppend(&body, R"(],"next_page_token":")", next, R"("})");
    return FakeHttp::Answer(200, body);
  }

  // Creates a room now that takes `provisioning`, and waits for it.
  void Await(const std::string& name, absl::Duration provisioning,
             absl::Duration patience = absl::Hours(1)) {
    const absl::Time now = loop.clock().Now();
    ready_at[name] = now + provisioning;
    observer.Await({}, name, now, patience, [this, name](CallResult<ObservedRoom> result) {
      if (ready_at.contains(name)) {
        lag[name] = loop.clock().Now() - ready_at[name];
      }
      answers[name] = std::move(result);
    });
  }

  std::map<std::string, absl::Time> ready_at;
  std::string final_status = "ACTIVE";
  absl::Time visible_from = absl::InfinitePast();
  std::map<std::string, absl::Duration> lag;
  std::map<std::string, CallResult<ObservedRoom>> answers;
  int gets = 0;
  int lists = 0;
  RoomObserver observer{loop, rest, metrics};
};

TEST_CASE("one room is read by GET, late by a twentieth of its age at most", "[observer]") {
  const absl::Duration took =
      GENERATE(absl::Seconds(3), absl::Seconds(20), absl::Minutes(5), absl::Minutes(25));
  CAPTURE(took);
  ObserverTest t;
  t.Await("r1", took);

  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 1; }));

  CHECK(t.answers["r1"].value.status == "ACTIVE");
  CHECK(t.lag["r1"] <= std::max(took * 0.05, absl::Milliseconds(300)) + absl::Milliseconds(150));
  CHECK(t.lag["r1"] <= absl::Seconds(10.2));
  CHECK(t.lists == 0);
  CHECK(t.gets < 250);
}

TEST_CASE("where rooms are ready at once each costs one GET and no wait", "[observer]") {
  ObserverTest t;
  for (int i = 0; i < 20; ++i) {
    const std::string name = absl::StrCat("r", i);
    t.Await(name, absl::ZeroDuration());
    REQUIRE(t.loop.RunUntil([&] { return t.answers.contains(name); }));
    CHECK(t.lag[name] <= absl::Milliseconds(250));  // a token and one GET at 50 ms
  }
  CHECK(t.gets == 20);
  CHECK(t.lists == 0);
}

TEST_CASE("where rooms take long no look is wasted on the first moment", "[observer]") {
  ObserverTest t;
  t.Await("first", absl::Seconds(60));
  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 1; }));
  t.Await("second", absl::Seconds(60));
  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 2; }));
  const int before = t.gets + t.lists;
  t.Await("third", absl::Seconds(60));
  t.loop.Advance(absl::Milliseconds(900));
  CHECK(t.gets + t.lists == before);
}

TEST_CASE("FAILED and DELETED end the wait as well, and any status not known today", "[observer]") {
  ObserverTest t;
  t.final_status = GENERATE("FAILED", "DELETED", "SOMETHING_NEW");
  t.Await("r1", absl::Seconds(2));

  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 1; }));

  CHECK(t.answers["r1"].value.status == t.final_status);
  CHECK(t.observer.times().size() == 0);
}

TEST_CASE("two hundred rooms share the list: cheap, early, and within the limit", "[observer]") {
  ObserverTest t;
  REQUIRE(t.Get().failure.error != CallError::kUnavailable);  // the token is there
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::int64_t> millis(10'000, 30'000);
  for (int i = 0; i < 200; ++i) {
    t.Await(absl::StrCat("r", i), absl::Milliseconds(millis(random)));
  }
  const absl::Duration start = t.loop.clock().Monotonic();
  const std::size_t requests_before = t.http.sent_at.size();

  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 200; }));

  std::vector<absl::Duration> lags;
  for (const auto& [name, lag] : t.lag) {
    lags.push_back(lag);
  }
  std::sort(lags.begin(), lags.end());
  CHECK(lags[100] < absl::Milliseconds(350));
  CHECK(lags[198] < absl::Milliseconds(700));
  const double seconds = absl::ToDoubleSeconds(t.loop.clock().Monotonic() - start);
  const auto requests = static_cast<double>(t.http.sent_at.size() - requests_before);
  CHECK(requests / seconds <= 10);
  CHECK(requests < 240);  // 15 % of the 8 calls that each room needs anyway
}

TEST_CASE("observing never takes more than half of a small budget, however many rooms wait",
          "[observer]") {
  ObserverTest t(/*requests_per_second=*/5);
  const int rooms = GENERATE(50, 1000, 5000);
  const int hidden = GENERATE(0, 200);  // the list does not show them
  CAPTURE(rooms, hidden);
  for (int i = 0; i < rooms + hidden; ++i) {
    t.Await(absl::StrCat("r", i), absl::Minutes(20));
  }
  for (int i = 0; i < hidden; ++i) {
    t.ready_at.erase(absl::StrCat("r", i));
  }
  t.loop.Advance(absl::Minutes(1));  // the first lists show how long they are
  const int before = t.gets + t.lists;
  t.loop.Advance(absl::Minutes(4));

  CHECK(t.gets + t.lists - before <= 240 * 2.5 + rooms / 100 + 5);
  CHECK(t.lists > 50);
}

TEST_CASE("rooms are not looked at before any of their kind was ready", "[observer]") {
  ObserverTest t;
  for (int i = 0; i < 6; ++i) {
    t.Await(absl::StrCat("early", i), absl::Seconds(60 + i));
  }
  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 6; }));
  const int before = t.gets + t.lists;
  t.Await("next", absl::Seconds(61));

  t.loop.Advance(absl::Seconds(59));
  CHECK(t.gets + t.lists == before);
  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 7; }));

  CHECK(t.gets + t.lists - before <= 8);
  CHECK(t.lag["next"] < absl::Seconds(1));
}

TEST_CASE("a room that is not to be seen yet is waited for, for 30 s", "[observer]") {
  ObserverTest t;
  const absl::Duration hidden = GENERATE(absl::Seconds(25), absl::Minutes(2));
  const bool many = GENERATE(false, true);
  CAPTURE(hidden, many);
  t.visible_from = t.loop.clock().Now() + hidden;
  t.Await("r1", absl::Seconds(26));
  const absl::Time never = t.ready_at["r1"];
  if (many) {
    for (int i = 0; i < 6; ++i) {
      t.Await(absl::StrCat("other", i), absl::Minutes(3));
    }
    t.ready_at.erase("r1");  // nor in the list
    t.loop.Advance(absl::Seconds(25));
    t.ready_at["r1"] = never;
  }
  REQUIRE(t.loop.RunUntil([&] { return t.answers.contains("r1"); }));

  if (hidden < absl::Seconds(30)) {
    CHECK(t.answers["r1"].value.status == "ACTIVE");
  } else if (!many) {
    CHECK(t.answers["r1"].failure.error == CallError::kNotFound);
    CHECK(t.loop.clock().Now() - never < absl::Seconds(10));
  }
}

TEST_CASE("patience ends with the status seen last", "[observer]") {
  ObserverTest t;
  t.Await("r1", absl::Hours(2), absl::Seconds(90));
  const absl::Duration start = t.loop.clock().Monotonic();

  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 1; }));

  CHECK(t.loop.clock().Monotonic() - start == absl::Seconds(90));
  CHECK(t.answers["r1"].ok());
  CHECK(t.answers["r1"].value.status == "PROVISIONING");
  CHECK(t.observer.waiting() == 0);
}

TEST_CASE("patience ends with what hides the room, not with what was seen long ago", "[observer]") {
  ObserverTest t;
  const auto good = t.on_api;
  t.Await("r1", absl::Seconds(60), absl::Seconds(120));
  t.loop.Advance(absl::Seconds(30));
  t.on_api = [](const HttpRequest&) { return FakeHttp::Answer(503, ""); };

  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 1; }));

  CHECK(t.answers["r1"].failure.error == CallError::kUnavailable);
  t.on_api = good;
  t.breaker.Answered();
  t.answers.clear();
  t.observer.Await({}, "r1", t.loop.clock().Now() - absl::Minutes(2), absl::ZeroDuration(),
                   [&](CallResult<ObservedRoom> result) { t.answers["r1"] = std::move(result); });
  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 1; }));
  CHECK(t.answers["r1"].value.status == "ACTIVE");  // who has no patience is not told a guess
  CHECK(t.observer.times().size() == 0);
}

TEST_CASE("an outage does not pass for a long provisioning", "[observer]") {
  ObserverTest t;
  const auto good = t.on_api;
  const absl::Time until = t.loop.clock().Now() + absl::Minutes(10);
  t.Await("hidden", absl::Seconds(30));
  t.loop.Advance(absl::Seconds(10));
  t.on_api = [&, good](const HttpRequest& request) {
    return t.loop.clock().Now() < until ? FakeHttp::Answer(503, "") : good(request);
  };
  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 1; }));
  CHECK(t.observer.times().size() == 0);

  t.Await("next", absl::Seconds(30));

  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 2; }));
  CHECK(t.lag["next"] < absl::Seconds(3));
  CHECK(t.observer.times().size() == 1);
}

TEST_CASE("transient failures are waited out; a refusal is told to every waiter", "[observer]") {
  ObserverTest t;
  const int status = GENERATE(503, 403);
  for (int i = 0; i < 6; ++i) {
    t.Await(absl::StrCat("r", i), absl::Seconds(30));
  }
  const auto good = t.on_api;
  const absl::Time until = t.loop.clock().Now() + absl::Seconds(40);
  t.on_api = [&, good](const HttpRequest& request) {
    return t.loop.clock().Now() < until
               ? FakeHttp::Answer(status, R"({"message":"Delta Sharing is not enabled"})")
               : good(request);
  };

  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 6; }));

  for (const auto& [name, answer] : t.answers) {
    CHECK(answer.failure.error == (status == 503 ? CallError::kNone : CallError::kDenied));
  }
}

TEST_CASE("names are compared without case, and waiters of one room share its answer",
          "[observer]") {
  ObserverTest t;
  t.Await("room", absl::Seconds(5));
  CallResult<ObservedRoom> second;
  t.observer.Await({}, "ROOM", t.loop.clock().Now(), absl::Hours(1),
                   [&](CallResult<ObservedRoom> result) { second = std::move(result); });

  REQUIRE(t.loop.RunUntil([&] { return t.answers.size() == 1; }));

  CHECK(second.value.status == "ACTIVE");
}

}  // namespace
}  // namespace roomkeeper::testing
