#include "lib/obs/metrics.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/obs/metric_table.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

constexpr MetricDef kTestCounter = {"roomkeeper_test_total", MetricType::kCounter, "a,b", "Tests."};
constexpr MetricDef kTestGauge = {"roomkeeper_test", MetricType::kGauge, "", "Tests."};
constexpr MetricDef kTestHistogram = {"roomkeeper_test_seconds", MetricType::kHistogram, "a",
                                      "Tests."};

TEST_CASE("a counter adds up per label set", "[metrics]") {
  Metrics metrics;

  metrics.Add(kTestCounter, {"x", "1"});
  metrics.Add(kTestCounter, {"x", "1"}, 2);
  metrics.Add(kTestCounter, {"x", "2"});

  CHECK(metrics.Value(kTestCounter, {"x", "1"}) == 3);
  CHECK(metrics.Value(kTestCounter, {"x", "2"}) == 1);
  CHECK(metrics.Value(kTestCounter, {"y", "1"}) == 0);
}

TEST_CASE("a gauge holds the last value and may also be moved", "[metrics]") {
  Metrics metrics;

  metrics.Set(kTestGauge, {}, 7);
  metrics.Set(kTestGauge, {}, 5);
  metrics.Add(kTestGauge, {}, -2);

  CHECK(metrics.Value(kTestGauge, {}) == 3);
}

TEST_CASE("a histogram counts observations into buckets of seconds", "[metrics]") {
  Metrics metrics;

  metrics.Observe(kTestHistogram, {"x"}, 0.3);
  metrics.Observe(kTestHistogram, {"x"}, 0.25);

  CHECK(metrics.Value(kTestHistogram, {"x"}) == 2);
  const std::string text = metrics.Render();
  CHECK(absl::StrContains(text, "roomkeeper_test_seconds_bucket{a=\"x\",le=\"0.25\"} 1\n"));
  CHECK(absl::StrContains(text, "roomkeeper_test_seconds_bucket{a=\"x\",le=\"0.5\"} 2\n"));
}

TEST_CASE("the exposition names help, type, labels and value", "[metrics]") {
  Metrics metrics;

  metrics.Add(kTestCounter, {"x", "a \"quote\""}, 4);

  const std::string text = metrics.Render();
  CHECK(absl::StrContains(text, "# HELP roomkeeper_test_total Tests.\n"));
  CHECK(absl::StrContains(text, "# TYPE roomkeeper_test_total counter\n"));
  CHECK(absl::StrContains(text, "roomkeeper_test_total{a=\"x\",b=\"a \\\"quote\\\"\"} 4\n"));
}

TEST_CASE("label sets past the limit are counted together", "[metrics]") {
  Metrics metrics;
  for (int i = 0; i < 4096 + 3; ++i) {
    metrics.Add(kTestCounter, {absl::StrCat(i), "x"});
  }

  const std::string text = metrics.Render();

  CHECK(absl::StrContains(text, "{a=\"4095\",b=\"x\"} 1\n"));
  CHECK_FALSE(absl::StrContains(text, "{a=\"4096\",b=\"x\"}"));
  CHECK(absl::StrContains(text, "{a=\"other\",b=\"other\"} 3\n"));
}

TEST_CASE("threads may count at once", "[metrics]") {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics] {
      for (int i = 0; i < 1000; ++i) {
        metrics.Add(kTestCounter, {"x", "1"});
        metrics.Observe(kTestHistogram, {"x"}, 1);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }

  CHECK(metrics.Value(kTestCounter, {"x", "1"}) == 4000);
  CHECK(metrics.Value(kTestHistogram, {"x"}) == 4000);
}

}  // namespace
}  // namespace roomkeeper::testing
