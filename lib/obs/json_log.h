#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/base/clock.h"
#include "lib/obs/log.h"

namespace roomkeeper {

struct JsonLogOptions {
  int fd = 2;                        // borrowed; stays open as long as the log lives
  LogLevel level = LogLevel::kInfo;  // events below it are dropped
  // Written into every line, e.g. {"service_instance", "prod-eu"}.
  std::vector<std::pair<std::string, std::string>> fields = {};
};

// Log as JSON lines: {"time":…,"level":…,"message":…, fields}. Each event is one write(2), so lines
// of threads and processes that share the descriptor do not mix (pipes: up to 4096 bytes). A line
// that cannot be written is dropped: logging never ends or stalls the service for an error.
class JsonLog final : public Log {
 public:
  // `clock` outlives the log.
  JsonLog(const Clock& clock, JsonLogOptions options);
  void Write(LogLevel level, absl::string_view message,
             std::initializer_list<LogField> fields) override;

 private:
  const Clock& clock_;
  const JsonLogOptions options_;
};

// "debug", "info", "warning", "error".
absl::string_view Name(LogLevel level);
std::optional<LogLevel> ParseLogLevel(absl::string_view name);

struct LogEvent {
  absl::Time at = {};
  LogLevel level = LogLevel::kInfo;
  absl::string_view message = {};
  std::initializer_list<LogField> fields = {};
};

// One line with its newline, always valid JSON: invalid UTF-8 becomes U+FFFD, and a text longer
// than 8 KiB is cut and ends in "…". Times are UTC with microseconds.
std::string FormatLogLine(const LogEvent& event,
                          const std::vector<std::pair<std::string, std::string>>& static_fields);

}  // namespace roomkeeper
