#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/base/secret.h"
#include "lib/cleanroom/provider.h"
#include "lib/databricks/oauth/credentials.h"
#include "lib/http/http_client.h"
#include "lib/io/loop.h"
#include "lib/obs/log.h"
#include "lib/obs/metrics.h"

namespace roomkeeper {

struct TokenSourceOptions {
  std::string shard = {};  // for logs and metrics
  std::string host = {};   // "https://dbc-….cloud.databricks.com", no slash at the end
  std::string client_id = {};
  std::vector<Credential> credentials = {};  // tried in turn, beginning with the last that worked
  std::string ca_file = {};
  std::string user_agent = {};
  // True: the workspace is known to be away, and a request is not repeated.
  std::function<bool()> outage = [] { return false; };
};

// The access token of one service principal (OAuth M2M at the workspace: client credentials, or the
// exchange of a federation token). Loop thread only. A token is renewed in the background when half
// of its life, or 20 minutes, are left (whichever is later), while the old one stays in use until a
// minute before its end: Azure refuses tokens of 30 s and less. One request at a time, whoever
// waits. A credential that is refused is followed by the next, so that secrets are rotated without
// a gap; when all are, they are asked about again after 30 s at the earliest. After each renewal
// those that were not needed are proved too, so that a dead one is told before it is needed.
// https://docs.databricks.com/en/dev-tools/auth/oauth-m2m.html
class TokenSource {
 public:
  struct Ports {
    Loop& loop;
    HttpClient& http;
    Log& log;
    Metrics& metrics;
    absl::BitGenRef random;
  };
  using Ready = std::function<void(const CallFailure&)>;

  // The ports outlive the source; the source outlives its requests.
  TokenSource(Ports ports, TokenSourceOptions options);
  TokenSource(const TokenSource&) = delete;
  TokenSource& operator=(const TokenSource&) = delete;

  // True if there is a token now; else asks for one and calls `ready` once it is there (error
  // kNone) or cannot be had: kUnauthenticated (an operator must act), kUnavailable or kRateLimited.
  bool Prepare(Ready ready);
  // Adds the Authorization header; Prepare() has said yes. The number names the token.
  std::uint64_t Authorize(HttpRequest& request) const;
  // The platform refused that token: it is not used again.
  void Refused(std::uint64_t token);
  // Tries each credential once, then calls `done` with how each did. Never inside the call.
  void Prove(std::function<void(std::vector<CredentialStatus>)> done);

 private:
  struct Proof;

  void Begin();  // one request for a token, unless one runs
  void Discover();
  void Exchange();
  void OnExchanged(HttpResult& result);
  void OnRefused(const std::string& reason, const std::string& message);
  // `answered` runs once, never inside the call; kUnauthenticated if the credential is no use. The
  // answer may hold a token: it is overwritten behind `answered`.
  void Ask(std::size_t credential, std::function<void(HttpResult&)> answered,
           std::function<void(absl::Status)> unreadable);
  void ProveNext(const std::shared_ptr<Proof>& proof);
  void OnProved(const std::shared_ptr<Proof>& proof, const HttpResult& result);
  void ShowDead();
  bool AcceptEndpoint(const std::string& endpoint);
  // Tries again later within this request's budget, or ends it.
  void RetryOrFail(const HttpResult& result, const char* step);
  void End(CallFailure failure);
  void Fail(CallError error, absl::string_view reason, std::string message);
  bool Usable() const;

  Ports ports_;
  const TokenSourceOptions options_;
  CredentialSet credentials_;
  std::size_t trying_ = 0;     // the credential that is asked with
  std::size_t refused_ = 0;    // how many were, in this asking
  std::string refusals_ = {};  // what was said of them
  std::string endpoint_ = {};  // from discovery
  Secret token_ = {};
  std::uint64_t number_ = 0;       // of token_
  absl::Duration issued_at_ = {};  // monotonic, as the two below
  absl::Duration usable_until_ = -absl::InfiniteDuration();
  absl::Duration blocked_until_ = -absl::InfiniteDuration();  // refused: not asked before
  CallFailure last_failure_ = {};
  std::vector<Ready> waiting_ = {};
  Loop::TimerId renewal_ = 0;
  bool asking_ = false;
  int attempts_ = 0;
  absl::Duration asking_since_ = {};
};

}  // namespace roomkeeper
