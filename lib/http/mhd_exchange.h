#pragma once

#include <microhttpd.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "lib/base/mutex.h"
#include "lib/http/http_server.h"
#include "lib/io/event_loop.h"

namespace roomkeeper {

// One request and its answer on a libmicrohttpd connection. The connection is suspended while the
// answer is not there, so it costs no thread. "Server thread" is libmicrohttpd's; `loop` runs the
// waits.
class MhdExchange : public std::enable_shared_from_this<MhdExchange> {
 public:
  MhdExchange(MHD_Connection& connection, EventLoop& loop, std::string target);

  // Server thread. Adds method, headers and peer to the request.
  void ReadHead(const char* method);
  // Server thread. Past `bytes_max` the bytes are dropped, and the request is too large.
  void AppendBody(const char* data, std::size_t size, std::size_t bytes_max);
  bool too_large() const { return too_large_; }
  // Server thread, once.
  HttpServerRequest TakeRequest() { return std::move(request_); }
  // Server thread. True the first time.
  bool FirstCall();
  bool FirstDispatch();

  // Any thread: what HttpRespond does.
  void Send(HttpServerResponse response) ABSL_LOCKS_EXCLUDED(mu_);
  // Server thread. Queues the answer if it is there, else suspends the connection until it is.
  // MHD_NO closes the connection.
  MHD_Result Proceed() ABSL_LOCKS_EXCLUDED(mu_);
  // Any thread: the connection is closed without an answer.
  void Close() ABSL_LOCKS_EXCLUDED(mu_);
  // Server thread: libmicrohttpd is done with the request; the connection is not touched again.
  void Detach() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void ReleaseAfter(absl::Duration delay) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CloseOnHangup() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Release() ABSL_LOCKS_EXCLUDED(mu_);
  void Resume() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Suspend() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  MHD_Result Queue() ABSL_LOCKS_EXCLUDED(mu_);
  MHD_Result Reset();
  ssize_t ReadSlowly(std::uint64_t position, char* buffer, std::size_t size)
      ABSL_LOCKS_EXCLUDED(mu_);

  EventLoop& loop_;  // touched under mu_ only, and not once the connection is over
  const int fd_;
  // Server thread only.
  MHD_Connection& mhd_;
  HttpServerRequest request_;
  bool too_large_ = false;
  bool begun_ = false;
  bool dispatched_ = false;
  absl::Duration body_start_ = absl::ZeroDuration();

  Mutex mu_;
  MHD_Connection* connection_ ABSL_GUARDED_BY(mu_);  // null: over
  bool suspended_ ABSL_GUARDED_BY(mu_) = false;
  bool sent_ ABSL_GUARDED_BY(mu_) = false;   // Send() was called
  bool ready_ ABSL_GUARDED_BY(mu_) = false;  // the answer may go out; it does not change any more
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  HttpServerResponse answer_;  // written before ready_, read after
};

}  // namespace roomkeeper
