#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/model/audit.h"
#include "lib/model/brand.h"
#include "lib/model/clean_room.h"
#include "lib/model/freeze.h"
#include "lib/model/job.h"
#include "lib/store/audit/audit_ops.h"
#include "lib/store/ops/enrollment_ops.h"
#include "lib/store/ops/freeze_ops.h"
#include "lib/store/ops/install_ops.h"

namespace roomkeeper {

// Every write the product makes, as data: one op is one atomic change, and a storage engine commits
// many ops as one group (lib/store/storage_engine.h). An op that is refused changes nothing and
// does not disturb the others. An op that has `audit` enters what it changed in the audit log, as
// part of the change; null: as Roomkeeper's own doing. What changes nothing is not entered.

// CreateCleanRoom, DeleteCleanRoom, RetryJob: the idempotency key, the room row, the job row and
// its first event. With kMustExist the job takes over progress.settle_until from the room's last
// job. kAlreadyExists: the job id is taken. kDataLoss: a new job that is not QUEUED, a
// new room that is not PENDING.
struct SubmitJob {
  enum class Room : std::uint8_t { kMustBeNew, kMustExist };
  struct Result {
    // In the order in which they are checked, kReplayed and kRequestIdReused first: the answer to a
    // repeated request never depends on what happened since.
    enum class Outcome : std::uint8_t {
      kInserted,
      kReplayed,          // same request_id, same body: `job` is the first answer's job
      kRequestIdReused,   // same request_id, other body; `job` is empty if it made no job
      kRoomExists,        // kMustBeNew, and a room has the key that is not DELETED, or not under
                          // the label of `ci`; `room` is it
      kRoomNotFound,      // kMustExist
      kRoomStateForbids,  // kMustExist, and the stored state may not become room.state (IsLegal);
                          // `room` is it
      kGenerationTaken,   // kMustBeNew, a DELETED room has the key, and room.generation is not its
                          // generation + 1; `room` is it: build the spec anew and submit again
      kRoomBusy,          // another job of this room is not final; `job` is it
      kRevisionMismatch,  // `expected_room_revision` is not the stored one; `room` is it
      kFrozen,            // `freeze` holds the brand or the shard
      kCiRoomsFull,       // the install has `rooms` rooms under the label, ci.rooms_max or more
      kBrandQueueFull,    // jobs_in_flight_max reached
      kQueueFull,         // open_jobs_max reached
      kInstallFull,       // kMustBeNew, install_rooms_max reached
    };
    Outcome outcome = Outcome::kInserted;
    Job job = {};
    CleanRoom room = {};
    Freeze freeze = {};
    std::int64_t rooms = 0;
  };

  // Whose request_ids these are: "brands/acme" or "operators".
  std::string caller_scope = {};
  std::string request_id = {};    // empty: no idempotency asked for
  std::string request_hash = {};  // of method and canonical body
  Room room_rule = Room::kMustBeNew;
  std::int64_t expected_room_revision = 0;  // 0: any
  // The row to insert. A DELETED room of the same key is replaced if `room.generation` is the
  // stored one + 1 (the spec's names depend on it). With kMustExist the stored labels, generation
  // and (but for `moves`) spec stay; only state, move, problem and job are taken from here. A room
  // that becomes DELETING is swept no more, and none is looked at (look_at) with the job open.
  CleanRoom room = {};
  // With kMustExist: the room leaves its spec for room.spec (LeaveFor).
  bool moves = false;
  // With kMustExist: the job begins at job.wake_at only. Until then the room stays as it is and
  // takes purge_at from `room`; the job does not count against its brand's limit.
  bool after_grace = false;
  Job job =
      {};  // epoch and owner are set by the store as for ClaimJobs when `claim_for` is not empty
  std::string event_message = {};
  std::string claim_for = {};  // replica that takes the job at once (saves it the claim), or empty
  std::int32_t brand_jobs_in_flight_max = 0;  // 0: no limit
  std::int32_t open_jobs_max = 0;             // 0: no limit
  std::optional<CiScope> ci = {};             // with kMustBeNew: of a caller with a CI key
  std::int32_t install_rooms_max = 0;         // as CountRooms counts; 0: no limit
  AuditStampPtr audit = {};
};

// The engine's decision: the whole mutable part of job and room, fenced by the job's epoch.
// kAborted: the row has another epoch, is final or is gone: the lease is lost, drop the job.
// kDataLoss: the transition is illegal (our bug, refused by the SQL as well), or finished_at is not
// set exactly when the state is final.
struct AdvanceJob {
  struct Result {
    std::int64_t last_seq = 0;
    bool cancel_requested = false;  // as stored: how the engine hears of a cancel it missed
  };
  Job job = {};  // cancel_requested, last_seq and created_at are ignored
  // revision, labels, expiry, job and created_at are ignored. The specs are written only together
  // with a higher generation (they are a function of it) or with `new_spec`, so that a step does
  // not rewrite them.
  std::optional<CleanRoom> room = {};
  bool new_spec = false;
  std::vector<JobEvent> events = {};  // seq is given by the store, in this order
};

// Leases live jobs to `owner`, oldest first, and bumps the epoch of each. Jobs already owned by
// `owner` are not returned. kInvalidArgument: no owner, or n < 1.
struct ClaimJobs {
  struct Result {
    struct Claimed {
      Job job = {};
      CleanRoom room = {};
    };
    // A job that is QUEUED or WAITING, not cancelled, and whose wake_at lies after `now`, or one
    // that is due beyond `rows_max`: kept small, 100,000 of them are held in memory.
    struct Parked {
      JobId id = {};
      BrandId brand = {};
      ShardId shard = {};
      std::int64_t epoch = 0;
      absl::Time wake_at = {};  // not after `now`: due
    };
    // A due job whose rows cannot be read (kDataLoss). It is taken, so that it is reported once by
    // each owner and holds up no other; it stays as it is until its rows are repaired.
    struct Corrupt {
      JobId id = {};
      BrandId brand = {};
      ShardId shard = {};
      std::string error = {};
    };
    std::vector<Claimed> due = {};
    std::vector<Parked> parked = {};
    std::vector<Corrupt> corrupt = {};
    bool more = false;  // ask again
  };
  std::string owner = {};  // replica identity, random at each boot
  absl::Time now = {};
  std::int32_t n = 0;
  std::int32_t rows_max = INT32_MAX;  // so many come in `due`
};

// Sets cancel_requested, once, with an event "job.cancel_requested". A final job answers
// already_final and does not change. kNotFound. A removal that waits out its grace period
// (`only_in_grace`) is CANCELLED at once, with an event "job.cancelled", and its room is as before;
// kFailedPrecondition if it has begun, or is none.
struct CancelJob {
  struct Result {
    bool already_final = false;
    Job job = {};
  };
  JobId id = {};
  absl::Time now = {};
  std::string message = {};
  bool only_in_grace = false;
  AuditStampPtr audit = {};
};

// A room state change outside any job: ConfirmRoomRemoved. It clears the problem. kNotFound;
// kFailedPrecondition unless the state is `from`.
struct MoveRoom {
  struct Result {
    CleanRoom room = {};
  };
  RoomKey key = {};
  RoomState from = RoomState::kAwaitingBrandDelete;
  RoomState to = RoomState::kDeleted;
  Move move = Move::kNobody;
  absl::Time now = {};
  AuditStampPtr audit = {};
};

// What the platform was last seen to hold, outside any job: current etags for GetRunnableNotebook.
// Their versions are noted (NoteVersion), also of those that are replaced. Seen as before: nothing
// is written and the revision stays. kNotFound. kAborted: the room moved to another package version
// since `package_version` was read.
struct ObserveNotebooks {
  struct Result {
    CleanRoom room = {};
  };
  RoomKey key = {};
  std::string package_version = {};  // of the room that they were seen in; empty: any
  std::vector<NotebookState> notebooks = {};
  absl::Time now = {};
};

// When a room is removed by itself, outside any job: a renewal, and what the sweep has done. The
// rest of the row stays. kNotFound. kAborted: `seen_expires_at` is not the stored one.
// kFailedPrecondition: `sweep_at` is set and the room is DELETING, AWAITING_BRAND_DELETE or
// DELETED.
struct SetExpiry {
  struct Result {
    CleanRoom room = {};
  };
  RoomKey key = {};
  std::optional<absl::Time> seen_expires_at = {};
  std::optional<absl::Time> expires_at = {};
  std::optional<absl::Time> sweep_at = {};
  // Appended to the journal of the room's last job, final or not; empty: no event.
  std::string event_type = {};
  std::string event_message = {};
  absl::Time now = {};
  // Of a new `expires_at`: what the sweep notes of its own is no change.
  AuditStampPtr audit = {};
};

// What a look for drift at a READY or DEGRADED room found, outside any job. A new state or problem
// is an event room.state in the journal of the room's last job. The rest of the row stays, and the
// revision too if only look_at is new. kNotFound. kAborted: `seen_revision` is not the stored one.
// kFailedPrecondition: the room is in another state than those two.
struct NoteLook {
  struct Result {
    CleanRoom room = {};
  };
  RoomKey key = {};
  std::int64_t seen_revision = 0;
  RoomState state = RoomState::kReady;  // or DEGRADED
  std::optional<Problem> problem = {};  // of DEGRADED; its move becomes the room's
  absl::Time look_at = {};              // the next one
  std::optional<std::vector<NotebookState>> notebooks = {};  // as seen; absent: they stay
  absl::Time now = {};
};

// kAlreadyExists, unless the stored one is equal in all that the caller sets.
struct CreateBrand {
  struct Result {
    Brand brand = {};
  };
  Brand brand = {};
  AuditStampPtr audit = {};
};

// Writes all but id and created_at. kNotFound; kAborted when `brand.revision` is not 0 and not the
// stored one.
struct UpdateBrand {
  struct Result {
    Brand brand = {};
  };
  Brand brand = {};
  AuditStampPtr audit = {};
};

// kNotFound: no such brand or install. kAlreadyExists: the id is taken.
struct CreateApiKey {
  struct Result {
    // As SubmitJob's, and checked before all else.
    enum class Outcome : std::uint8_t {
      kInserted,
      kReplayed,         // same request_id, same body: `key` is the key that the first one made
      kRequestIdReused,  // same request_id, other body
    };
    Outcome outcome = Outcome::kInserted;
    ApiKey key = {};
  };
  std::string caller_scope = {};
  std::string request_id = {};  // empty: no idempotency asked for
  std::string request_hash = {};
  ApiKey key = {};
  // The bootstrap key: kAlreadyExists when an admin's key is live, neither revoked nor expired at
  // key.created_at.
  bool only_if_no_admin_key = false;
  AuditStampPtr audit = {};
};

// kNotFound. Revoking twice keeps the first time.
struct RevokeApiKey {
  struct Result {
    ApiKey key = {};
  };
  ApiKeyId id = {};
  absl::Time now = {};
  AuditStampPtr audit = {};
};

using WriteOp =
    std::variant<SubmitJob, AdvanceJob, ClaimJobs, CancelJob, MoveRoom, ObserveNotebooks, SetExpiry,
                 NoteLook, CreateBrand, UpdateBrand, CreateInstall, SetCallers, CreateApiKey,
                 RevokeApiKey, CreateEnrollmentCode, RevokeEnrollmentCode, ExchangeCode,
                 DecideEnrollment, SetFreeze, LiftFreeze, AppendAudit, PruneAudit>;
using WriteResult =
    std::variant<SubmitJob::Result, AdvanceJob::Result, ClaimJobs::Result, CancelJob::Result,
                 MoveRoom::Result, ObserveNotebooks::Result, SetExpiry::Result, NoteLook::Result,
                 CreateBrand::Result, UpdateBrand::Result, CreateInstall::Result,
                 SetCallers::Result, CreateApiKey::Result, RevokeApiKey::Result,
                 CreateEnrollmentCode::Result, RevokeEnrollmentCode::Result, ExchangeCode::Result,
                 DecideEnrollment::Result, SetFreeze::Result, LiftFreeze::Result,
                 AppendAudit::Result, PruneAudit::Result>;

}  // namespace roomkeeper
