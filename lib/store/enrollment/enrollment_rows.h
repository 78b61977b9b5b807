#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "lib/model/enrollment/enrollment.h"

namespace roomkeeper {

// Enrolment codes and exchanges as the rules of the ops need them: as lib/store/rows.h.
class EnrollmentRows {
 public:
  virtual ~EnrollmentRows() = default;

  virtual absl::StatusOr<std::optional<EnrollmentCode>> FindCode(const EnrollmentCodeId& id) = 0;
  virtual absl::Status InsertCode(const EnrollmentCode& code) = 0;
  // `uses` and `revoked_at`: nothing else of it changes.
  virtual absl::Status UpdateCode(const EnrollmentCode& code) = 0;
  virtual absl::StatusOr<std::optional<Enrollment>> FindEnrollment(const EnrollmentId& id) = 0;
  virtual absl::Status InsertEnrollment(const Enrollment& enrollment) = 0;
  // `state` and `decided_at`.
  virtual absl::Status UpdateEnrollment(const Enrollment& enrollment) = 0;
};

}  // namespace roomkeeper
