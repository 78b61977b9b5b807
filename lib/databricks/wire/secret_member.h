#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "lib/base/secret.h"

namespace roomkeeper::wire {

// Takes the text of a member of the JSON object in `body` out of it: what stands there is
// overwritten, so that no parser copies it. Without that member an empty secret. kDataLoss: the
// body is no object as far as the member, or the text has an escape of a character beyond ASCII.
absl::StatusOr<Secret> TakeSecretMember(std::string& body, absl::string_view name);

}  // namespace roomkeeper::wire
