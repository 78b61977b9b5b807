#include "lib/base/mutex.h"

#include <thread>
#include <vector>

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

struct Shared {
  Mutex mu;
  CondVar changed;
  int count ABSL_GUARDED_BY(mu) = 0;
};

TEST_CASE("a mutex lets one thread in at a time", "[base]") {
  Shared shared;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&shared] {
      for (int i = 0; i < 10000; ++i) {
        const MutexLock lock(shared.mu);
        ++shared.count;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }

  const MutexLock lock(shared.mu);
  CHECK(shared.count == 40000);
}

TEST_CASE("a waiter wakes when the condition was changed, and holds the mutex", "[base]") {
  Shared shared;
  std::thread other([&shared] {
    const MutexLock lock(shared.mu);
    shared.count = 7;
    shared.changed.NotifyAll();
  });

  int seen = 0;
  {
    const MutexLock lock(shared.mu);
    while (shared.count == 0) {
      shared.changed.Wait(shared.mu);
    }
    seen = shared.count;
    shared.count = 8;  // under TSan a wait that returned unlocked would be reported here
  }
  other.join();

  CHECK(seen == 7);
}

}  // namespace
}  // namespace roomkeeper::testing
