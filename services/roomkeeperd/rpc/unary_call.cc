#include "services/roomkeeperd/rpc/unary_call.h"

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
  });
  return call.get();
}

void UnaryCall::End(const absl::Status& status) {
  std::uint64_t on_shut_down = 0;
  {
    const MutexLock lock(mu_);
    ended_ = true;
    on_shut_down = std::exchange(on_shut_down_, 0);
  }
  desk_.ForgetShutDown(on_shut_down);
  Finish(desk_.Leave(record_, status));
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
  std::uint64_t id = desk_.OnShutDown(std::move(stop));
  {
    const MutexLock lock(mu_);
    if (!ended_) {
      on_shut_down_ = std::exchange(id, 0);
    }
  }
  desk_.ForgetShutDown(id);
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
