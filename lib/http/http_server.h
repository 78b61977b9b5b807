#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/base/secret.h"

namespace roomkeeper {

struct HttpServerRequest {
  std::string method = {};
  std::string target = {};  // path and query exactly as sent: nothing is percent-decoded
  std::vector<std::pair<std::string, std::string>> headers = {};  // names in lower case
  std::string body = {};
  std::string peer = {};  // "127.0.0.1:40112"

  // The value of the first header of this (lower-case) name; empty if there is none.
  absl::string_view Header(absl::string_view name) const;
  // The target up to the query.
  absl::string_view path() const;
};

struct HttpServerResponse {
  enum class Ending : std::uint8_t {
    kAnswer,
    kReset,     // reset the connection without an answer
    kHang,      // no answer: hold the connection until the client leaves or the server stops
    kSlowBody,  // the head at once, then the body in small parts spread over `delay`
  };
  Ending ending = Ending::kAnswer;
  int status = 200;
  // Not Content-Length, Date or Transfer-Encoding: the server writes those. A header that HTTP
  // cannot carry (a line break in it) is left out.
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  absl::Duration delay = absl::ZeroDuration();  // before kAnswer and kReset; see kSlowBody
};

// Answers one request. Call it once: inside the handler, or later, from any thread, also after
// Stop() or after the server is gone (then it does nothing, as does a second call). Does not block.
// Who never calls it keeps the client waiting until Stop().
using HttpRespond = std::function<void(HttpServerResponse)>;

// Runs on the server's one thread, so it must not block: hand long work elsewhere and answer later.
using HttpHandler = std::function<void(HttpServerRequest, HttpRespond)>;

struct HttpServerOptions {
  std::string address = "127.0.0.1";     // numeric, IPv4 or IPv6
  int port = 0;                          // 0: the system chooses; see HttpServer::port()
  std::string tls_certificate_pem = {};  // with both, https; with none, http
  Secret tls_key_pem = {};
  std::size_t body_bytes_max = 32U << 20U;         // more is answered 413
  std::size_t connections_max = 2000;              // more wait in the listen queue
  std::size_t connection_bytes_max = 64U << 10U;   // head of one request; more is answered 414, 431
  absl::Duration idle_timeout = absl::Minutes(2);  // a connection that sends and reads nothing
};

// A small HTTP/1.1 server with keep-alive. One thread reads, runs the handler and writes; a second
// one waits for delays, so that a delayed answer costs no thread. Thread-safe.
class HttpServer {
 public:
  HttpServer(HttpServerOptions options, HttpHandler handler);
  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds and serves. kInvalidArgument: the address, the port, the certificate or its key is wrong.
  // kUnavailable: the port is in use, or out of resources. Running already: does nothing.
  absl::Status Start();

  // Closes every connection, answered or not, and joins both threads. Not running: does nothing.
  // Not from the handler.
  void Stop();

  // The bound port; 0 when not running.
  int port() const;
  // "http://127.0.0.1:40001" or "https://…"; empty when not running.
  std::string url() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roomkeeper
