#include "lib/model/freeze.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

constexpr char kBrandPrefix[] = "brands/";
constexpr char kShardPrefix[] = "shards/";

// Empty unless the rest is a short id.
std::string IdAfter(absl::string_view prefix, absl::string_view scope) {
  return absl::ConsumePrefix(&scope, prefix) && IsShortId(scope) ? std::string(scope) : "";
}

}  // namespace

std::string FreezeScope(const BrandId& brand) {
  return absl::StrCat(kBrandPrefix, brand.value());
}

std::string FreezeScope(const ShardId& shard) {
  return absl::StrCat(kShardPrefix, shard.value());
}

BrandId FrozenBrand(absl::string_view scope) {
  return BrandId(IdAfter(kBrandPrefix, scope));
}

ShardId FrozenShard(absl::string_view scope) {
  return ShardId(IdAfter(kShardPrefix, scope));
}

bool IsFreezeScope(absl::string_view scope) {
  return scope == kFreezeEverything || !FrozenBrand(scope).empty() || !FrozenShard(scope).empty();
}

const Freeze* FindFreeze(const std::vector<Freeze>& freezes, const BrandId& brand,
                         const ShardId& shard) {
  for (const std::string& scope :
       {std::string(kFreezeEverything), FreezeScope(shard), FreezeScope(brand)}) {
    const auto found = std::find_if(freezes.begin(), freezes.end(),
                                    [&](const Freeze& freeze) { return freeze.scope == scope; });
    if (found != freezes.end()) {
      return &*found;
    }
  }
  return nullptr;
}

std::string Describe(const Freeze& freeze) {
  return absl::StrCat(freeze.scope, " was frozen by an operator at ",
                      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", freeze.since, absl::UTCTimeZone()),
                      ", reason: ", freeze.reason);
}

}  // namespace roomkeeper
