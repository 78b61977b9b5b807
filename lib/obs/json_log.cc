#include "lib/obs/json_log.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

#include "lib/base/clock.h"
#include "lib/obs/log.h"

namespace roomkeeper {

absl::string_view Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

std::optional<LogLevel> ParseLogLevel(absl::string_view name) {
  constexpr std::array kLevels = {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning,
                                  LogLevel::kError};
  for (const LogLevel level : kLevels) {
    if (name == Name(level)) {
      return level;
    }
  }
  return std::nullopt;
}

JsonLog::JsonLog(const Clock& clock, JsonLogOptions options)
    : clock_(clock), options_(std::move(options)) {}

void JsonLog::Write(LogLevel level, absl::string_view message,
                    std::initializer_list<LogField> fields) {
  if (level < options_.level) {
    return;
  }
  const LogEvent event = {.at = clock_.Now(), .level = level, .message = message, .fields = fields};
  const std::string line = FormatLogLine(event, options_.fields);
  std::size_t written = 0;
  while (written < line.size()) {  // a second turn only after a signal or on a full disk
    const ssize_t n = ::write(options_.fd, line.data() + written, line.size() - written);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return;
    }
    written += static_cast<std::size_t>(n);
  }
}

}  // namespace roomkeeper
