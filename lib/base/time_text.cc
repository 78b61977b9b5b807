#include "lib/base/time_text.h"

namespace roomkeeper {

std::string UtcText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

}  // namespace roomkeeper
