#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/model/enrollment/enrollment.h"

namespace roomkeeper {

// As lib/store/queries.h.

struct EnrollmentCodeQuery {
  std::optional<BrandId> brand = {};
  std::int64_t after = 0;
  std::int32_t limit = 50;
};
struct EnrollmentCodePage {
  std::vector<EnrollmentCode> codes = {};
  std::int64_t next = 0;
};

struct EnrollmentQuery {
  std::optional<BrandId> brand = {};
  std::optional<EnrollmentState> state = {};
  std::int64_t after = 0;
  std::int32_t limit = 50;
};
struct EnrollmentPage {
  std::vector<Enrollment> enrollments = {};
  std::int64_t next = 0;
};

}  // namespace roomkeeper
