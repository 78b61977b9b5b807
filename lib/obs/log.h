#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"

namespace roomkeeper {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

struct LogField {
  absl::string_view key;
  std::variant<std::string, std::int64_t, double, bool> value;
};

// One event is one JSON line with fields; `message` is constant text, so that it can be searched.
// Field names used everywhere: job, brand, install, clean_room, shard, step, trace_id, request_id,
// call_id, route, took_ms, error. Thread-safe. Blocks only as long as one write(2). Never pass a
// secret, a token or customer data.
class Log {
 public:
  virtual ~Log() = default;
  virtual void Write(LogLevel level, absl::string_view message,
                     std::initializer_list<LogField> fields) = 0;

  void Debug(absl::string_view message, std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kDebug, message, fields);
  }
  void Info(absl::string_view message, std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kInfo, message, fields);
  }
  void Warning(absl::string_view message, std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kWarning, message, fields);
  }
  void Error(absl::string_view message, std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kError, message, fields);
  }
};

}  // namespace roomkeeper
