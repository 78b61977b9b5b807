#include "lib/io/event_loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "absl/time/time.h"

#include "lib/base/clock.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

struct LoopTest {
  SystemClock clock;
  std::unique_ptr<EventLoop> loop = *EventLoop::Make(clock);
};

struct Pipe {
  Pipe() { REQUIRE(pipe(ends.data()) == 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  void Write() const { REQUIRE(write(ends[1], "x", 1) == 1); }
  void Drain() const {
    char byte = 0;
    REQUIRE(read(ends[0], &byte, 1) == 1);
  }
  std::array<int, 2> ends = {};
};

TEST_CASE("posted tasks run in order, and one posted by a task runs after it", "[event_loop]") {
  LoopTest t;
  std::vector<int> order;
  t.loop->Post([&] {
    order.push_back(1);
    t.loop->Post([&] {
      order.push_back(3);
      t.loop->Stop();
    });
  });
  t.loop->Post([&] { order.push_back(2); });

  t.loop->Run();

  CHECK(order == std::vector<int>{1, 2, 3});
}

TEST_CASE("timers fire in time order and not early", "[event_loop]") {
  LoopTest t;
  std::vector<int> order;
  const absl::Duration start = t.clock.Monotonic();
  absl::Duration fired_at;
  t.loop->RunAfter(absl::Milliseconds(12), [&] {
    order.push_back(2);
    fired_at = t.clock.Monotonic();
    t.loop->Stop();
  });
  t.loop->RunAfter(absl::Milliseconds(3), [&] { order.push_back(1); });
  t.loop->RunAfter(-absl::Seconds(1), [&] { order.push_back(0); });
  CHECK(order.empty());  // never inline

  t.loop->Run();

  CHECK(order == std::vector<int>{0, 1, 2});
  CHECK(fired_at - start >= absl::Milliseconds(12));
}

TEST_CASE("a cancelled timer does not fire; an infinite delay is allowed", "[event_loop]") {
  LoopTest t;
  bool fired = false;
  const Loop::TimerId id = t.loop->RunAfter(absl::Milliseconds(1), [&] { fired = true; });
  t.loop->RunAfter(absl::InfiniteDuration(), [&] { fired = true; });
  t.loop->RunAfter(absl::Milliseconds(5), [&] { t.loop->Stop(); });
  t.loop->Cancel(id);

  t.loop->Run();

  CHECK_FALSE(fired);
  CHECK(t.loop->timers() == 1);
}

TEST_CASE("an idle loop sleeps until another thread posts", "[event_loop]") {
  LoopTest t;
  t.loop->RunAfter(absl::Hours(10), [] {});
  std::uint64_t wakeups_at_post = 0;
  std::thread runner([&] { t.loop->Run(); });
  std::thread poster([&] {
    t.loop->Post([&] {
      wakeups_at_post = t.loop->wakeups();
      t.loop->Stop();
    });
  });

  poster.join();
  runner.join();

  CHECK(wakeups_at_post <= 1);
}

TEST_CASE("tasks posted by many threads all run", "[event_loop]") {
  LoopTest t;
  int ran = 0;
  std::vector<std::thread> posters;
  for (int i = 0; i < 4; ++i) {
    posters.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        t.loop->Post([&] {
          if (++ran == 4000) {
            t.loop->Stop();
          }
        });
      }
    });
  }

  t.loop->Run();
  for (std::thread& poster : posters) {
    poster.join();
  }

  CHECK(ran == 4000);
}

TEST_CASE("a watched descriptor calls back while it is readable, and not after Unwatch",
          "[event_loop]") {
  LoopTest t;
  const Pipe pipe;
  int calls = 0;
  t.loop->Watch(pipe.ends[0], EPOLLIN, [&](std::uint32_t events) {
    CHECK((events & EPOLLIN) != 0);
    if (++calls == 2) {  // left unread the first time: level-triggered
      t.loop->Unwatch(pipe.ends[0]);
      t.loop->RunAfter(absl::Milliseconds(3), [&] { t.loop->Stop(); });
    }
  });
  pipe.Write();

  t.loop->Run();

  CHECK(calls == 2);
}

TEST_CASE("a callback may unwatch another descriptor that is ready in the same turn",
          "[event_loop]") {
  LoopTest t;
  const Pipe one;
  const Pipe two;
  int calls = 0;
  for (const Pipe* pipe : {&one, &two}) {
    t.loop->Watch(pipe->ends[0], EPOLLIN, [&](std::uint32_t) {
      ++calls;
      t.loop->Unwatch(one.ends[0]);
      t.loop->Unwatch(two.ends[0]);
      t.loop->Stop();
    });
  }
  one.Write();
  two.Write();

  t.loop->Run();

  CHECK(calls == 1);
}

TEST_CASE("SetEvents changes what is waited for", "[event_loop]") {
  LoopTest t;
  const Pipe pipe;
  int calls = 0;
  t.loop->Watch(pipe.ends[0], EPOLLIN, [&](std::uint32_t) { ++calls; });
  t.loop->SetEvents(pipe.ends[0], 0);
  pipe.Write();
  t.loop->RunAfter(absl::Milliseconds(3), [&] { t.loop->Stop(); });

  t.loop->Run();
  CHECK(calls == 0);
  t.loop->SetEvents(pipe.ends[0], EPOLLIN);
  t.loop->RunAfter(absl::Milliseconds(3), [&] { t.loop->Stop(); });
  t.loop->Run();

  CHECK(calls > 0);
}

}  // namespace
}  // namespace roomkeeper::testing
