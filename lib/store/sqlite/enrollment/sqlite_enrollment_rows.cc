#include "lib/store/sqlite/enrollment/sqlite_enrollment_rows.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "lib/base/status_macros.h"
#include "lib/store/sqlite/row_codec.h"

namespace roomkeeper {
namespace {

#define RK_CODE_COLUMNS                                                                        \
  "pos, id, brand, display_name, secret_sha256, policy, otherwise, uses_max, uses, packages, " \
  "rooms_max, metastores, email_domains, created_at, expires_at, revoked_at"
#define RK_ENROLLMENT_COLUMNS                                                                  \
  "pos, id, code, brand, install, global_metastore_id, workspace_id, invite_recipient_email, " \
  "key_sha256, state, mismatch, created_at, decided_at"

constexpr char kFindCode[] = "SELECT " RK_CODE_COLUMNS " FROM enrollment_code WHERE id = ?1";
constexpr char kInsertCode[] =
    "INSERT INTO enrollment_code (id, brand, display_name, secret_sha256, policy, otherwise, "
    "uses_max, uses, packages, rooms_max, metastores, email_domains, created_at, expires_at, "
    "revoked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
constexpr char kUpdateCode[] =
    "UPDATE enrollment_code SET uses = ?2, revoked_at = ?3 WHERE id = ?1";
constexpr char kListCodes[] = "SELECT " RK_CODE_COLUMNS
                              " FROM enrollment_code WHERE pos > ?1 AND (?2 IS NULL OR brand = ?2) "
                              "ORDER BY pos LIMIT ?3";
constexpr char kFindEnrollment[] = "SELECT " RK_ENROLLMENT_COLUMNS " FROM enrollment WHERE id = ?1";
constexpr char kInsertEnrollment[] =
    "INSERT INTO enrollment (id, code, brand, install, global_metastore_id, workspace_id, "
    "invite_recipient_email, key_sha256, state, mismatch, created_at, decided_at) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
constexpr char kUpdateEnrollment[] =
    "UPDATE enrollment SET state = ?2, decided_at = ?3 WHERE id = ?1";
constexpr char kListEnrollments[] =
    "SELECT " RK_ENROLLMENT_COLUMNS
    " FROM enrollment WHERE pos > ?1 AND (?2 IS NULL OR brand = ?2) "
    "AND (?3 IS NULL OR state = ?3) ORDER BY pos LIMIT ?4";

std::vector<std::string> Split(const std::string& text) {
  return absl::StrSplit(text, ',', absl::SkipEmpty());
}

EnrollmentCode ReadCode(const SqliteRows& row) {
  return {.id = EnrollmentCodeId(row.Text(1)),
          .brand = BrandId(row.Text(2)),
          .display_name = row.Text(3),
          .secret_sha256 = row.Text(4),
          .policy = row.As<EnrollmentPolicy>(5),
          .otherwise = row.As<EnrollmentPolicy>(6),
          .uses_max = row.Int32(7),
          .uses = row.Int32(8),
          .packages = SplitPackages(row.Text(9)),
          .rooms_max = row.Int32(10),
          .metastores = Split(row.Text(11)),
          .email_domains = Split(row.Text(12)),
          .created_at = row.Time(13),
          .expires_at = row.Time(14),
          .revoked_at = row.OptionalTime(15)};
}

Enrollment ReadEnrollment(const SqliteRows& row) {
  return {.id = EnrollmentId(row.Text(1)),
          .code = EnrollmentCodeId(row.Text(2)),
          .brand = BrandId(row.Text(3)),
          .install = InstallId(row.Text(4)),
          .global_metastore_id = row.Text(5),
          .workspace_id = row.Int(6),
          .invite_recipient_email = row.Text(7),
          .key_sha256 = row.Text(8),
          .state = row.As<EnrollmentState>(9),
          .mismatch = row.Text(10),
          .created_at = row.Time(11),
          .decided_at = row.OptionalTime(12)};
}

template <typename Row>
absl::StatusOr<std::optional<Row>> ReadOne(absl::StatusOr<SqliteRows> rows,
                                           Row (*read)(const SqliteRows&)) {
  RK_RETURN_IF_ERROR(rows.status());
  RK_ASSIGN_OR_RETURN(const bool found, rows->Next());
  return found ? std::optional<Row>(read(*rows)) : std::nullopt;
}

// Up to `limit` of the rows; where to go on, or 0. The query asks for one more.
template <typename Row>
absl::StatusOr<std::int64_t> ReadPage(absl::StatusOr<SqliteRows> rows, std::int32_t limit,
                                      Row (*read)(const SqliteRows&), std::vector<Row>& found) {
  RK_RETURN_IF_ERROR(rows.status());
  for (std::int64_t last = 0;;) {
    RK_ASSIGN_OR_RETURN(const bool any, rows->Next());
    if (!any) {
      return 0;
    }
    if (static_cast<std::int32_t>(found.size()) == limit) {
      return last;
    }
    last = rows->Int(0);
    found.push_back(read(*rows));
  }
}

}  // namespace

absl::StatusOr<std::optional<EnrollmentCode>> SqliteEnrollmentRows::FindCode(
    const EnrollmentCodeId& id) {
  return ReadOne<EnrollmentCode>(db_.Query(kFindCode, id), &ReadCode);
}

absl::Status SqliteEnrollmentRows::InsertCode(const EnrollmentCode& code) {
  return db_
      .Run(kInsertCode, code.id, code.brand, code.display_name, code.secret_sha256, code.policy,
           code.otherwise, code.uses_max, code.uses, JoinPackages(code.packages), code.rooms_max,
           absl::StrJoin(code.metastores, ","), absl::StrJoin(code.email_domains, ","),
           code.created_at, code.expires_at, code.revoked_at)
      .status();
}

absl::Status SqliteEnrollmentRows::UpdateCode(const EnrollmentCode& code) {
  return db_.Run(kUpdateCode, code.id, code.uses, code.revoked_at).status();
}

absl::StatusOr<std::optional<Enrollment>> SqliteEnrollmentRows::FindEnrollment(
    const EnrollmentId& id) {
  return ReadOne<Enrollment>(db_.Query(kFindEnrollment, id), &ReadEnrollment);
}

absl::Status SqliteEnrollmentRows::InsertEnrollment(const Enrollment& enrollment) {
  return db_
      .Run(kInsertEnrollment, enrollment.id, enrollment.code, enrollment.brand, enrollment.install,
           enrollment.global_metastore_id, enrollment.workspace_id,
           enrollment.invite_recipient_email, enrollment.key_sha256, enrollment.state,
           enrollment.mismatch, enrollment.created_at, enrollment.decided_at)
      .status();
}

absl::Status SqliteEnrollmentRows::UpdateEnrollment(const Enrollment& enrollment) {
  return db_.Run(kUpdateEnrollment, enrollment.id, enrollment.state, enrollment.decided_at)
      .status();
}

absl::StatusOr<EnrollmentCode> ReadEnrollmentCode(SqliteDb& db, const EnrollmentCodeId& id) {
  RK_ASSIGN_OR_RETURN(auto code, ReadOne<EnrollmentCode>(db.Query(kFindCode, id), &ReadCode));
  if (!code.has_value()) {
    return absl::NotFoundError(absl::StrCat("no code ", id.value()));
  }
  return *std::move(code);
}

absl::StatusOr<EnrollmentCodePage> ReadEnrollmentCodes(SqliteDb& db,
                                                       const EnrollmentCodeQuery& query) {
  EnrollmentCodePage page;
  RK_ASSIGN_OR_RETURN(page.next,
                      ReadPage<EnrollmentCode>(db.Query(kListCodes, query.after, query.brand,
                                                        static_cast<std::int64_t>(query.limit) + 1),
                                               query.limit, &ReadCode, page.codes));
  return page;
}

absl::StatusOr<EnrollmentPage> ReadEnrollments(SqliteDb& db, const EnrollmentQuery& query) {
  EnrollmentPage page;
  RK_ASSIGN_OR_RETURN(
      page.next,
      ReadPage<Enrollment>(db.Query(kListEnrollments, query.after, query.brand, query.state,
                                    static_cast<std::int64_t>(query.limit) + 1),
                           query.limit, &ReadEnrollment, page.enrollments));
  return page;
}

}  // namespace roomkeeper
