#include "services/roomkeeperd/rpc/unary_call.h"

#include "lib/commands/refusals.h"

namespace roomkeeper {

grpc::ServerUnaryReactor* UnaryCall::Serve(
    FrontDesk& desk, grpc::CallbackServerContext* context, const char* method,
    const google::protobuf::Message& request,
    std::function<void(const std::shared_ptr<UnaryCall>&)> body) {
  const std::shared_ptr<UnaryCall> call(new UnaryCall(desk, context, desk.Open(*context, method)));
  call->self_ = call;
  desk.Enter(*context, call->record_, request, [call, body = std::move(body)](absl::Status let_in) {
    if (!let_in.ok()) {
      call->End(let_in);
      return;
    }
    body(call);
    if (call->record_.admitted.reads_platform) {
      call->EndWhenCut();  // not before: its end takes away the request that `body` reads
    }
  });
  return call.get();
}

bool UnaryCall::MayEnd() {
  std::uint64_t on_drain = 0;
  std::uint64_t on_cut = 0;
  {
    const MutexLock lock(mu_);
    if (std::exchange(ended_, true)) {
      return false;
    }
    on_drain = std::exchange(on_drain_, 0);
    on_cut = std::exchange(on_cut_, 0);
  }
  desk_.drain().Forget(on_drain);
  desk_.cut().Forget(on_cut);
  return true;
}

void UnaryCall::End(const absl::Status& status) {
  if (MayEnd()) {
    Finish(desk_.Leave(record_, status));
  }
}

void UnaryCall::EndWhenCut() {
  std::uint64_t id = desk_.cut().Add([call = shared_from_this()] { call->End(ShuttingDown()); });
  {
    const MutexLock lock(mu_);
    if (!ended_) {
      on_cut_ = std::exchange(id, 0);
    }
  }
  desk_.cut().Forget(id);
}

void UnaryCall::OnStop(std::function<void()> stop) {
  bool cancelled = false;
  {
    const MutexLock lock(mu_);
    if (ended_) {
      return;
    }
    cancelled = cancelled_;
    stop_ = stop;
  }
  if (cancelled) {
    stop();
    return;
  }
  std::uint64_t id = desk_.drain().Add(std::move(stop));
  {
    const MutexLock lock(mu_);
    if (!ended_) {
      on_drain_ = std::exchange(id, 0);
    }
  }
  desk_.drain().Forget(id);
}

void UnaryCall::OnCancel() {
  std::function<void()> stop;
  {
    const MutexLock lock(mu_);
    cancelled_ = true;
    stop = std::exchange(stop_, nullptr);
  }
  if (stop != nullptr) {
    stop();
  }
}

void UnaryCall::OnDone() {
  {
    const MutexLock lock(mu_);
    stop_ = nullptr;  // it may own this call
  }
  const std::shared_ptr<UnaryCall> last = std::exchange(self_, nullptr);
}

}  // namespace roomkeeper
