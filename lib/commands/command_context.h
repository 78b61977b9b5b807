#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"

#include "lib/auth/key_verifier.h"
#include "lib/base/clock.h"
#include "lib/base/secret.h"
#include "lib/cleanroom/provenance.h"
#include "lib/cleanroom/provider.h"
#include "lib/commands/audit/call_audit.h"
#include "lib/commands/enrolled_cache.h"
#include "lib/commands/shard_directory.h"
#include "lib/events/event_hub.h"
#include "lib/io/loop.h"
#include "lib/packages/package_catalog.h"
#include "lib/store/enrollment/enrollment_store.h"
#include "lib/store/job_store.h"

namespace roomkeeper {

struct CommandSettings {
  // Signs page tokens; the same on every replica, or a page cannot be continued on another.
  Secret page_token_key = {};
  // This replica's identity: a job it accepts is claimed at once. Empty: somebody claims it later.
  std::string claim_for = {};
  // Admission: open jobs of all brands, then RESOURCE_EXHAUSTED. Held in memory by the engine at
  // about 400 bytes each.
  std::int32_t open_jobs_max = 200000;
  // Open jobs of a brand that was created without a limit of its own.
  std::int32_t brand_jobs_in_flight_max = 20;
  // A job that is still open then fails. Days, because a platform outage must not fail it.
  absl::Duration provision_deadline = absl::Hours(48);
  absl::Duration teardown_deadline = absl::Hours(48);
  // A room that expires lives at most so long after it was asked for, renewals included.
  absl::Duration room_lifetime_max = absl::Hours(168);
  // How long before its expiry a room is warned of; of a shorter life, half of what is left.
  absl::Duration expiry_warning_lead = absl::Minutes(15);
  // How long a removal of a room that can be run waits before it begins, and may be taken back.
  absl::Duration delete_grace = absl::ZeroDuration();
  // Whose tokens make operators, so that no install is enrolled with it; empty: nobody's.
  std::string operator_issuer = {};
};

// Everything the commands stand on. The names in their inputs were judged where the call came in
// (services/roomkeeperd/rpc/authz.h): a command trusts them, and judges only what a row tells, such
// as whose a job is. Each command is one use case: it takes the context, the caller
// and its input, never blocks, and calls `done` once, on any thread, possibly before it returns.
// What it refuses is a Refusal (lib/model/refusal.h); any other error is the store's or ours.
// All referenced objects outlive the calls.
struct CommandContext {
  JobStore& jobs;
  BrandStore& brands;
  EnrollmentStore& enrollments;
  AuditStore& audit;
  CallAudit& call_audit;
  const PackageCatalog& packages;
  const ShardDirectory& shards;
  PlatformReads& provider;  // called on `loop` only
  Loop& loop;
  KeyVerifier& keys;
  EventHub& hub;
  const Provenance& provenance;
  const Clock& clock;
  CommandSettings settings = {};
  std::shared_ptr<EnrolledCache> enrolled = std::make_shared<EnrolledCache>();
};

}  // namespace roomkeeper
