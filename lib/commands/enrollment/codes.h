#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/auth/principal.h"
#include "lib/base/secret.h"
#include "lib/commands/command_context.h"
#include "lib/model/enrollment/enrollment.h"

namespace roomkeeper {

// For operators; the RPC boundary lets nobody else in.

inline constexpr absl::Duration kCodeLifetimeMax = absl::Hours(90 * 24);

struct CreateCodeInput {
  EnrollmentCode code = {};  // brand and what the operator chose; uses_max 0: 1
  std::string request_id = {};
};
struct NewCode {
  EnrollmentCode code = {};
  Secret text = {};  // the code itself, here only
};
// RESOURCE_NOT_FOUND (brand), PACKAGE_NOT_FOUND, INVALID_REQUEST (its expiry), REQUEST_ID_REUSED. A
// repeated request_id makes no second code, and cannot show the first one again, which is stored
// hashed: RESOURCE_EXISTS with its name.
void CreateCode(const CommandContext& context, const Principal& principal, CreateCodeInput input,
                StoreDone<NewCode> done);

// RESOURCE_NOT_FOUND.
void RevokeCode(const CommandContext& context, const Principal& principal, EnrollmentCodeId id,
                StoreDone<EnrollmentCode> done);

struct ListCodesOutput {
  std::vector<EnrollmentCode> codes = {};
  std::string next_page_token = {};
};
// Of a brand, or of all for an empty one.
void ListCodes(const CommandContext& context, const BrandId& brand, std::int32_t limit,
               const std::string& page_token, StoreDone<ListCodesOutput> done);

struct ListEnrollmentsInput {
  BrandId brand = {};  // empty: of all
  std::optional<EnrollmentState> state = {};
  std::int32_t limit = 50;
  std::string page_token = {};
};
struct ListEnrollmentsOutput {
  std::vector<Enrollment> enrollments = {};
  std::string next_page_token = {};
};
void ListEnrollmentRows(const CommandContext& context, const ListEnrollmentsInput& input,
                        StoreDone<ListEnrollmentsOutput> done);

// RESOURCE_NOT_FOUND, ENROLLMENT_DECIDED (otherwise before, or its code is revoked),
// RESOURCE_EXISTS (the install's id or place was taken since).
void DecideHeld(const CommandContext& context, const Principal& principal, EnrollmentId id,
                bool approve, StoreDone<Enrollment> done);

}  // namespace roomkeeper
