#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/model/ids.h"

namespace roomkeeper {

// What the audit log holds. docs/audit.md is its contract with those who read it: the texts of the
// enums and the fields of an entry are hashed, so they never change.

enum class ActorKind : std::uint8_t {
  kNobody = 1,      // a caller who did not prove who it is
  kBrand = 2,       // a brand's app
  kOperator = 3,    // the provider's people
  kRoomkeeper = 4,  // this server, by itself
};

enum class AuditOutcome : std::uint8_t {
  kDone = 1,      // a change; the entry was committed together with it
  kNoChange = 2,  // a mutating call that was answered OK and changed no record
  kRefused = 3,   // a mutating call that was not done
  kDenied = 4,    // a call of any kind that the caller may not make, or of what is hidden from it
};

absl::string_view Name(ActorKind kind);  // "brand"
absl::string_view Name(AuditOutcome outcome);

// Who makes a change and by which call. It goes with an op to the store, which makes the entry of
// the change from it. Shared by all that one call writes, and never changed.
struct AuditStamp {
  ActorKind actor_kind = ActorKind::kRoomkeeper;
  std::string actor = {};         // "apiKeys/…"; empty for kRoomkeeper
  BrandId brand = {};             // the caller's; empty for operators
  InstallId install = {};         // the caller's
  std::string on_behalf_of = {};  // whom the app says it acts for: nobody has checked it
  std::string method = {};        // "roomkeeper.v1.JobService.CancelJob", or what Roomkeeper does
  std::string request_id = {};
  std::string trace_id = {};
  std::string peer = {};  // the caller's address, without its port
  // An entry was made of it. It counts only once the op was answered OK.
  mutable std::atomic<bool> entered = false;
};
using AuditStampPtr = std::shared_ptr<const AuditStamp>;
// Of what Roomkeeper does by itself.
AuditStampPtr OwnStamp(std::string method);

// The end of a chain: its last entry's number and hash. 0 and empty: nothing was entered yet.
struct AuditHead {
  std::int64_t seq = 0;
  std::string hash = {};
  friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

// One line of the log. Each stands in the chain of the whole log, and in that of its brand if it
// has one, so that a brand can check its own slice without seeing the rest
// (lib/store/audit/audit_chain.h).
struct AuditEntry {
  std::int64_t seq = 0;        // gapless, from 1
  BrandId brand = {};          // whose slice it is in; empty: only operators read it
  std::int64_t brand_seq = 0;  // gapless within the slice, from 1
  absl::Time at = {};
  absl::Time until = {};   // of the last of `count`
  std::int64_t count = 1;  // refused calls alike are one entry
  ActorKind actor_kind = ActorKind::kRoomkeeper;
  std::string actor = {};
  InstallId install = {};
  std::string on_behalf_of = {};
  std::string method = {};
  std::string resource =
      {};                // "brands/acme/installs/web/cleanRooms/x"; of `count`, the first one's
  std::string job = {};  // "jobs/…", the job that the change made or ended
  AuditOutcome outcome = AuditOutcome::kDone;
  std::string code = {};    // "OK", "NOT_FOUND"
  std::string reason = {};  // of lib/model/reasons.h
  std::string request_id = {};
  std::string trace_id = {};
  std::string peer = {};
  std::string previous_hash = {};        // as read: of the entry before it
  std::string hash = {};                 // SHA-256 in hex
  std::string brand_previous_hash = {};  // … and the same in its brand's chain
  std::string brand_hash = {};
  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

}  // namespace roomkeeper
