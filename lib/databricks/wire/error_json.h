#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace roomkeeper::wire {

// What an answer with an error says, whatever shape it came in: {error_code, message, details},
// OAuth's {error, error_description}, SCIM's {detail, status}, plain "CODE: message", HTML, or
// nothing. https://docs.databricks.com/api/account/errors
struct ErrorBody {
  std::string error_code = {};            // empty where absent or a number
  bool error_code_is_number = false;      // legacy endpoints put the HTTP status there
  std::string message = {};               // at most 500 bytes
  std::string request_id = {};            // of RequestInfo
  std::vector<std::string> reasons = {};  // of ErrorInfo
  bool has_quota_failure = false;
  absl::Duration retry_delay = absl::ZeroDuration();  // of RetryInfo
  bool is_html = false;
};
ErrorBody ParseErrorBody(const std::string& body);

}  // namespace roomkeeper::wire
