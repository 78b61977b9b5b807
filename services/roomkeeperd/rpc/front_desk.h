#pragma once

#include <functional>
#include <memory>
#include <string>

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "lib/auth/authenticator.h"
#include "lib/base/clock.h"
#include "lib/base/once_event.h"
#include "lib/commands/audit/call_audit.h"
#include "lib/obs/log.h"
#include "lib/obs/metrics.h"
#include "services/roomkeeperd/rpc/authz.h"
#include "services/roomkeeperd/rpc/gate/admission.h"
#include "services/roomkeeperd/rpc/gate/exchange_gate.h"

namespace roomkeeper {

// What one RPC is, from its arrival to its answer. Written by the thread that serves the step the
// call is in; one at a time.
struct CallRecord {
  std::string method = {};  // "roomkeeper.v1.JobService.GetJob"
  const Grant* grant = nullptr;
  bool mutates = false;
  Admitted admitted = {};
  std::string trace_id = {};    // 32 hex digits: of the caller's W3C traceparent, or made up
  std::string request_id = {};  // of a mutating request
  bool authenticated = false;   // `principal` is who calls
  Principal principal = {};
  // For the audit log:
  std::string peer = {};                               // the caller's address
  std::string on_behalf_of = {};                       // once it is checked
  std::string proven_caller = {};                      // who was refused, if its credential is real
  const google::protobuf::Message* request = nullptr;  // until Leave
  // What the answer is about, for the log line.
  JobId job = {};
  BrandId brand = {};
  ShardId shard = {};
  absl::Duration started = absl::ZeroDuration();  // monotonic
};

// Where every RPC comes in and goes out: admission, credential, role, request rules; then its
// metric, log line and, if it changed nothing and should have, its audit entry. Thread-safe; never
// blocks.
class FrontDesk {
 public:
  // All outlive it.
  struct Deps {
    Authenticator& callers;
    const Clock& clock;
    Log& log;
    Metrics& metrics;
    CallAudit& audit;
    JobStore& jobs;
  };
  FrontDesk(const Deps& deps, FrontDeskLimits limits);

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
  // After its key was verified: its share, role, request rules, what the metadata say.
  absl::Status Judge(const grpc::CallbackServerContext& context, CallRecord& record,
                     const google::protobuf::Message& request);
  // Of a call that needs no key: its share, request rules, and a stamp of nobody.
  absl::Status JudgeCode(CallRecord& record, const google::protobuf::Message& request);
  // Once it is judged: what a CI key names is looked up; stamped, and in line for the platform.
  void LetIn(CallRecord& record, const google::protobuf::Message& request,
             const std::function<void(absl::Status)>& done);
  void WriteAudit(const CallRecord& record, const absl::Status& status, absl::StatusCode code);
  void WriteLog(const CallRecord& record, const absl::Status& status, absl::StatusCode code,
                absl::Duration took);

  Authenticator& callers_;
  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  CallAudit& audit_;
  JobStore& jobs_;
  Admission admission_;
  ExchangeGate exchanges_;
  OnceEvent drain_;
  OnceEvent cut_;
};

}  // namespace roomkeeper
