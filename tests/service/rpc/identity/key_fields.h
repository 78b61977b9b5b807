#pragma once

#include "tests/service/rpc/seen_fields.h"

namespace roomkeeper::testing {

// Part of fields_test.cc: what is answered about keys, and to whom.
void AskKeys(SeenFields& seen);

}  // namespace roomkeeper::testing
