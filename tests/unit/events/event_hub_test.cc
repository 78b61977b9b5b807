#include "lib/events/event_hub.h"

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

CommitNotice NewsOf(const char* job) {
  CommitNotice notice;
  notice.jobs.push_back({.id = JobId(job)});
  return notice;
}

TEST_CASE("a subscriber hears of its own job only, until it goes", "[events]") {
  EventHub hub(/*subscribers_max=*/10);
  int heard = 0;
  {
    const auto subscription = hub.Subscribe(JobId("j1"), [&] { ++heard; });
    REQUIRE_OK(subscription);

    hub.OnCommit(NewsOf("j1"));
    hub.OnCommit(NewsOf("j2"));
    CHECK(heard == 1);
    CHECK(hub.subscribers() == 1);
  }

  hub.OnCommit(NewsOf("j1"));
  CHECK(heard == 1);
  CHECK(hub.subscribers() == 0);
}

TEST_CASE("all subscribers of a job hear", "[events]") {
  EventHub hub(/*subscribers_max=*/10);
  int heard = 0;
  auto a = hub.Subscribe(JobId("j1"), [&] { heard += 1; });
  const auto b = hub.Subscribe(JobId("j1"), [&] { heard += 10; });
  REQUIRE_OK(a);
  REQUIRE_OK(b);

  hub.OnCommit(NewsOf("j1"));
  CHECK(heard == 11);
  a->Reset();
  a->Reset();
  hub.OnCommit(NewsOf("j1"));
  CHECK(heard == 21);
}

TEST_CASE("subscribers are bounded", "[events]") {
  EventHub hub(/*subscribers_max=*/2);
  const auto a = hub.Subscribe(JobId("j1"), [] {});
  std::optional<EventHub::Subscription> b = *hub.Subscribe(JobId("j2"), [] {});

  CHECK_THAT(StatusOf(hub.Subscribe(JobId("j3"), [] {})),
             StatusIs(absl::StatusCode::kResourceExhausted, "2 watchers"));
  b.reset();
  CHECK_OK(hub.Subscribe(JobId("j3"), [] {}));
}

TEST_CASE("a subscription can be moved", "[events]") {
  EventHub hub(/*subscribers_max=*/10);
  int heard = 0;
  EventHub::Subscription kept;
  {
    auto made = hub.Subscribe(JobId("j1"), [&] { ++heard; });
    REQUIRE_OK(made);
    kept = *std::move(made);
  }

  hub.OnCommit(NewsOf("j1"));
  CHECK(heard == 1);
}

TEST_CASE("commits and subscribers may come from many threads", "[events]") {
  EventHub hub(/*subscribers_max=*/1000);
  std::atomic<int> heard = 0;
  const auto steady = hub.Subscribe(JobId("j1"), [&] { ++heard; });
  REQUIRE_OK(steady);
  constexpr int kRounds = 500;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        hub.OnCommit(NewsOf("j1"));
      }
    });
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        (void)hub.Subscribe(JobId("j1"), [] {});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }

  CHECK(heard == 2 * kRounds);
  CHECK(hub.subscribers() == 1);
}

}  // namespace
}  // namespace roomkeeper::testing
