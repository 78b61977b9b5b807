#pragma once

#include <functional>

#include "lib/store/audit/audit_store.h"
#include "lib/store/enrollment/enrollment_store.h"
#include "lib/store/job_store.h"
#include "lib/store/storage_engine.h"

namespace roomkeeper {

// Turns the methods of the four ports into two: one that writes and one that reads.
class StoreFront : public JobStore, public BrandStore, public EnrollmentStore, public AuditStore {
 public:
  void Submit(SubmitJob op, StoreDone<SubmitJob::Result> done) final;
  void Advance(AdvanceJob op, StoreDone<AdvanceJob::Result> done) final;
  void Claim(ClaimJobs op, StoreDone<ClaimJobs::Result> done) final;
  void Cancel(CancelJob op, StoreDone<CancelJob::Result> done) final;
  void Move(MoveRoom op, StoreDone<MoveRoom::Result> done) final;
  void Observe(ObserveNotebooks op, StoreDone<ObserveNotebooks::Result> done) final;
  void Set(SetFreeze op, StoreDone<SetFreeze::Result> done) final;
  void Lift(LiftFreeze op, StoreDone<LiftFreeze::Result> done) final;
  void Expire(SetExpiry op, StoreDone<SetExpiry::Result> done) final;
  void Note(NoteLook op, StoreDone<NoteLook::Result> done) final;
  void GetJob(JobId id, StoreDone<Job> done) final;
  void GetRoom(RoomKey key, StoreDone<CleanRoom> done) final;
  void ListJobs(JobQuery query, StoreDone<JobPage> done) final;
  void ListRooms(RoomQuery query, StoreDone<RoomPage> done) final;
  void ListDueRooms(DueFor what, absl::Time now, std::int32_t limit,
                    StoreDone<DueRooms> done) final;
  void ReadEvents(JobId id, std::int64_t after_seq, std::int32_t limit,
                  StoreDone<std::vector<JobEvent>> done) final;
  void GetStats(StoreDone<StoreStats> done) final;
  void ListFreezes(StoreDone<std::vector<Freeze>> done) final;

  void Create(CreateBrand op, StoreDone<CreateBrand::Result> done) final;
  void Update(UpdateBrand op, StoreDone<UpdateBrand::Result> done) final;
  void Create(CreateInstall op, StoreDone<CreateInstall::Result> done) final;
  void Set(SetCallers op, StoreDone<SetCallers::Result> done) final;
  void Create(CreateApiKey op, StoreDone<CreateApiKey::Result> done) final;
  void Revoke(RevokeApiKey op, StoreDone<RevokeApiKey::Result> done) final;
  void GetBrand(BrandId id, StoreDone<Brand> done) final;
  void GetInstall(BrandId brand, InstallId install, StoreDone<Install> done) final;
  void FindInstall(CallerPin pin, StoreDone<Install> done) final;
  void GetApiKey(ApiKeyId id, StoreDone<ApiKey> done) final;
  void ListBrands(std::int64_t after, std::int32_t limit, StoreDone<BrandPage> done) final;
  void ListInstalls(BrandId brand, StoreDone<std::vector<Install>> done) final;

  void Create(CreateEnrollmentCode op, StoreDone<CreateEnrollmentCode::Result> done) final;
  void Revoke(RevokeEnrollmentCode op, StoreDone<RevokeEnrollmentCode::Result> done) final;
  void Exchange(ExchangeCode op, StoreDone<ExchangeCode::Result> done) final;
  void Decide(DecideEnrollment op, StoreDone<DecideEnrollment::Result> done) final;
  void GetEnrollmentCode(EnrollmentCodeId id, StoreDone<EnrollmentCode> done) final;
  void ListEnrollmentCodes(EnrollmentCodeQuery query, StoreDone<EnrollmentCodePage> done) final;
  void ListEnrollments(EnrollmentQuery query, StoreDone<EnrollmentPage> done) final;

  void Append(AppendAudit op, StoreDone<AppendAudit::Result> done) final;
  void Prune(PruneAudit op, StoreDone<PruneAudit::Result> done) final;
  void ListAudit(AuditQuery query, StoreDone<AuditPage> done) final;

 protected:
  using WriteDone = std::function<void(absl::StatusOr<WriteResult>)>;
  // The reader to use, or why there is none (the queue is full, the store stops).
  using ReadTask = std::function<void(absl::StatusOr<StorageEngine::Reader*>)>;

  virtual void Write(WriteOp op, WriteDone done) = 0;
  virtual void Read(ReadTask task) = 0;
};

}  // namespace roomkeeper
