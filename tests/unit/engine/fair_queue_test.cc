#include "lib/engine/fair_queue.h"

#include <string>

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

ReadyJob Ready(const std::string& brand, const std::string& id) {
  return {.id = JobId(id), .brand = BrandId(brand)};
}

std::string PopAll(FairQueue& queue, const std::string& blocked = "") {
  std::string order;
  while (auto job = queue.Pop([&](const BrandId& brand) { return brand.value() != blocked; })) {
    order += job->id.value() + " ";
  }
  return order;
}

TEST_CASE("brands take turns, and each brand's jobs keep their order", "[engine]") {
  FairQueue queue;
  for (const char* id : {"a1", "a2", "a3", "a4"}) {
    queue.Push(Ready("a", id));
  }
  queue.Push(Ready("b", "b1"));
  queue.Push(Ready("c", "c1"));
  queue.Push(Ready("c", "c2"));
  CHECK(queue.size() == 7);

  CHECK(PopAll(queue) == "a1 b1 c1 a2 c2 a3 a4 ");
  CHECK(queue.size() == 0);
}

TEST_CASE("a brand that may not start is passed over and keeps its place", "[engine]") {
  FairQueue queue;
  queue.Push(Ready("a", "a1"));
  queue.Push(Ready("b", "b1"));

  CHECK(PopAll(queue, "a") == "b1 ");
  CHECK(queue.size() == 1);
  CHECK(PopAll(queue) == "a1 ");
}

TEST_CASE("a job can be taken out of turn", "[engine]") {
  FairQueue queue;
  queue.Push(Ready("a", "a1"));
  queue.Push(Ready("a", "a2"));
  queue.Push(Ready("b", "b1"));

  CHECK(queue.Take(BrandId("a"), JobId("a2")).has_value());
  CHECK_FALSE(queue.Take(BrandId("a"), JobId("a2")).has_value());
  CHECK_FALSE(queue.Take(BrandId("nobody"), JobId("x")).has_value());
  CHECK(queue.Take(BrandId("b"), JobId("b1")).has_value());
  CHECK(PopAll(queue) == "a1 ");
}

}  // namespace
}  // namespace roomkeeper::testing
