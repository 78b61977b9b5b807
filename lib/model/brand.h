#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

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

// One enrolled app in one workspace of a brand: bound to exactly one global metastore.
struct Install {
  BrandId brand = {};
  InstallId id = {};
  std::string global_metastore_id = {};  // cloud:region:uuid
  std::int64_t workspace_id = 0;
  std::string invite_recipient_email = {};  // a person of the brand; may be overridden per request
  ShardId shard = {};                       // empty: placement picks one
  absl::Time created_at = {};
  std::int64_t revision = 0;
  friend bool operator==(const Install&, const Install&) = default;
};

enum class Role : std::uint8_t { kBrand = 1, kOperator = 2 };

// Only the hash is stored. The caller sends "rk_<id>_<secret>".
struct ApiKey {
  ApiKeyId id = {};
  Role role = Role::kBrand;
  BrandId brand = {};      // empty for operators
  InstallId install = {};  // empty: all installs of the brand, read only (see authz)
  std::string display_name = {};
  std::string secret_sha256 = {};
  absl::Time created_at = {};
  std::optional<absl::Time> expires_at = {};
  std::optional<absl::Time> revoked_at = {};
  friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

}  // namespace roomkeeper
