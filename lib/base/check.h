#pragma once

// RK_CHECK ends the process when something that cannot happen has happened. The process is built to
// be killed at any instant (docs/reliability.md), so dying is safer than going on with a broken
// invariant.
#define RK_CHECK(condition)                                                \
  do {                                                                     \
    if (!(condition)) {                                                    \
      ::roomkeeper::internal::CheckFailed(#condition, __FILE__, __LINE__); \
    }                                                                      \
  } while (false)

namespace roomkeeper::internal {

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace roomkeeper::internal
