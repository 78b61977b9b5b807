#include "lib/base/no_core.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace roomkeeper {

void LeaveNoCore() {
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  (void)prctl(PR_SET_DUMPABLE, 0);  // what a core_pattern with a pipe heeds
}

}  // namespace roomkeeper
