#include "lib/obs/metrics.h"

#include <cstddef>
#include <initializer_list>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

#include "lib/base/check.h"
#include "lib/base/mutex.h"

namespace roomkeeper {
namespace {

using Series = std::variant<prometheus::Counter*, prometheus::Gauge*, prometheus::Histogram*>;
using Labels = std::initializer_list<absl::string_view>;

// A label that grows without limit is a bug; it must not cost the memory of the process. Past this
// many label sets of one metric, new ones are counted together under "other".
constexpr std::size_t kSeriesPerMetricMax = 4096;

// Seconds: from one local commit (0.5 ms) to a slow provisioning with retries (2 h). Others count
// things, e.g. the writes in a group.
std::vector<double> Buckets(const MetricDef& metric) {
  if (absl::EndsWith(metric.name, "_seconds")) {
    return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,  0.25, 0.5,  1,   2.5,
            5,      10,    30,     60,    120,  300,   600,  1200, 1800, 3600, 7200};
  }
  return {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
}

std::vector<std::string> LabelNames(const MetricDef& metric) {
  return absl::StrSplit(metric.label_names, ',', absl::SkipEmpty());
}

std::map<std::string, std::string> LabelMap(const MetricDef& metric, Labels values) {
  const std::vector<std::string> names = LabelNames(metric);
  RK_CHECK(names.size() == values.size());
  std::map<std::string, std::string> labels;
  const auto* value = values.begin();
  for (const std::string& name : names) {
    labels[name] = std::string(*value++);
  }
  return labels;
}

std::string Key(const MetricDef& metric, Labels values) {
  std::string key = metric.name;
  for (const absl::string_view value : values) {
    absl::StrAppend(&key, "\x1f", value);
  }
  return key;
}

}  // namespace

struct Metrics::Impl {
  Series& Get(const MetricDef& metric, Labels values) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  Series Make(const MetricDef& metric, const std::map<std::string, std::string>& labels)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);

  mutable Mutex mu;
  prometheus::Registry registry ABSL_GUARDED_BY(mu);
  absl::flat_hash_map<std::string, Series> series ABSL_GUARDED_BY(mu);
  absl::flat_hash_map<std::string, std::size_t> series_count ABSL_GUARDED_BY(mu);
};

Series& Metrics::Impl::Get(const MetricDef& metric, Labels values) {
  const std::string key = Key(metric, values);
  const auto found = series.find(key);
  if (found != series.end()) {
    return found->second;
  }
  std::map<std::string, std::string> labels = LabelMap(metric, values);
  std::size_t& count = series_count[metric.name];
  if (count < kSeriesPerMetricMax) {
    ++count;
    return series.emplace(key, Make(metric, labels)).first->second;
  }
  for (auto& [name, value] : labels) {
    value = "other";
  }
  return series.insert_or_assign(absl::StrCat(metric.name, "\x1e"), Make(metric, labels))
      .first->second;
}

// Registry and Family throw for a name that is no metric name, or is used with two types: our bug.
Series Metrics::Impl::Make(const MetricDef& metric,
                           const std::map<std::string, std::string>& labels) {
  try {
    switch (metric.type) {
      case MetricType::kCounter:
        return &prometheus::BuildCounter()
                    .Name(metric.name)
                    .Help(metric.help)
                    .Register(registry)
                    .Add(labels);
      case MetricType::kGauge:
        return &prometheus::BuildGauge()
                    .Name(metric.name)
                    .Help(metric.help)
                    .Register(registry)
                    .Add(labels);
      case MetricType::kHistogram:
        return &prometheus::BuildHistogram()
                    .Name(metric.name)
                    .Help(metric.help)
                    .Register(registry)
                    .Add(labels, Buckets(metric));
    }
  } catch (...) {
    RK_CHECK(false && "a metric in metric_table.h is malformed or declared twice");
  }
  RK_CHECK(false && "unknown metric type");
}

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::Add(const MetricDef& metric, Labels labels, double n) {
  const MutexLock lock(impl_->mu);
  Series& series = impl_->Get(metric, labels);
  if (auto** gauge = std::get_if<prometheus::Gauge*>(&series)) {
    (*gauge)->Increment(n);
    return;
  }
  auto** counter = std::get_if<prometheus::Counter*>(&series);
  RK_CHECK(counter != nullptr);
  (*counter)->Increment(n);
}

void Metrics::Set(const MetricDef& metric, Labels labels, double value) {
  const MutexLock lock(impl_->mu);
  auto** gauge = std::get_if<prometheus::Gauge*>(&impl_->Get(metric, labels));
  RK_CHECK(gauge != nullptr);
  (*gauge)->Set(value);
}

void Metrics::Observe(const MetricDef& metric, Labels labels, double value) {
  const MutexLock lock(impl_->mu);
  auto** histogram = std::get_if<prometheus::Histogram*>(&impl_->Get(metric, labels));
  RK_CHECK(histogram != nullptr);
  (*histogram)->Observe(value);
}

std::string Metrics::Render() const {
  const MutexLock lock(impl_->mu);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, impl_->registry.Collect());
  return out.str();
}

double Metrics::Value(const MetricDef& metric, Labels labels) const {
  const MutexLock lock(impl_->mu);
  const auto found = impl_->series.find(Key(metric, labels));
  if (found == impl_->series.end()) {
    return 0;
  }
  if (auto** counter = std::get_if<prometheus::Counter*>(&found->second)) {
    return (*counter)->Value();
  }
  if (auto** gauge = std::get_if<prometheus::Gauge*>(&found->second)) {
    return (*gauge)->Value();
  }
  const auto sample = std::get<prometheus::Histogram*>(found->second)->Collect();
  return static_cast<double>(sample.histogram.sample_count);
}

}  // namespace roomkeeper
