#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "lib/base/secret.h"

namespace roomkeeper {

struct HttpRequest {
  std::string method = {};  // GET, POST, PATCH, DELETE
  std::string url = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  bool secret_body = false;    // overwritten once it is sent, as all headers are
  bool secret_answer = false;  // its body leaves no copy behind; who gets it overwrites it
  absl::Duration timeout = absl::Seconds(30);
  // PEM file of authorities to trust instead of the system's; empty: the system's.
  std::string ca_file = {};
  // Of the answer's body; more counts as kLost. 0: the client's own bound.
  std::size_t body_bytes_max = 0;
};

// Overwrites what may be secret in a request that has been sent, or never will be.
inline void WipeRequest(HttpRequest& request) {
  for (auto& [name, value] : request.headers) {
    Wipe(value);  // it may be a token
  }
  if (request.secret_body) {
    Wipe(request.body);
  }
}

// What came back, or why nothing did.
struct HttpResult {
  enum class Transport {
    kAnswered,  // status, headers and body are set
    kNotSent,   // refused, no route, TLS handshake failed: the server did not act
    kLost,      // timeout, reset or cut body after sending began: the server may have acted
  };
  Transport transport = Transport::kLost;
  std::string error = {};  // for people, when not answered; no secrets, no full URL query
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers = {};  // names in lower case
  std::string body = {};
};

// Port. Loop thread only; does not block. `done` runs once, on the loop thread, never inside Send.
// One request is one attempt: no retries, no redirects followed. Bodies over 32 MiB count as kLost.
class HttpClient {
 public:
  using Done = std::function<void(HttpResult)>;
  virtual ~HttpClient() = default;
  virtual void Send(HttpRequest request, Done done) = 0;
};

}  // namespace roomkeeper
