#pragma once

#include <memory>
#include <string>

#include "lib/base/clock.h"
#include "lib/http/curl_client.h"
#include "lib/http/http_client.h"
#include "lib/io/event_loop.h"

namespace roomkeeper::testing {

// The product's own HTTP client, waited for: one request at a time on the calling thread. For tests
// of real programs.
class SyncHttp {
 public:
  SyncHttp();
  HttpResult Send(HttpRequest request);

 private:
  SystemClock clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<CurlClient> client_;
};

// The first value of a header (name in lower case), or "".
std::string HeaderOf(const HttpResult& result, const std::string& name);

}  // namespace roomkeeper::testing
