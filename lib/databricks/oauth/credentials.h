#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/base/secret.h"
#include "lib/http/http_client.h"

namespace roomkeeper {

// One way in which a service principal proves who it is: an OAuth secret of its own (it may have
// five), or a JWT of our own identity provider that a federation policy of the principal trusts, so
// that there is no Databricks secret at all.
// https://docs.databricks.com/en/dev-tools/auth/oauth-federation.html
struct Credential {
  enum class Kind : std::uint8_t { kClientSecret, kFederationToken };

  std::string name = {};  // as in the config: "client_secret", "client_secret_2", …
  Kind kind = Kind::kClientSecret;
  // Asked at each token request: it may be rotated. kNotFound: there is none now.
  std::function<absl::StatusOr<Secret>()> read = {};
  // Puts a text in its place, durably, so that read() gives the secret in it. Null: it cannot be
  // written. `check_write`: whether it would work, as far as that can be told.
  std::function<absl::Status(absl::string_view)> write = {};
  std::function<absl::Status()> check_write = [] { return absl::OkStatus(); };
  // When it was written, if that is known.
  std::function<std::optional<absl::Time>()> written_at = [] { return std::nullopt; };
};

// How a credential did when it was last tried.
struct CredentialStatus {
  enum class State : std::uint8_t { kUntried, kAbsent, kAccepted, kRefused, kUnreadable };

  std::string name = {};
  Credential::Kind kind = Credential::Kind::kClientSecret;
  State state = State::kUntried;
  std::string message = {};                    // what was said against it, or why nothing is known
  bool in_use = false;                         // it got the access token of now
  std::optional<absl::Time> accepted_at = {};  // last
  std::optional<absl::Time> refused_at = {};   // last
  std::optional<absl::Time> written_at = {};
  std::optional<absl::Time> expires_at = {};  // of a federation token; of a secret it is not told
};

// The credentials of one principal in the order of preference, and how each did. Loop thread only;
// reading one blocks as long as a file read.
class CredentialSet {
 public:
  CredentialSet(std::string client_id, std::vector<Credential> list);

  std::size_t size() const { return list_.size(); }
  const std::string& name(std::size_t index) const { return list_[index].name; }
  bool IsDead(std::size_t index) const;
  // An absent one is passed over in silence.
  bool IsAbsent(std::size_t index) const;

  // The token request that proves `index`, but for its address. Fails as `read` does; kept as its
  // status.
  absl::StatusOr<HttpRequest> MakeRequest(std::size_t index);
  void Accepted(std::size_t index, absl::Time now);
  void Use(std::size_t index);  // the access token of now is its
  void Refused(std::size_t index, absl::Time now, std::string message);
  // Neither: it could not be asked.
  void Unknown(std::size_t index, std::string message);

  std::vector<CredentialStatus> Report() const;

 private:
  absl::StatusOr<HttpRequest> Make(std::size_t index);
  HttpRequest WithSecret(const Secret& secret) const;
  absl::StatusOr<HttpRequest> WithFederationToken(std::size_t index, const Secret& token);

  const std::string client_id_;
  const std::vector<Credential> list_;
  std::vector<CredentialStatus> statuses_ = {};
};

}  // namespace roomkeeper
