#pragma once

#include <functional>
#include <memory>
#include <string>

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "lib/auth/key_verifier.h"
#include "lib/base/clock.h"
#include "lib/base/once_event.h"
#include "lib/obs/log.h"
#include "lib/obs/metrics.h"
#include "services/roomkeeperd/rpc/gate/admission.h"

namespace roomkeeper {

// What one RPC is, from its arrival to its answer. Written by the thread that serves the step the
// call is in; one at a time.
struct CallRecord {
  std::string method = {};  // "roomkeeper.v1.JobService.GetJob"
  bool mutates = false;
  Admitted admitted = {};
  std::string trace_id = {};    // 32 hex digits: of the caller's W3C traceparent, or made up
  std::string request_id = {};  // of a mutating request
  Principal principal = {};
  // What the answer is about, for the log line.
  JobId job = {};
  BrandId brand = {};
  ShardId shard = {};
  absl::Duration started = absl::ZeroDuration();  // monotonic
};

// Where every RPC comes in and goes out: admission, API key, role, request rules; then its metric
// and log line. Thread-safe; never blocks.
class FrontDesk {
 public:
  FrontDesk(KeyVerifier& keys, const Clock& clock, Log& log, Metrics& metrics,
            FrontDeskLimits limits)
      : keys_(keys), clock_(clock), log_(log), metrics_(metrics), admission_(limits, metrics) {}

  // Reads the call's metadata and starts its record.
  CallRecord Open(const grpc::CallbackServerContext& context, const char* method) const;

  // Admits, refuses foreign credentials, authenticates, authorizes and checks. `done` runs once,
  // possibly inside; the principal is then in the record. Record and request live until Leave,
  // which ends every Enter.
  void Enter(const grpc::CallbackServerContext& context, CallRecord& record,
             const google::protobuf::Message& request, std::function<void(absl::Status)> done);
  // The status for the wire; counts and logs.
  grpc::Status Leave(const CallRecord& record, const absl::Status& status);

  const FrontDeskLimits& limits() const { return admission_.limits(); }
  const Clock& clock() const { return clock_; }

  // The drain begins: fired, new calls are refused with SHUTTING_DOWN, and what waits for a job
  // ends.
  OnceEvent& drain() { return drain_; }
  // The drain's time is up: what waits for the platform ends with SHUTTING_DOWN.
  OnceEvent& cut() { return cut_; }

 private:
  // After its key was verified.
  absl::Status Judge(CallRecord& record, const google::protobuf::Message& request);
  void WriteLog(const CallRecord& record, const absl::Status& status, absl::StatusCode code,
                absl::Duration took);

  KeyVerifier& keys_;
  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  Admission admission_;
  OnceEvent drain_;
  OnceEvent cut_;
};

}  // namespace roomkeeper
