#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace roomkeeper {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

// Declared once, in the table of lib/obs/metric_table.h, with a reader (panel or alert) for each:
// tests/lint checks.
struct MetricDef {
  const char* name;  // roomkeeper_<what>_<unit>, counters end in _total
  MetricType type;
  const char* label_names;  // comma-separated; values come in this order; bounded sets only
  const char* help;         // one sentence, with the unit
};

// Thread-safe; never blocks on I/O. Label values outside the declared count end the process (our
// bug).
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void Add(const MetricDef& metric, std::initializer_list<absl::string_view> labels, double n = 1);
  void Set(const MetricDef& metric, std::initializer_list<absl::string_view> labels, double value);
  void Observe(const MetricDef& metric, std::initializer_list<absl::string_view> labels,
               double value);

  // Prometheus text exposition of everything.
  std::string Render() const;
  // For tests: the value of a counter or gauge, the count of a histogram; 0 if never touched.
  double Value(const MetricDef& metric, std::initializer_list<absl::string_view> labels) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roomkeeper
