#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/time.h"

#include "lib/model/audit.h"

namespace roomkeeper {

// Entries in the order of their numbers. A page may hold fewer than `limit` and still not be the
// last: an engine looks at a bounded number of rows for each.
struct AuditQuery {
  // The slice of a brand: `after` and the page's numbers are then those of its chain.
  std::optional<BrandId> brand = {};
  std::string method = {};    // its last part, "CancelJob", or all of it
  std::string actor = {};     // exactly
  std::string resource = {};  // it, or what is below it
  std::optional<AuditOutcome> outcome = {};
  std::optional<absl::Time> since = {};
  std::optional<absl::Time> until = {};  // not included
  std::int64_t after = 0;
  std::int32_t limit = 50;
};

struct AuditPage {
  std::vector<AuditEntry> entries = {};
  std::int64_t next = 0;  // 0: no more
  // Of the chain asked for: what was erased goes up to the anchor.
  AuditHead anchor = {};
  AuditHead head = {};
};

// `after` and `limit` are the engine's.
inline bool Matches(const AuditQuery& query, const AuditEntry& entry) {
  const auto below = [](const std::string& whole, const std::string& part, char separator) {
    return part.empty() || whole == part ||
           (absl::StartsWith(whole, part) && whole[part.size()] == separator);
  };
  const bool method = query.method.empty() || entry.method == query.method ||
                      absl::EndsWith(entry.method, "." + query.method);
  return (!query.brand.has_value() || *query.brand == entry.brand) && method &&
         (query.actor.empty() || query.actor == entry.actor) &&
         below(entry.resource, query.resource, '/') &&
         (!query.outcome.has_value() || *query.outcome == entry.outcome) &&
         (!query.since.has_value() || entry.until >= *query.since) &&
         (!query.until.has_value() || entry.at < *query.until);
}

}  // namespace roomkeeper
