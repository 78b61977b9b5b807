#include "lib/databricks/request_budget.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"

#include "tests/support/matchers.h"
#include "tests/unit/databricks/client_fixture.h"

namespace roomkeeper::testing {
namespace {

// A workspace that callers' reads and the engine's calls share.
struct Shared : ClientFixture {
  explicit Shared(double requests_per_second = 5) : ClientFixture(requests_per_second) {
    REQUIRE(Get().ok());  // the token is there
    loop.Advance(absl::Seconds(10));
  }
  void Read(int n) {
    for (int i = 0; i < n; ++i) {
      reads.Send({.route = "GET /read", .target = "/read"},
                 [this](RestAnswer answer) { read.push_back(std::move(answer)); });
    }
  }
  void Look(int n) {
    for (int i = 0; i < n; ++i) {
      looks.Send({.route = "GET /look", .target = "/look"},
                 [this](RestAnswer answer) { looked.push_back(std::move(answer)); });
    }
  }
  void Work(int n) {
    for (int i = 0; i < n; ++i) {
      rest.Send({.route = "GET /work", .target = "/work"},
                [this](RestAnswer answer) { worked.push_back(std::move(answer)); });
    }
  }
  void WorkFor(const std::string& brand, int n) { SendFor(rest, brand, n); }
  void SendFor(RestClient& client, const std::string& brand, int n) {
    for (int i = 0; i < n; ++i) {
      client.Send({.route = "GET", .target = "/" + brand, .origin = {.brand = BrandId(brand)}},
                  [this, brand](const RestAnswer&) { done_for.push_back(brand); });
    }
  }
  long Sent(const std::string& path) const {
    return std::count_if(
        http.requests.begin(), http.requests.end(),
        [&](const HttpRequest& request) { return absl::EndsWith(request.url, path); });
  }
  std::vector<RestAnswer> read;
  std::vector<RestAnswer> worked;
  std::vector<RestAnswer> looked;
  std::vector<std::string> done_for;
};

TEST_CASE("the engine never waits behind the reads of callers", "[budget]") {
  Shared t;
  t.Read(200);
  t.loop.Advance(absl::Seconds(5));  // they have used up what was there
  const absl::Duration start = t.loop.clock().Monotonic();
  t.Work(4);

  REQUIRE(t.loop.RunUntil([&] { return t.worked.size() == 4; }));

  CHECK(t.loop.clock().Monotonic() - start < absl::Seconds(1.3));  // five requests at five a second
}

TEST_CASE("while both wait, one request in five is a read", "[budget]") {
  Shared t;
  t.Work(500);
  t.Read(100);

  t.loop.Advance(absl::Seconds(19));

  const long all = t.Sent("/work") + t.Sent("/read");
  CHECK(all >= 95);
  CHECK(t.Sent("/read") >= all / 5 - 1);
  CHECK(t.Sent("/read") <= all / 5 + 1);
}

TEST_CASE("what one class does not use the other may", "[budget]") {
  Shared t;
  const bool engine = GENERATE(true, false);
  engine ? t.Work(60) : t.Read(60);

  t.loop.Advance(absl::Seconds(10));

  CHECK(t.Sent(engine ? "/work" : "/read") >= 50);
}

TEST_CASE("looks get what nobody else waits for", "[budget]") {
  Shared t;
  const bool engine = GENERATE(true, false);
  t.Look(20);
  t.loop.Advance(absl::Seconds(1));
  const long before = t.Sent("/look");
  CHECK(before > 0);
  engine ? t.Work(50) : t.Read(50);

  t.loop.Advance(absl::Seconds(9));
  CHECK(t.Sent("/look") == before);
  t.loop.Advance(absl::Seconds(9));
  CHECK(t.Sent("/look") > before);
}

TEST_CASE("a look that nothing is left for is answered, not kept", "[budget]") {
  Shared t;
  t.Work(500);
  t.Look(3);

  t.loop.Advance(absl::Seconds(21));

  REQUIRE(t.looked.size() == 3);
  CHECK(t.looked.back().failure.error_code == kNotSentBudget);
  CHECK(t.Sent("/look") == 0);
}

TEST_CASE("looks that hang take few connections", "[budget]") {
  Shared t(/*requests_per_second=*/1000);
  t.http.latency = absl::Seconds(19);
  t.Look(60);
  t.loop.Advance(absl::Seconds(1));
  CHECK(t.Sent("/look") == 4);
}

TEST_CASE("a full queue of reads refuses at once and says when to come again", "[budget]") {
  Shared t;
  const int queued = GENERATE(255, 256, 257);
  t.Read(queued);
  t.loop.RunPosted();

  const bool refused = queued > 256;
  REQUIRE(t.read.size() == (refused ? 1U : 0U));
  if (refused) {
    CHECK(t.read[0].failure.error_code == kNotSentBudget);
    CHECK(t.read[0].failure.retry_after > absl::Seconds(10));
    CHECK(t.read[0].failure.retry_after <= absl::Minutes(1));
  }
  t.Work(1);
  REQUIRE(t.loop.RunUntil([&] { return !t.worked.empty(); }));
  CHECK(t.worked[0].ok());
}

TEST_CASE("a read that the budget holds back for too long is answered, not kept", "[budget]") {
  Shared t(/*requests_per_second=*/1);
  t.Read(60);

  t.loop.Advance(absl::Seconds(21));

  REQUIRE(t.read.size() == 60);
  CHECK(t.read.back().failure.error_code == kNotSentBudget);
  CHECK(t.read.back().calls == 0);
  CHECK(t.read.back().waited == absl::Seconds(20));
  CHECK(t.Sent("/read") <= 22);
}

TEST_CASE("reads that hang leave the engine its connections", "[budget]") {
  Shared t(/*requests_per_second=*/1000);
  t.http.latency = absl::Seconds(19);
  t.Read(200);
  t.loop.Advance(absl::Seconds(1));
  REQUIRE(t.Sent("/read") == 16);
  t.http.latency = absl::Milliseconds(10);
  const absl::Duration start = t.loop.clock().Monotonic();

  t.Work(30);

  REQUIRE(t.loop.RunUntil([&] { return t.worked.size() == 30; }));
  CHECK(t.loop.clock().Monotonic() - start < absl::Seconds(1));
}

TEST_CASE("an answer says how long the budget held its call back", "[budget]") {
  Shared t(/*requests_per_second=*/2);
  t.Work(6);

  REQUIRE(t.loop.RunUntil([&] { return t.worked.size() == 6; }));

  CHECK(t.worked.front().waited == absl::ZeroDuration());
  CHECK(t.worked.back().waited >= absl::Seconds(1.9));
  CHECK(t.worked.back().waited < absl::Seconds(2.2));
  CHECK(t.worked.back().took < absl::Seconds(0.1));
}

// Each sends a write, and the next one when it is answered.
struct Writers {
  void Send() {
    shared.rest.Send({.verb = RestVerb::kCreate, .route = "POST /work", .target = "/work"},
                     [this](const RestAnswer& answer) {
                       (answer.ok() ? sent : expired) += 1;
                       Send();
                     });
  }
  Shared& shared;
  int sent = 0;
  int expired = 0;
};

TEST_CASE("as many jobs as a rate serves lose no write, though callers read all the time",
          "[budget]") {
  const double rate = GENERATE(1.0, 5.0, 40.0);
  const bool more = GENERATE(false, true);
  CAPTURE(rate, more);
  Shared t(rate);
  Writers writers{t};
  const std::int32_t served = CallersServed(rate);
  for (int i = 0; i < (more ? 3 * served : served); ++i) {
    writers.Send();
  }
  for (int i = 0; i < 60; ++i) {
    t.Read(100);
    t.loop.Advance(absl::Seconds(5));
  }

  CHECK(writers.sent > 290 * rate * 0.8);
  CHECK((writers.expired > 0) == more);
}

TEST_CASE("R10: a brand with thousands of calls delays another's first by one of its own",
          "[budget]") {
  Shared t;
  RestClient& client = GENERATE(0, 1) == 0 ? t.rest : t.reads;
  t.SendFor(client, "big", client.options().call_class == CallClass::kEngine ? 5000 : 200);
  t.loop.Advance(absl::Seconds(10));  // what was saved up is used
  const absl::Duration start = t.loop.clock().Monotonic();

  t.SendFor(client, "small", 1);
  REQUIRE(t.loop.RunUntil([&] { return t.Sent("/small") == 1; }));

  CHECK(t.loop.clock().Monotonic() - start <= absl::Seconds(2.01 / 5));
}

TEST_CASE("R10: brands with calls waiting get the same part of the budget, and leave none unused",
          "[budget]") {
  Shared t;
  t.WorkFor("a", 1000);
  t.WorkFor("b", 100);
  t.WorkFor("c", 20);
  t.Work(7);  // for no brand
  t.loop.Advance(absl::Seconds(9));

  CHECK(t.Sent("/work") == 7);
  CHECK(t.Sent("/a") == t.Sent("/b"));
  CHECK(t.Sent("/c") >= t.Sent("/a") - 1);
  CHECK(t.Sent("/a") + t.Sent("/b") + t.Sent("/c") + 7 >= 9 * 5);

  t.loop.Advance(absl::Seconds(9));
  CHECK(t.Sent("/c") == 20);
  CHECK(t.Sent("/a") + t.Sent("/b") + t.Sent("/c") + 7 >= 18 * 5);
}

TEST_CASE("a call that waits too long behind its brand's others ends at its time", "[budget]") {
  Shared t(/*requests_per_second=*/1);
  t.WorkFor("a", 100);
  std::optional<RestAnswer> written;
  t.rest.Send({.verb = RestVerb::kCreate,
               .route = "POST",
               .target = "/write",
               .origin = {.brand = BrandId("a")}},
              [&](RestAnswer answer) { written = std::move(answer); });

  t.loop.Advance(absl::Seconds(29.9));
  CHECK_FALSE(written.has_value());
  t.loop.Advance(absl::Seconds(0.2));

  REQUIRE(written.has_value());
  CHECK(written->failure.error_code == kNotSentBudget);
  CHECK(written->failure.retry_after > absl::Seconds(1));
  t.loop.Advance(absl::Seconds(100));
  CHECK(t.Sent("/write") == 0);
  CHECK(t.done_for.size() == 100);
}

TEST_CASE("no rate serves nobody", "[budget]") {
  CHECK(CallersServed(0.1) == 1);
  CHECK(CallersServed(5) == 75);
  CHECK(CallersServed(10'000) == 150'000);
}

}  // namespace
}  // namespace roomkeeper::testing
