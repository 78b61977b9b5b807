#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/cleanroom/provider.h"
#include "lib/databricks/rest_client.h"
#include "lib/databricks/wire/unity_json.h"
#include "lib/model/room_spec.h"

namespace roomkeeper {

struct AssetFindings {
  AssetSpec asset = {};
  CallResult<wire::Securable> securable = {};
  CallResult<std::vector<std::string>> privileges = {};  // of our principal
};

// What a shard answers to the questions of preflight and of roomctl doctor. Where the first two
// failed the others were not asked.
struct ShardFindings {
  CallResult<wire::Identity> identity = {};
  CallResult<wire::MetastoreSummary> metastore = {};
  CallResult<std::vector<std::string>> metastore_privileges = {};
  CallResult<std::int64_t> rooms = {};  // that we may see
  std::vector<AssetFindings> assets = {};
  std::optional<absl::Duration> clock_ahead = {};  // ours, of the platform's
  std::int32_t calls = 0;
  absl::Duration took = absl::ZeroDuration();
  absl::Duration waited = absl::ZeroDuration();  // for our own request budget

  bool asked_all() const { return identity.ok() && metastore.ok(); }
};

// Reads only. `rest` outlives the answer; `done` runs once, not inside the call.
void GatherFindings(const ScopedRest& rest, std::vector<AssetSpec> assets,
                    std::function<void(ShardFindings)> done);

}  // namespace roomkeeper
