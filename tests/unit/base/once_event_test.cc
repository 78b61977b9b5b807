#include "lib/base/once_event.h"

#include "tests/support/matchers.h"

namespace roomkeeper {
namespace {

TEST_CASE("who listens hears of it once, who comes late at once", "[once_event]") {
  OnceEvent event;
  int heard = 0;
  const std::uint64_t forgotten = event.Add([&] { heard += 100; });
  CHECK(event.Add([&] { ++heard; }) != 0);
  event.Forget(forgotten);
  CHECK_FALSE(event.fired());

  event.Fire();
  event.Fire();

  CHECK(event.fired());
  CHECK(heard == 1);
  CHECK(event.Add([&] { ++heard; }) == 0);
  CHECK(heard == 2);
  event.Forget(0);
}

TEST_CASE("a listener may forget itself while it is told", "[once_event]") {
  OnceEvent event;
  std::uint64_t id = 0;
  bool heard = false;
  id = event.Add([&] {
    event.Forget(id);
    heard = true;
  });

  event.Fire();

  CHECK(heard);
}

}  // namespace
}  // namespace roomkeeper
