#pragma once

#include "lib/store/enrollment/enrollment_query.h"
#include "lib/store/enrollment/enrollment_rows.h"
#include "lib/store/sqlite/sqlite_db.h"

namespace roomkeeper {

// The enrollment_code and enrollment tables, inside the open transaction of `db`.
class SqliteEnrollmentRows final : public EnrollmentRows {
 public:
  explicit SqliteEnrollmentRows(SqliteDb& db) : db_(db) {}

  absl::StatusOr<std::optional<EnrollmentCode>> FindCode(const EnrollmentCodeId& id) override;
  absl::Status InsertCode(const EnrollmentCode& code) override;
  absl::Status UpdateCode(const EnrollmentCode& code) override;
  absl::StatusOr<std::optional<Enrollment>> FindEnrollment(const EnrollmentId& id) override;
  absl::Status InsertEnrollment(const Enrollment& enrollment) override;
  absl::Status UpdateEnrollment(const Enrollment& enrollment) override;

 private:
  SqliteDb& db_;
};

// For readers.
absl::StatusOr<EnrollmentCode> ReadEnrollmentCode(SqliteDb& db, const EnrollmentCodeId& id);
absl::StatusOr<EnrollmentCodePage> ReadEnrollmentCodes(SqliteDb& db,
                                                       const EnrollmentCodeQuery& query);
absl::StatusOr<EnrollmentPage> ReadEnrollments(SqliteDb& db, const EnrollmentQuery& query);

}  // namespace roomkeeper
