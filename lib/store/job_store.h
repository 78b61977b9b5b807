#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"

#include "lib/store/ops.h"
#include "lib/store/queries.h"

namespace roomkeeper {

template <typename T>
using StoreDone = std::function<void(absl::StatusOr<T>)>;

// What a commit made visible. Given to the listener after the commit, in commit order, on the
// committing thread: it must only hand on (post to a loop, wake a waiter). A hint, never the truth:
// it can be lost with the process.
struct CommitNotice {
  struct JobChange {
    JobId id = {};
    BrandId brand = {};
    std::int64_t last_seq = 0;
    bool cancel_requested = false;  // newly, by this commit
  };
  std::vector<JobChange> jobs = {};
  std::vector<ClaimJobs::Result::Claimed> submitted = {};  // jobs inserted with claim_for set
  bool unclaimed_submitted = false;                        // … and without: somebody should claim
  std::vector<ApiKeyId> api_keys = {};                     // created or revoked
  std::optional<std::vector<Freeze>> freezes = {};         // all there are, if that changed
};
using CommitListener = std::function<void(const CommitNotice&)>;

// The durable job table, asynchronously. Thread-safe. No method blocks on disk or network; `done`
// runs once, on a thread of the store, and only after the change is durable (writes) or read
// (reads). It must not block. Errors common to all: kUnavailable (the engine cannot be reached or
// the disk is full: try again), kResourceExhausted (the store's queue is full), kDataLoss (stored
// data is corrupt: page someone). Reads see every write whose `done` has begun to run.
class JobStore {
 public:
  virtual ~JobStore() = default;

  // At most one, set before the first call.
  virtual void SetCommitListener(CommitListener listener) = 0;

  virtual void Submit(SubmitJob op, StoreDone<SubmitJob::Result> done) = 0;
  virtual void Advance(AdvanceJob op, StoreDone<AdvanceJob::Result> done) = 0;
  virtual void Claim(ClaimJobs op, StoreDone<ClaimJobs::Result> done) = 0;
  virtual void Cancel(CancelJob op, StoreDone<CancelJob::Result> done) = 0;
  virtual void Move(MoveRoom op, StoreDone<MoveRoom::Result> done) = 0;
  virtual void Observe(ObserveNotebooks op, StoreDone<ObserveNotebooks::Result> done) = 0;
  virtual void Set(SetFreeze op, StoreDone<SetFreeze::Result> done) = 0;
  virtual void Lift(LiftFreeze op, StoreDone<LiftFreeze::Result> done) = 0;
  virtual void Expire(SetExpiry op, StoreDone<SetExpiry::Result> done) = 0;
  virtual void Note(NoteLook op, StoreDone<NoteLook::Result> done) = 0;

  // kNotFound if absent.
  virtual void GetJob(JobId id, StoreDone<Job> done) = 0;
  virtual void GetRoom(RoomKey key, StoreDone<CleanRoom> done) = 0;
  virtual void ListJobs(JobQuery query, StoreDone<JobPage> done) = 0;
  virtual void ListRooms(RoomQuery query, StoreDone<RoomPage> done) = 0;
  // Rooms whose sweep_at or look_at is not after `now`, the longest due first, at most `limit` that
  // can be read. Its cost does not grow with the rooms that are not due.
  virtual void ListDueRooms(DueFor what, absl::Time now, std::int32_t limit,
                            StoreDone<DueRooms> done) = 0;
  // Events with seq > after_seq, in order, at most `limit`.
  virtual void ReadEvents(JobId id, std::int64_t after_seq, std::int32_t limit,
                          StoreDone<std::vector<JobEvent>> done) = 0;
  virtual void GetStats(StoreDone<StoreStats> done) = 0;
  // What is frozen now, by scope.
  virtual void ListFreezes(StoreDone<std::vector<Freeze>> done) = 0;
};

// Who may call us and for which brand. Same rules as JobStore.
class BrandStore {
 public:
  virtual ~BrandStore() = default;

  virtual void Create(CreateBrand op, StoreDone<CreateBrand::Result> done) = 0;
  virtual void Update(UpdateBrand op, StoreDone<UpdateBrand::Result> done) = 0;
  virtual void Create(CreateInstall op, StoreDone<CreateInstall::Result> done) = 0;
  virtual void Set(SetCallers op, StoreDone<SetCallers::Result> done) = 0;
  virtual void Create(CreateApiKey op, StoreDone<CreateApiKey::Result> done) = 0;
  virtual void Revoke(RevokeApiKey op, StoreDone<RevokeApiKey::Result> done) = 0;

  // kNotFound if absent.
  virtual void GetBrand(BrandId id, StoreDone<Brand> done) = 0;
  virtual void GetInstall(BrandId brand, InstallId install, StoreDone<Install> done) = 0;
  // The install that has the pin; there is at most one.
  virtual void FindInstall(CallerPin pin, StoreDone<Install> done) = 0;
  virtual void GetApiKey(ApiKeyId id, StoreDone<ApiKey> done) = 0;
  virtual void ListBrands(std::int64_t after, std::int32_t limit, StoreDone<BrandPage> done) = 0;
  virtual void ListInstalls(BrandId brand, StoreDone<std::vector<Install>> done) = 0;
};

}  // namespace roomkeeper
