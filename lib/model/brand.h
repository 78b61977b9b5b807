#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/model/ids.h"

namespace roomkeeper {

using Labels = std::map<std::string, std::string>;

struct Brand {
  BrandId id = {};
  std::string display_name = {};
  std::string collaborator_alias = {};  // the brand's alias in its rooms: UC naming, [a-z0-9_]
  Labels labels = {};
  std::int32_t jobs_in_flight_max =
      20;  // admission: open jobs of this brand, then RESOURCE_EXHAUSTED
  absl::Time created_at = {};
  absl::Time updated_at = {};
  std::int64_t revision = 0;  // bumped by each write; the API's etag
  friend bool operator==(const Brand&, const Brand&) = default;
};

// The service principal as which an install's app may call with OAuth tokens of its workspace.
struct TokenPin {
  std::string issuer = {};    // exactly the tokens' `iss`; empty: no tokens
  std::string subject = {};   // application id: exactly `sub` and `client_id`
  std::string audience = {};  // one of `aud`
  // Also tokens of scope all-apis: who holds one can act as the app in the brand's workspace.
  bool accept_all_apis = false;
  friend bool operator==(const TokenPin&, const TokenPin&) = default;
};

// One enrolled app in one workspace of a brand: bound to exactly one global metastore.
struct Install {
  BrandId brand = {};
  InstallId id = {};
  std::string global_metastore_id = {};  // cloud:region:uuid
  std::int64_t workspace_id = 0;
  std::string invite_recipient_email = {};  // a person of the brand; may be overridden per request
  ShardId shard = {};                       // empty: placement picks one
  TokenPin token = {};
  std::string certificate_san = {};  // "uri:…" or "dns:…" of its client certificate; empty: none
  std::vector<PackageName> packages = {};  // what its app may have rooms of; empty: anything
  std::int32_t rooms_max = 0;              // rooms its app may have; 0: no limit of its own
  absl::Time created_at = {};
  std::int64_t revision = 0;
  friend bool operator==(const Install&, const Install&) = default;
};

// What a caller proved to be without an API key: the issuer and subject of a token, or the name in
// a client certificate.
struct CallerPin {
  std::string issuer = {};
  std::string subject = {};
  std::string certificate_san = {};  // set: counts alone
};
inline bool Matches(const Install& install, const CallerPin& pin) {
  if (!pin.certificate_san.empty()) {
    return install.certificate_san == pin.certificate_san;
  }
  return !pin.issuer.empty() && install.token.issuer == pin.issuer &&
         install.token.subject == pin.subject;
}

enum class Role : std::uint8_t {
  kBrand = 1,
  kAdmin = 2,  // all that an operator may, and operators' keys
  kOperator = 3,
  kViewer = 4,  // an operator that reads only
  kCi = 5,      // of one install, for the rooms under one label
};
inline bool IsOperator(Role role) {
  return role == Role::kAdmin || role == Role::kOperator || role == Role::kViewer;
}
inline absl::string_view Name(Role role) {
  switch (role) {
    case Role::kBrand:
      return "brand";
    case Role::kAdmin:
      return "admin";
    case Role::kOperator:
      return "operator";
    case Role::kViewer:
      return "viewer";
    case Role::kCi:
      return "CI";
  }
  return "";
}

// What a CI key is held to: its rooms carry the label, are so many at most, and expire.
struct CiScope {
  std::string label_key = {};  // empty: of no CI key
  std::string label_value = {};
  std::int32_t rooms_max = 0;  // of the install, under the label, that the provider still has
  absl::Duration ttl_max = absl::ZeroDuration();
  Labels Label() const { return {{label_key, label_value}}; }
  friend bool operator==(const CiScope&, const CiScope&) = default;
};

// Only the hash is stored. The caller sends "rk_<id>_<secret>".
struct ApiKey {
  ApiKeyId id = {};
  Role role = Role::kBrand;
  BrandId brand = {};      // empty for operators
  InstallId install = {};  // empty: all installs of the brand, read only (see authz)
  CiScope ci = {};         // of a CI key
  std::string display_name = {};
  std::string secret_sha256 = {};
  absl::Time created_at = {};
  std::optional<absl::Time> expires_at = {};
  std::optional<absl::Time> revoked_at = {};
  friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

}  // namespace roomkeeper
