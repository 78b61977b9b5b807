#pragma once

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/http/http_client.h"
#include "lib/io/event_loop.h"

namespace roomkeeper {

struct CurlOptions {
  std::size_t in_flight_max = 256;                     // transfers at once; more wait in a queue
  std::size_t queue_max = 10'000;                      // longer: answered kNotSent
  std::size_t body_bytes_max = std::size_t{32} << 20;  // of an answer; more: kLost
  long connections_kept_max = 256;                     // idle, for reuse
  absl::Duration connect_timeout = absl::Seconds(10);
  // Load balancers close idle connections after 60 s and more; not racing them keeps writes from
  // ending as kLost for nothing.
  absl::Duration idle_connection_max = absl::Seconds(50);
};

// HttpClient over libcurl's multi interface on the event loop: keep-alive, HTTP/2 where TLS offers
// it, pooled handles, TLS verified always. Proxies are taken from the environment as curl does. A
// request's timeout includes its wait in the queue. libcurl repeats a request by itself when a
// reused connection turns out dead; for POST and PATCH that is refused (kLost), since the server
// may have acted.
class CurlClient final : public HttpClient {
 public:
  // kInternal if libcurl cannot be set up. `loop` outlives the client.
  static absl::StatusOr<std::unique_ptr<CurlClient>> Make(EventLoop& loop, CurlOptions options);
  // On the loop's thread, or after the loop has ended. Open requests are dropped unanswered.
  ~CurlClient() override;

  void Send(HttpRequest request, Done done) override;

  std::size_t in_flight() const;
  std::size_t queued() const;

 private:
  struct Impl;
  explicit CurlClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace roomkeeper
