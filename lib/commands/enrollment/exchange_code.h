#pragma once

#include <functional>
#include <string>

#include "lib/auth/principal.h"
#include "lib/base/secret.h"
#include "lib/commands/command_context.h"
#include "lib/model/enrollment/enrollment.h"

namespace roomkeeper {

struct ExchangeInput {
  Secret code = {};
  Secret nonce = {};
  InstallId install = {};
  std::string global_metastore_id = {};
  std::int64_t workspace_id = 0;
  std::string invite_recipient_email = {};
};
struct Exchanged {
  Enrollment enrollment = {};
  Install install = {};  // of one that is APPROVED
  Secret key = {};       // … its API key
};
// Who the code proved the caller to be; nobody, if it proved nothing.
struct Proved {
  bool by_code = false;
  Principal principal = {};
};

// An app enrols itself with a code. ENROLLMENT_CODE_INVALID, in the same words whatever is wrong
// with the code; to who has the right one: ENROLLMENT_CODE_REVOKED, _EXPIRED, _USED_UP,
// ENROLLMENT_REFUSED (it asks for something else than before, is not for whom the code is, or an
// operator said no), RESOURCE_EXISTS (the install's id or place is another's), API_KEY_REVOKED (of
// a repeated exchange). `caller` has proved nothing yet; its stamp says of which call it is.
void ExchangeEnrollmentCode(
    const CommandContext& context, const Principal& caller, ExchangeInput input,
    std::function<void(const Proved&, const absl::StatusOr<Exchanged>&)> done);

}  // namespace roomkeeper
