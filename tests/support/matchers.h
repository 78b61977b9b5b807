#pragma once

#include <string>

#include <catch2/catch.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

// The only place that includes Catch2: tests include this header instead.

namespace roomkeeper::testing {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

class StatusIsMatcher : public Catch::MatcherBase<absl::Status> {
 public:
  StatusIsMatcher(absl::StatusCode code, std::string part) : code_(code), part_(std::move(part)) {}
  bool match(const absl::Status& status) const override {
    return status.code() == code_ && absl::StrContains(status.message(), part_);
  }
  std::string describe() const override {
    return absl::StrCat("has code ", absl::StatusCodeToString(code_), " and contains \"", part_,
                        "\"");
  }

 private:
  absl::StatusCode code_;
  std::string part_;
};

// CHECK_THAT(StatusOf(result), StatusIs(absl::StatusCode::kAborted, "epoch 3"));
inline StatusIsMatcher StatusIs(absl::StatusCode code, std::string part = "") {
  return {code, std::move(part)};
}

}  // namespace roomkeeper::testing

namespace Catch {
template <>
struct StringMaker<absl::Status> {
  static std::string convert(const absl::Status& status) { return status.ToString(); }
};
}  // namespace Catch

// Evaluate their argument once.
#define REQUIRE_OK(expression)                                   \
  do {                                                           \
    const auto& rk_result = (expression);                        \
    INFO(::roomkeeper::testing::StatusOf(rk_result).ToString()); \
    REQUIRE(::roomkeeper::testing::StatusOf(rk_result).ok());    \
  } while (false)
#define CHECK_OK(expression)                                     \
  do {                                                           \
    const auto& rk_result = (expression);                        \
    INFO(::roomkeeper::testing::StatusOf(rk_result).ToString()); \
    CHECK(::roomkeeper::testing::StatusOf(rk_result).ok());      \
  } while (false)
