#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Named like the macros a later Abseil has, with our prefix, so that they can be dropped for them.
#define RK_RETURN_IF_ERROR(expression)                            \
  do {                                                            \
    if (absl::Status rk_status = (expression); !rk_status.ok()) { \
      return rk_status;                                           \
    }                                                             \
  } while (false)

#define RK_ASSIGN_OR_RETURN(declaration, expression) \
  RK_ASSIGN_OR_RETURN_IMPL_(RK_CONCAT_(rk_statusor_, __LINE__), declaration, expression)
#define RK_CONCAT_INNER_(a, b) a##b
#define RK_CONCAT_(a, b) RK_CONCAT_INNER_(a, b)
#define RK_ASSIGN_OR_RETURN_IMPL_(result, declaration, expression) \
  auto result = (expression);                                      \
  if (!result.ok()) {                                              \
    return result.status();                                        \
  }                                                                \
  declaration = *std::move(result)

namespace roomkeeper {

// The same code and payloads, with "context: " before the message. Call it once per floor.
inline absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  absl::Status annotated(status.code(), absl::StrCat(context, ": ", status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    annotated.SetPayload(url, payload);
  });
  return annotated;
}

}  // namespace roomkeeper
