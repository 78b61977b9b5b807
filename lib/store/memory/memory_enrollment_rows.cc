#include "lib/store/memory/memory_enrollment_rows.h"

namespace roomkeeper {
namespace {

template <typename Id, typename Row>
std::optional<Row> Find(const std::map<std::int64_t, Row>& rows,
                        const std::map<Id, std::int64_t>& places, const Id& id) {
  const auto found = places.find(id);
  return found == places.end() ? std::nullopt : std::optional(rows.at(found->second));
}

template <typename Id, typename Row>
void Insert(std::map<std::int64_t, Row>& rows, std::map<Id, std::int64_t>& places, const Row& row) {
  const std::int64_t pos = rows.empty() ? 1 : rows.rbegin()->first + 1;
  rows.emplace(pos, row);
  places.emplace(row.id, pos);
}

// Those after `after` that match, at most `limit`; where to go on, or 0.
template <typename Row, typename Match>
std::int64_t Page(const std::map<std::int64_t, Row>& rows, std::int64_t after, std::int32_t limit,
                  const Match& matches, std::vector<Row>& found) {
  std::int64_t last = 0;
  for (auto it = rows.upper_bound(after); it != rows.end(); ++it) {
    if (!matches(it->second)) {
      continue;
    }
    if (static_cast<std::int32_t>(found.size()) == limit) {
      return last;
    }
    found.push_back(it->second);
    last = it->first;
  }
  return 0;
}

}  // namespace

absl::StatusOr<std::optional<EnrollmentCode>> MemoryEnrollmentRows::FindCode(
    const EnrollmentCodeId& id) {
  return Find(codes_, code_pos_, id);
}

absl::Status MemoryEnrollmentRows::InsertCode(const EnrollmentCode& code) {
  Insert(codes_, code_pos_, code);
  return absl::OkStatus();
}

absl::Status MemoryEnrollmentRows::UpdateCode(const EnrollmentCode& code) {
  codes_.at(code_pos_.at(code.id)) = code;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Enrollment>> MemoryEnrollmentRows::FindEnrollment(
    const EnrollmentId& id) {
  return Find(enrollments_, enrollment_pos_, id);
}

absl::Status MemoryEnrollmentRows::InsertEnrollment(const Enrollment& enrollment) {
  Insert(enrollments_, enrollment_pos_, enrollment);
  return absl::OkStatus();
}

absl::Status MemoryEnrollmentRows::UpdateEnrollment(const Enrollment& enrollment) {
  enrollments_.at(enrollment_pos_.at(enrollment.id)) = enrollment;
  return absl::OkStatus();
}

EnrollmentCodePage MemoryEnrollmentRows::ListCodes(const EnrollmentCodeQuery& query) const {
  EnrollmentCodePage page;
  page.next = Page(
      codes_, query.after, query.limit,
      [&](const EnrollmentCode& code) { return !query.brand || *query.brand == code.brand; },
      page.codes);
  return page;
}

EnrollmentPage MemoryEnrollmentRows::List(const EnrollmentQuery& query) const {
  EnrollmentPage page;
  page.next = Page(
      enrollments_, query.after, query.limit,
      [&](const Enrollment& one) {
        return (!query.brand || *query.brand == one.brand) &&
               (!query.state || *query.state == one.state);
      },
      page.enrollments);
  return page;
}

}  // namespace roomkeeper
