#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "lib/store/counters.h"
#include "lib/store/ops.h"
#include "lib/store/queries.h"

namespace roomkeeper {

// What the rules of the ops (lib/store/op_rules.h) ask of a storage engine: rows, found and
// written, no decision. Used on the thread that applies, inside its transaction. An error means
// that the row could not be read or written, never that a rule was broken.

// The part of a row that the rules decide by: read without decoding the documents in it.
struct JobHead {
  std::int64_t pos = 0;          // creation order
  std::int64_t journal_pos = 0;  // of the last event, where the engine keeps one
  JobId id = {};
  RoomKey room = {};
  JobState state = JobState::kQueued;
  std::int64_t epoch = 0;
  std::int64_t last_seq = 0;
  bool cancel_requested = false;
  bool deferred = false;  // IsDeferred
};
struct RoomHead {
  std::int64_t pos = 0;  // creation order
  ShardId shard = {};
  RoomState state = RoomState::kPending;
  std::int32_t generation = 1;
  std::int64_t revision = 0;
  JobId job = {};
};
struct RequestRow {
  std::string hash = {};
  std::string answer = {};  // id of the job, or of the API key, that it made
};

// QUEUED, but not to begin yet: a removal that waits out its grace period.
inline bool IsDeferred(const Job& job) {
  return job.state == JobState::kQueued && job.wake_at > job.created_at;
}

// When a claimed job has to be looked at: at once, unless it only waits for its wake_at.
inline absl::Time DueAt(const Job& job) {
  const bool waits = job.state == JobState::kQueued || job.state == JobState::kWaiting;
  return waits && !job.cancel_requested ? job.wake_at : absl::InfinitePast();
}

class JobRows {
 public:
  virtual ~JobRows() = default;

  virtual absl::StatusOr<std::optional<JobHead>> FindJob(const JobId& id) = 0;
  virtual absl::StatusOr<Job> LoadJob(const JobHead& head) = 0;
  // kAlreadyExists, and nothing written, if the id is taken.
  virtual absl::StatusOr<JobHead> InsertJob(const Job& job, const std::string& owner,
                                            const JobEvent& first) = 0;
  // Appends `events` and writes all of `job` that can change.
  virtual absl::Status UpdateJob(const JobHead& head, const Job& job,
                                 const std::vector<JobEvent>& events) = 0;
  // Appends to the journal of a job, final or not, and changes nothing else of it but last_seq.
  virtual absl::Status NoteEvent(const JobHead& head, const JobEvent& event) = 0;
  virtual absl::StatusOr<ClaimJobs::Result> Claim(const ClaimJobs& op) = 0;

  virtual absl::StatusOr<std::optional<RoomHead>> FindRoom(const RoomKey& key) = 0;
  virtual absl::StatusOr<CleanRoom> LoadRoom(const RoomKey& key) = 0;
  // Of the install, that carry all of the labels; not those of which the provider has nothing any
  // more, AWAITING_BRAND_DELETE and DELETED.
  virtual absl::StatusOr<std::int64_t> CountRooms(const BrandId& brand, const InstallId& install,
                                                  const Labels& labels) = 0;
  virtual absl::Status InsertRoom(const CleanRoom& room) = 0;
  virtual absl::Status EraseRoom(const RoomHead& head) = 0;
  // All of `room` that can change; its specs only if `new_spec`.
  virtual absl::Status UpdateRoom(const RoomHead& head, const CleanRoom& room, bool new_spec) = 0;
  // expires_at and sweep_at, which UpdateRoom leaves alone, with revision and updated_at.
  virtual absl::Status UpdateExpiry(const RoomHead& head, const CleanRoom& room) = 0;

  virtual absl::StatusOr<std::optional<RequestRow>> FindRequest(const std::string& caller_scope,
                                                                const std::string& request_id) = 0;
  virtual absl::Status InsertRequest(const std::string& caller_scope, const std::string& request_id,
                                     const RequestRow& row) = 0;
};

// Brands, installs, keys and freezes.
class BrandRows {
 public:
  virtual ~BrandRows() = default;

  virtual absl::StatusOr<std::optional<Brand>> FindBrand(const BrandId& id) = 0;
  virtual absl::Status InsertBrand(const Brand& brand) = 0;
  virtual absl::Status UpdateBrand(const Brand& brand) = 0;
  virtual absl::StatusOr<std::optional<Install>> FindInstall(const BrandId& brand,
                                                             const InstallId& id) = 0;
  virtual absl::StatusOr<bool> HasInstall(const std::string& global_metastore_id,
                                          std::int64_t workspace_id) = 0;
  virtual absl::StatusOr<std::optional<Install>> FindInstallOf(const CallerPin& pin) = 0;
  virtual absl::Status InsertInstall(const Install& install) = 0;
  virtual absl::Status UpdateInstall(const Install& install) = 0;
  virtual absl::StatusOr<std::optional<ApiKey>> FindApiKey(const ApiKeyId& id) = 0;
  // Neither revoked nor expired at `now`.
  virtual absl::StatusOr<bool> HasLiveAdminKey(absl::Time now) = 0;
  virtual absl::Status InsertApiKey(const ApiKey& key) = 0;
  virtual absl::Status UpdateApiKey(const ApiKey& key) = 0;
  // By scope.
  virtual absl::StatusOr<std::vector<Freeze>> ListFreezes() = 0;
  // In place of the one of its scope.
  virtual absl::Status PutFreeze(const Freeze& freeze) = 0;
  virtual absl::Status EraseFreeze(const std::string& scope) = 0;
};

}  // namespace roomkeeper
