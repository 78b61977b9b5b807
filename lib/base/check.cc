#include "lib/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace roomkeeper::internal {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr,
               "{\"level\":\"fatal\",\"msg\":\"check failed\",\"at\":\"%s:%d\",\"check\":\"%s\"}\n",
               file, line, condition);
  std::abort();
}

}  // namespace roomkeeper::internal
