#pragma once

#include <cstdint>
#include <map>

#include "lib/store/enrollment/enrollment_query.h"
#include "lib/store/enrollment/enrollment_rows.h"

namespace roomkeeper {

// Enrolment codes and exchanges, in memory. Not thread-safe: MemoryEngine holds the lock.
class MemoryEnrollmentRows final : public EnrollmentRows {
 public:
  absl::StatusOr<std::optional<EnrollmentCode>> FindCode(const EnrollmentCodeId& id) override;
  absl::Status InsertCode(const EnrollmentCode& code) override;
  absl::Status UpdateCode(const EnrollmentCode& code) override;
  absl::StatusOr<std::optional<Enrollment>> FindEnrollment(const EnrollmentId& id) override;
  absl::Status InsertEnrollment(const Enrollment& enrollment) override;
  absl::Status UpdateEnrollment(const Enrollment& enrollment) override;

  EnrollmentCodePage ListCodes(const EnrollmentCodeQuery& query) const;
  EnrollmentPage List(const EnrollmentQuery& query) const;

 private:
  std::map<std::int64_t, EnrollmentCode> codes_;  // by creation order
  std::map<EnrollmentCodeId, std::int64_t> code_pos_;
  std::map<std::int64_t, Enrollment> enrollments_;
  std::map<EnrollmentId, std::int64_t> enrollment_pos_;
};

}  // namespace roomkeeper
