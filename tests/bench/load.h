#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"

#include "lib/base/clock.h"

namespace roomkeeper::testing {

struct LoadResult {
  double per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  int failed = 0;
};

// Keeps `outstanding` calls of one unary method under way for `duration`, from one thread and one
// channel. `start(context, queue, i)` begins the i-th call; its answer is thrown away.
template <typename Answer>
LoadResult RunLoad(int outstanding, absl::Duration duration, const std::string& key,
                   const std::function<std::unique_ptr<grpc::ClientAsyncResponseReader<Answer>>(
                       grpc::ClientContext*, grpc::CompletionQueue*, int)>& start) {
  struct Call {
    grpc::ClientContext context = {};
    Answer answer = {};
    grpc::Status status = {};
    absl::Duration begin = absl::ZeroDuration();
    std::unique_ptr<grpc::ClientAsyncResponseReader<Answer>> reader = {};
  };
  const SystemClock clock;
  grpc::CompletionQueue queue;
  const absl::Duration begin = clock.Monotonic();
  LoadResult result;
  std::vector<double> took_ms;
  int started = 0;
  int open = 0;
  const auto launch = [&] {
    auto call = std::make_unique<Call>();
    call->context.AddMetadata("authorization", "Bearer " + key);
    call->begin = clock.Monotonic();
    call->reader = start(&call->context, &queue, started++);
    Call* const raw = call.release();  // the queue gives it back
    raw->reader->Finish(&raw->answer, &raw->status, raw);
    ++open;
  };
  for (int i = 0; i < outstanding; ++i) {
    launch();
  }
  void* tag = nullptr;
  bool ok = false;
  while (open > 0 && queue.Next(&tag, &ok)) {
    const std::unique_ptr<Call> call(static_cast<Call*>(tag));
    --open;
    result.failed += call->status.ok() ? 0 : 1;
    const absl::Duration now = clock.Monotonic();
    took_ms.push_back(absl::ToDoubleMilliseconds(now - call->begin));
    if (now - begin < duration) {
      launch();
    }
  }
  const double seconds = absl::ToDoubleSeconds(clock.Monotonic() - begin);
  std::sort(took_ms.begin(), took_ms.end());
  result.per_second = static_cast<double>(took_ms.size()) / seconds;
  result.p50_ms = took_ms[took_ms.size() / 2];
  result.p99_ms = took_ms[took_ms.size() * 99 / 100];
  return result;
}

inline std::string Text(const LoadResult& result) {
  return absl::StrFormat("%8.0f/s  p50 %6.2f ms  p99 %6.2f ms%s", result.per_second, result.p50_ms,
                         result.p99_ms,
                         result.failed == 0 ? "" : absl::StrFormat("  %d FAILED", result.failed));
}

}  // namespace roomkeeper::testing
