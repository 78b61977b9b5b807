#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/cleanroom/provider.h"
#include "lib/databricks/preflight/shard_findings.h"
#include "lib/databricks/shard_options.h"
#include "lib/model/clean_room.h"

namespace roomkeeper {

// One line of roomctl doctor. Every check is there, whether ok or not.
struct ShardCheck {
  std::string name = {};  // "credentials", "clock", "sharing scope", "table prod.identity.graph" …
  bool ok = true;
  std::string message = {};  // what was seen
  std::string fix = {};      // what to do; empty when ok
  std::string reason =
      {};  // of the Problem (lib/model/reasons.h), or empty: not ok, but nothing that stops a room
  bool heals = false;    // somebody may put it right while a job waits
  bool refused = false;  // of "credentials": the platform says no, which waiting does not heal
};

// The questions of preflight, answered. Pure.
std::vector<ShardCheck> CheckShard(const ShardOptions& shard, const ShardFindings& findings);

// One of them by itself: is there room for another clean room?
ShardCheck CheckRoomCount(const ShardOptions& shard, const CallResult<std::int64_t>& rooms);

// Those that stop a room, as sentences for the provider's operator.
std::vector<Problem> ProblemsOf(const std::vector<ShardCheck>& checks);

// Set when the questions could not be asked: credentials, or a platform that does not answer. Then
// the findings say nothing about the shard.
std::optional<CallFailure> Unanswered(const ShardFindings& findings);

}  // namespace roomkeeper
