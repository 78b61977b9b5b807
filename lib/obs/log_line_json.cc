#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/obs/json_log.h"
#include "lib/obs/log.h"

namespace roomkeeper {
namespace {

// Keeps a line bounded when a caller logs somebody else's text. Unit: bytes of one text.
constexpr std::size_t kTextBytesMax = 8192;

std::string Bounded(absl::string_view text) {
  if (text.size() <= kTextBytesMax) {
    return std::string(text);
  }
  return absl::StrCat(text.substr(0, kTextBytesMax), "…");
}

nlohmann::ordered_json ToJson(const LogField& field) {
  if (const auto* text = std::get_if<std::string>(&field.value)) {
    return Bounded(*text);
  }
  return std::visit([](const auto& value) { return nlohmann::ordered_json(value); }, field.value);
}

}  // namespace

std::string FormatLogLine(const LogEvent& event,
                          const std::vector<std::pair<std::string, std::string>>& static_fields) {
  nlohmann::ordered_json line;
  line["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", event.at, absl::UTCTimeZone());
  line["level"] = std::string(Name(event.level));
  line["message"] = Bounded(event.message);
  for (const auto& [key, value] : static_fields) {
    line[key] = Bounded(value);
  }
  for (const LogField& field : event.fields) {
    line[std::string(field.key)] = ToJson(field);
  }
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  return absl::StrCat(line.dump(-1, ' ', false, replace), "\n");
}

}  // namespace roomkeeper
