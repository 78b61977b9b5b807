#pragma once

#include "tests/service/rpc/seen_fields.h"

namespace roomkeeper::testing {

// The answers about enrolment codes and their exchanges.
void SeeEnrollment(SeenFields& seen);

}  // namespace roomkeeper::testing
