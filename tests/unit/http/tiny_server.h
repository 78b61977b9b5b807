#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "absl/time/time.h"

#include "lib/io/event_loop.h"

namespace roomkeeper::testing {

// A TCP server for tests of HTTP clients: it hands out whole requests and sends back whatever bytes
// the test likes, on the test's own loop. Loopback, a port of the kernel's choice, no TLS.
class TinyServer {
 public:
  struct Reply {
    std::string bytes = {};
    absl::Duration delay = absl::ZeroDuration();
    enum class Then { kKeep, kClose, kReset } then = Then::kKeep;
  };
  using Handler = std::function<Reply(const std::string& request)>;

  TinyServer(EventLoop& loop, Handler handler);
  ~TinyServer();
  TinyServer(const TinyServer&) = delete;
  TinyServer& operator=(const TinyServer&) = delete;

  std::string Url(const std::string& path) const;
  int connections() const { return connections_; }  // accepted so far
  const std::deque<std::string>& requests() const { return requests_; }
  void CloseIdle();  // all connections, as a server does after its idle time

  // "HTTP/1.1 200 OK" with a content-length.
  static std::string Ok(const std::string& body, const std::string& headers = "");

 private:
  void Accept();
  void Read(int fd);
  void Answer(int fd, const Reply& reply);
  void Drop(int fd, bool reset);

  EventLoop& loop_;
  Handler handler_;
  int listen_fd_ = -1;
  std::uint16_t port_ = 0;
  int connections_ = 0;
  std::map<int, std::string> buffers_;  // by connection
  std::map<Loop::TimerId, int> delayed_;
  std::deque<std::string> requests_;
};

}  // namespace roomkeeper::testing
