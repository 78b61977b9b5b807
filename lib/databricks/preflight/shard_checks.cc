#include "lib/databricks/preflight/shard_checks.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks/error_map.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

// A token is good for an hour and certificates for months; more than this breaks signatures and
// makes our records hard to compare with theirs.
constexpr absl::Duration kClockToleranceMax = absl::Seconds(30);

using Checks = std::vector<ShardCheck>;

std::string Said(const CallFailure& failure) {
  return failure.error_code.empty() ? failure.message
                                    : absl::StrCat(failure.error_code, ": ", failure.message);
}

std::string Principal(const ShardFindings& findings) {
  const wire::Identity& identity = findings.identity.value;
  return identity.display_name.empty()
             ? identity.user_name
             : absl::StrCat(identity.display_name, " (", identity.user_name, ")");
}

bool Owns(const ShardFindings& findings, const std::string& owner) {
  const wire::Identity& identity = findings.identity.value;
  return owner == identity.user_name ||
         std::find(identity.groups.begin(), identity.groups.end(), owner) != identity.groups.end();
}

bool Holds(const std::vector<std::string>& privileges, absl::string_view wanted) {
  return std::any_of(privileges.begin(), privileges.end(), [wanted](const std::string& it) {
    return it == wanted || it == "ALL_PRIVILEGES";
  });
}

void CheckCredentials(const ShardOptions& shard, const ShardFindings& findings, Checks& checks) {
  ShardCheck check = {.name = "credentials"};
  if (findings.identity.ok()) {
    check.message = absl::StrCat("signed in to ", shard.host, " as ", Principal(findings));
  } else {
    const CallFailure& failure = findings.identity.failure;
    check.ok = false;
    check.message = absl::StrCat("cannot sign in to ", shard.host, ": ", Said(failure));
    check.fix = failure.error == CallError::kUnauthenticated
                    ? absl::StrCat("check that client_id ", shard.client_id,
                                   " is a service principal of this workspace and that the secret "
                                   "is one of its live OAuth secrets")
                    : "check that the host is right and reachable from here";
    check.refused = failure.error == CallError::kUnauthenticated || !LeavesOpen(failure.error);
    if (!LeavesOpen(failure.error)) {
      check.reason = reason::kMissingPrivilege;
      check.heals = true;
    }
  }
  checks.push_back(std::move(check));
}

void CheckClock(const ShardFindings& findings, Checks& checks) {
  if (!findings.clock_ahead.has_value()) {
    return;
  }
  const absl::Duration ahead = *findings.clock_ahead;
  ShardCheck check = {.name = "clock"};
  check.ok = absl::AbsDuration(ahead) <= kClockToleranceMax;
  check.message =
      absl::StrCat("our clock is ", absl::FormatDuration(absl::AbsDuration(ahead)),
                   ahead < absl::ZeroDuration() ? " behind" : " ahead of", " the platform's");
  if (!check.ok) {
    check.fix = "synchronise this machine's clock (NTP)";
  }
  checks.push_back(std::move(check));
}

void CheckMetastore(const ShardOptions& shard, const ShardFindings& findings, Checks& checks) {
  ShardCheck check = {.name = "metastore", .reason = reason::kShardMismatch};
  const wire::MetastoreSummary& metastore = findings.metastore.value;
  if (!findings.metastore.ok()) {
    check.ok = false;
    check.message = absl::StrCat("cannot read the metastore: ", Said(findings.metastore.failure));
    check.fix = "assign the workspace to a metastore and let the service principal use it";
    check.reason = reason::kMissingPrivilege;
    check.heals = true;
    checks.push_back(std::move(check));
    return;
  }
  check.message = absl::StrCat("metastore ", metastore.name, " is ", metastore.global_metastore_id);
  if (!shard.global_metastore_id.empty() &&
      !absl::EqualsIgnoreCase(shard.global_metastore_id, metastore.global_metastore_id)) {
    check.ok = false;
    absl::StrAppend(&check.message, ", the configuration says ", shard.global_metastore_id);
    check.fix = absl::StrCat("correct host or global_metastore_id of shard ", shard.id.value());
  }
  checks.push_back(std::move(check));
  const bool external = metastore.delta_sharing_scope == "INTERNAL_AND_EXTERNAL";
  checks.push_back(
      {.name = "sharing scope",
       .ok = external,
       .message = absl::StrCat("Delta Sharing scope is ", metastore.delta_sharing_scope),
       .fix = external ? ""
                       : "a metastore admin must enable sharing with parties outside the "
                         "organization: scope INTERNAL_AND_EXTERNAL",
       .reason = reason::kSharingScopeNotExternal});
}

void CheckCreatePrivilege(const ShardFindings& findings, Checks& checks) {
  const auto& privileges = findings.metastore_privileges;
  ShardCheck check = {
      .name = "create privilege", .reason = reason::kMissingPrivilege, .heals = true};
  if (!privileges.ok()) {
    // Not everybody may read them; the create itself will tell.
    check.message = absl::StrCat("cannot be read: ", Said(privileges.failure));
  } else if (Holds(privileges.value, "CREATE_CLEAN_ROOM") ||
             Owns(findings, findings.metastore.value.owner)) {
    check.message = absl::StrCat(Principal(findings), " may create clean rooms");
  } else {
    check.ok = false;
    check.message = absl::StrCat(Principal(findings), " has no CREATE_CLEAN_ROOM on the metastore");
    check.fix = absl::StrCat("GRANT CREATE CLEAN ROOM ON METASTORE TO `",
                             findings.identity.value.user_name, "`");
  }
  checks.push_back(std::move(check));
}

void CheckAsset(const ShardFindings& findings, const AssetFindings& asset, Checks& checks) {
  const bool volume = asset.asset.type == AssetType::kVolume;
  const std::string& local_name = asset.asset.local_name;
  const std::string type = absl::AsciiStrToLower(Name(asset.asset.type));
  const char* wanted = volume ? "READ_VOLUME" : "SELECT";
  ShardCheck check = {.name = absl::StrCat(type, " ", local_name)};
  if (!asset.securable.ok()) {
    const bool denied = asset.securable.failure.error == CallError::kDenied;
    check.ok = false;
    check.reason = denied ? reason::kMissingPrivilege : reason::kAssetNotFound;
    check.heals = denied;
    check.message =
        absl::StrCat(type, " ", local_name, denied ? " cannot be seen by " : " does not exist for ",
                     Principal(findings), ": ", Said(asset.securable.failure));
    check.fix = denied ? "grant USE CATALOG, USE SCHEMA and SELECT (or READ VOLUME) on it"
                       : "create it, or correct local_name in the package";
  } else if (!asset.privileges.ok() || Owns(findings, asset.securable.value.owner) ||
             Holds(asset.privileges.value, wanted)) {
    check.message = absl::StrCat(type, " ", local_name, " may be shared");
  } else {
    check.ok = false;
    check.reason = reason::kMissingPrivilege;
    check.heals = true;
    check.message =
        absl::StrCat(Principal(findings), " has no ", wanted, " on ", type, " ", local_name);
    check.fix = absl::StrCat("GRANT ", volume ? "READ VOLUME ON VOLUME " : "SELECT ON TABLE ",
                             local_name, " TO `", findings.identity.value.user_name, "`");
  }
  checks.push_back(std::move(check));
}

}  // namespace

ShardCheck CheckRoomCount(const ShardOptions& shard, const CallResult<std::int64_t>& rooms) {
  ShardCheck check = {.name = "rooms", .reason = reason::kRoomLimitReached, .heals = true};
  if (!rooms.ok()) {
    check.ok = false;
    check.message = absl::StrCat("cannot list clean rooms: ", Said(rooms.failure));
    check.fix = "enable Delta Sharing on the metastore and clean rooms in the account";
    check.reason = reason::kSharingDisabled;
    check.heals = false;
  } else {
    check.ok = rooms.value < shard.room_limit;
    check.message =
        absl::StrCat(rooms.value, " of at most ", shard.room_limit, " clean rooms exist");
    if (!check.ok) {
      check.fix = "delete rooms, or have Databricks raise the quota and then raise room_limit";
    }
  }
  return check;
}

std::vector<ShardCheck> CheckShard(const ShardOptions& shard, const ShardFindings& findings) {
  Checks checks;
  CheckCredentials(shard, findings, checks);
  CheckClock(findings, checks);
  if (!findings.identity.ok()) {
    return checks;
  }
  CheckMetastore(shard, findings, checks);
  if (findings.asked_all()) {
    CheckCreatePrivilege(findings, checks);
    checks.push_back(CheckRoomCount(shard, findings.rooms));
    for (const AssetFindings& asset : findings.assets) {
      CheckAsset(findings, asset, checks);
    }
  }
  return checks;
}

std::vector<Problem> ProblemsOf(const std::vector<ShardCheck>& checks) {
  std::vector<Problem> problems;
  for (const ShardCheck& check : checks) {
    if (!check.ok && !check.reason.empty()) {
      problems.push_back({.reason = check.reason,
                          .message = absl::StrCat(check.message, "; to do: ", check.fix),
                          .move = Move::kProviderOperator,
                          .retryable = check.heals});
    }
  }
  return problems;
}

std::optional<CallFailure> Unanswered(const ShardFindings& findings) {
  std::vector<const CallFailure*> failures = {
      &findings.identity.failure, &findings.metastore.failure,
      &findings.metastore_privileges.failure, &findings.rooms.failure};
  for (const AssetFindings& asset : findings.assets) {
    failures.push_back(&asset.securable.failure);
    failures.push_back(&asset.privileges.failure);
  }
  for (const CallFailure* failure : failures) {
    if (LeavesOpen(failure->error)) {
      return *failure;
    }
  }
  return std::nullopt;
}

}  // namespace roomkeeper
