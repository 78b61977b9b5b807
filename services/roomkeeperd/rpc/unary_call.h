#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "lib/base/mutex.h"
#include "lib/model/job.h"
#include "services/roomkeeperd/rpc/front_desk.h"

namespace roomkeeper {

// One unary RPC between its arrival and its answer. Shared by gRPC (until OnDone) and by the
// command that will answer it, on whatever thread that is.
class UnaryCall final : public grpc::ServerUnaryReactor,
                        public std::enable_shared_from_this<UnaryCall> {
 public:
  // Lets the call in and runs `body` with it; the request outlives the call's Finish. What is not
  // let in never reaches `body`.
  static grpc::ServerUnaryReactor* Serve(
      FrontDesk& desk, grpc::CallbackServerContext* context, const char* method,
      const google::protobuf::Message& request,
      std::function<void(const std::shared_ptr<UnaryCall>&)> body);

  const Principal& principal() const { return record_.principal; }
  const grpc::CallbackServerContext& context() const { return *context_; }
  FrontDesk& desk() { return desk_; }

  // What the answer is about: for the call's log line. Before End.
  void About(const Job& job) {
    record_.job = job.id;
    record_.brand = job.room.brand;
    record_.shard = job.shard;
  }
  void About(const CleanRoom& room) {
    record_.job = room.job;
    record_.brand = room.key.brand;
    record_.shard = room.shard;
  }

  // Who the caller turned out to be, of a call that needs no key: for its log line and audit entry.
  // Before End.
  void By(const Principal& principal) {
    record_.principal = principal;
    record_.authenticated = true;
  }

  // Answers, unless it is answered: one that waits for the platform may have been cut.
  void End(const absl::Status& status);
  // As End with the status, after `encode` has filled the response from the value.
  template <typename T, typename Encode>
  void End(const absl::StatusOr<T>& result, Encode encode) {
    if (!MayEnd()) {
      return;  // gRPC may have taken the response away
    }
    if (result.ok()) {
      encode(*result);
    }
    Finish(desk_.Leave(record_, result.status()));
  }

  // Runs `stop` when the caller goes away or the server shuts down, at once and inside if that has
  // happened: for calls that wait. It may run more than once and after End.
  void OnStop(std::function<void()> stop);

 private:
  UnaryCall(FrontDesk& desk, grpc::CallbackServerContext* context, CallRecord record)
      : desk_(desk), context_(context), record_(std::move(record)) {}

  void OnCancel() override;
  void OnDone() override;
  bool MayEnd();  // true once
  void EndWhenCut();

  FrontDesk& desk_;
  grpc::CallbackServerContext* const context_;
  CallRecord record_;
  std::shared_ptr<UnaryCall> self_;  // gRPC's share, dropped in OnDone
  Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  std::function<void()> stop_ ABSL_GUARDED_BY(mu_);
  std::uint64_t on_drain_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint64_t on_cut_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace roomkeeper
