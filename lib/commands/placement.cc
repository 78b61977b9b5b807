#include "lib/commands/placement.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

bool IsPinned(const Install& install) {
  return !install.shard.empty();
}

// Greater is better.
std::tuple<bool, bool, bool, std::int64_t> Fitness(const ShardStatus& shard,
                                                   const Install& install) {
  const std::string cloud = absl::StrCat(shard.facts.cloud_vendor, ":");
  const std::string region = absl::StrCat(cloud, shard.facts.region, ":");
  const std::int64_t head_room = shard.rooms_max - shard.rooms;
  return {head_room > 0, absl::StartsWith(install.global_metastore_id, region),
          absl::StartsWith(install.global_metastore_id, cloud), head_room};
}

std::string NameFor(const Principal& reader, const ShardId& shard) {
  return reader.IsOperator() ? absl::StrCat(" (", shard.value(), ")") : "";
}

}  // namespace

absl::StatusOr<ShardStatus> PickShard(const std::vector<ShardStatus>& shards,
                                      const Install& install, const Principal& reader) {
  std::vector<ShardStatus> eligible = shards;
  if (IsPinned(install)) {
    std::erase_if(eligible, [&](const ShardStatus& shard) { return shard.id != install.shard; });
  }
  if (eligible.empty()) {
    return ToStatus({.code = absl::StatusCode::kFailedPrecondition,
                     .reason = reason::kNoEligibleShard,
                     .message = IsPinned(install)
                                    ? absl::StrCat("the install is bound to a provider workspace",
                                                   NameFor(reader, install.shard),
                                                   " that is not configured; the provider's "
                                                   "operator must add it")
                                    : "no provider workspace is configured; the provider's "
                                      "operator must add one"});
  }
  return *std::max_element(eligible.begin(), eligible.end(),
                           [&](const ShardStatus& a, const ShardStatus& b) {
                             return Fitness(a, install) < Fitness(b, install);
                           });
}

}  // namespace roomkeeper
