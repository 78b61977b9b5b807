#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/model/ids.h"

namespace roomkeeper {

// An operator's order: nothing of this scope writes to the platform until it is thawed.
struct Freeze {
  std::string scope = {};   // "brands/acme", "shards/main", or kFreezeEverything
  std::string reason = {};  // for people
  std::string by = {};      // the API key that gave the order: "apiKeys/…"
  absl::Time since = {};
  friend bool operator==(const Freeze&, const Freeze&) = default;
};

inline constexpr char kFreezeEverything[] = "everything";

std::string FreezeScope(const BrandId& brand);
std::string FreezeScope(const ShardId& shard);
// Empty if the scope is not one of a brand, or of a shard.
BrandId FrozenBrand(absl::string_view scope);
ShardId FrozenShard(absl::string_view scope);
bool IsFreezeScope(absl::string_view scope);

// The widest of `freezes` that holds a brand's room on a shard; null: it may be changed.
const Freeze* FindFreeze(const std::vector<Freeze>& freezes, const BrandId& brand,
                         const ShardId& shard);

// "brands/acme was frozen by an operator at 2026-01-02T03:04:05Z, reason: …"
std::string Describe(const Freeze& freeze);

}  // namespace roomkeeper
