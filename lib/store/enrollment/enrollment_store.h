#pragma once

#include "lib/store/enrollment/enrollment_query.h"
#include "lib/store/job_store.h"
#include "lib/store/ops/enrollment_ops.h"

namespace roomkeeper {

// Enrolment codes and what they were exchanged for. Same rules as JobStore.
class EnrollmentStore {
 public:
  virtual ~EnrollmentStore() = default;

  virtual void Create(CreateEnrollmentCode op, StoreDone<CreateEnrollmentCode::Result> done) = 0;
  virtual void Revoke(RevokeEnrollmentCode op, StoreDone<RevokeEnrollmentCode::Result> done) = 0;
  virtual void Exchange(ExchangeCode op, StoreDone<ExchangeCode::Result> done) = 0;
  virtual void Decide(DecideEnrollment op, StoreDone<DecideEnrollment::Result> done) = 0;

  // kNotFound if absent.
  virtual void GetEnrollmentCode(EnrollmentCodeId id, StoreDone<EnrollmentCode> done) = 0;
  virtual void ListEnrollmentCodes(EnrollmentCodeQuery query,
                                   StoreDone<EnrollmentCodePage> done) = 0;
  virtual void ListEnrollments(EnrollmentQuery query, StoreDone<EnrollmentPage> done) = 0;
};

}  // namespace roomkeeper
