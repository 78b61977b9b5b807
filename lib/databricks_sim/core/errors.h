#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/string_view.h"

namespace roomkeeper::sim {

using Json = nlohmann::json;

// What a handler gives back. The dispatcher adds RequestInfo to errors, headers and delay.
struct Reply {
  int status = 200;
  Json body = Json::object();
  bool is_error = false;                // body is {error_code, message, details}
  std::optional<std::string> raw = {};  // instead of `body`
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// A value, or the answer that refuses the call.
template <typename T>
struct Or {
  Or(T v) : value(std::move(v)) {}  // NOLINT(google-explicit-constructor): as StatusOr
  Or(Reply reply)
      : refusal(std::move(reply)) {}  // NOLINT(google-explicit-constructor): as StatusOr
  T value = {};
  std::optional<Reply> refusal = {};
};
using Refusal = std::optional<Reply>;  // empty: the check passed

// All errors the simulator makes up, in one place. Codes and statuses follow the public error
// tables; texts imitate the style of texts seen in public issue trackers.
Reply Error(int status, absl::string_view code, absl::string_view message);
Reply InvalidParameter(absl::string_view message);           // 400
Reply InvalidState(absl::string_view message);               // 400
Reply MissingFields(const std::vector<std::string>& paths);  // 400
Reply BadUcName(absl::string_view rpc, absl::string_view field, absl::string_view name);
Reply PermissionDenied(absl::string_view message);  // 403
// 404 "Table 'a.b.c' does not exist.", TABLE_DOES_NOT_EXIST
Reply UcNotFound(absl::string_view type, absl::string_view name);
Reply NotFound(absl::string_view message);  // 404 RESOURCE_DOES_NOT_EXIST
Reply EndpointNotFound(absl::string_view method, absl::string_view path);
// `status` "409": RESOURCE_ALREADY_EXISTS; "400": <TYPE>_ALREADY_EXISTS. With ErrorInfo.
Reply AlreadyExists(absl::string_view status, absl::string_view type, absl::string_view name);
// Legacy shape: the HTTP status as an integer in error_code.
Reply LegacyError(int status, absl::string_view message);
// {"error", "error_description"}
Reply OAuthError(int status, absl::string_view error, absl::string_view description);
// A body for a status that a fault asks for without giving one.
Reply ErrorForStatus(int status);

}  // namespace roomkeeper::sim
