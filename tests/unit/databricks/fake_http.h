#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "lib/http/http_client.h"
#include "lib/io/loop.h"

namespace roomkeeper::testing {

// Answers requests from a function, after `latency`, on the loop it is given.
class FakeHttp final : public HttpClient {
 public:
  using Handler = std::function<HttpResult(const HttpRequest&)>;
  FakeHttp(Loop& loop, Handler handler) : loop_(loop), handler_(std::move(handler)) {}

  void Send(HttpRequest request, Done done) override {
    requests.push_back(request);
    sent_at.push_back(loop_.clock().Monotonic());
    loop_.RunAfter(latency, [this, request = std::move(request), done = std::move(done)] {
      done(handler_(request));
    });
  }

  static HttpResult Answer(int status, std::string body,
                           std::vector<std::pair<std::string, std::string>> headers = {}) {
    return {.transport = HttpResult::Transport::kAnswered,
            .status = status,
            .headers = std::move(headers),
            .body = std::move(body)};
  }
  static HttpResult Lost() { return {.error = "timed out"}; }
  static HttpResult NotSent() {
    return {.transport = HttpResult::Transport::kNotSent, .error = "connection refused"};
  }

  absl::Duration latency = absl::Milliseconds(10);
  std::vector<HttpRequest> requests = {};
  std::vector<absl::Duration> sent_at = {};

 private:
  Loop& loop_;
  Handler handler_;
};

inline std::string HeaderOf(const HttpRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

}  // namespace roomkeeper::testing
