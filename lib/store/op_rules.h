#pragma once

#include "absl/status/statusor.h"

#include "lib/store/audit/audit_rows.h"
#include "lib/store/counters.h"
#include "lib/store/enrollment/enrollment_rows.h"
#include "lib/store/job_store.h"
#include "lib/store/ops.h"
#include "lib/store/rows.h"

namespace roomkeeper {

// The rules of every op (the comments of lib/store/ops.h), written once, so that storage engines
// cannot differ in them. An op that is refused has written nothing. After kInternal, kDataLoss from
// a row, or any other error of `rows`, the op may have written in part: roll back.
struct Rules {
  JobRows& jobs;
  BrandRows& brands;
  EnrollmentRows& enrollments;
  AuditRows& audit;
  StoreCounters& counters;
  CommitNotice& notice;

  absl::StatusOr<WriteResult> Apply(const WriteOp& op);

 private:
  absl::StatusOr<SubmitJob::Result> Run(const SubmitJob& op);
  absl::StatusOr<AdvanceJob::Result> Run(const AdvanceJob& op);
  absl::StatusOr<ClaimJobs::Result> Run(const ClaimJobs& op);
  absl::StatusOr<CancelJob::Result> Run(const CancelJob& op);
  absl::StatusOr<MoveRoom::Result> Run(const MoveRoom& op);
  absl::StatusOr<ObserveNotebooks::Result> Run(const ObserveNotebooks& op);
  absl::StatusOr<SetExpiry::Result> Run(const SetExpiry& op);
  absl::StatusOr<NoteLook::Result> Run(const NoteLook& op);
  absl::StatusOr<CreateBrand::Result> Run(const CreateBrand& op);
  absl::StatusOr<UpdateBrand::Result> Run(const UpdateBrand& op);
  absl::StatusOr<CreateInstall::Result> Run(const CreateInstall& op);
  absl::StatusOr<SetCallers::Result> Run(const SetCallers& op);
  absl::StatusOr<CreateApiKey::Result> Run(const CreateApiKey& op);
  absl::StatusOr<RevokeApiKey::Result> Run(const RevokeApiKey& op);
  absl::StatusOr<CreateEnrollmentCode::Result> Run(const CreateEnrollmentCode& op);
  absl::StatusOr<RevokeEnrollmentCode::Result> Run(const RevokeEnrollmentCode& op);
  absl::StatusOr<ExchangeCode::Result> Run(const ExchangeCode& op);
  absl::StatusOr<DecideEnrollment::Result> Run(const DecideEnrollment& op);
  absl::StatusOr<SetFreeze::Result> Run(const SetFreeze& op);
  absl::StatusOr<LiftFreeze::Result> Run(const LiftFreeze& op);
  absl::StatusOr<AppendAudit::Result> Run(const AppendAudit& op);
  absl::StatusOr<PruneAudit::Result> Run(const PruneAudit& op);

  // The install and the key of an exchange.
  absl::Status EnrollBy(const EnrollmentCode& code, const Enrollment& enrollment, absl::Time now);
  // A removal that has not begun; `job` becomes the row as it is then.
  absl::Status TakeBack(const CancelJob& op, const JobHead& head, Job& job);
  // To the journal of the room's last job, which is mostly final by then: its row stays as it is
  // but for the event's number. Of `event`: at, type, move (if it is not the job's), message.
  absl::Status TellOfRoom(const CleanRoom& room, JobEvent event);

  // The audit entry of a change. Of `entry`: when, which resource, whose slice, and as `method`
  // what it is when nobody called.
  absl::Status Enter(const AuditStampPtr& stamp, AuditEntry entry);
  absl::Status Append(AuditEntry entry);
};

}  // namespace roomkeeper
