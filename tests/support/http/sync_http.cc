#include "tests/support/http/sync_http.h"

#include <utility>

namespace roomkeeper::testing {

SyncHttp::SyncHttp() : loop_(*EventLoop::Make(clock_)), client_(*CurlClient::Make(*loop_, {})) {}

HttpResult SyncHttp::Send(HttpRequest request) {
  HttpResult answer;
  client_->Send(std::move(request), [&](HttpResult result) {
    answer = std::move(result);
    loop_->Stop();
  });
  loop_->Run();
  return answer;
}

std::string HeaderOf(const HttpResult& result, const std::string& name) {
  for (const auto& [key, value] : result.headers) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

}  // namespace roomkeeper::testing
