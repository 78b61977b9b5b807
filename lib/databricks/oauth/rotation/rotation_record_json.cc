#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks/oauth/rotation/rotation_record.h"
#include "lib/databricks/wire/fields_json.h"

namespace roomkeeper {
namespace {

constexpr std::int64_t kForm = 1;

}  // namespace

absl::StatusOr<RotationRecord> ParseRotationRecord(const std::string& text) {
  RotationRecord record;
  if (text.empty()) {
    return record;
  }
  const absl::StatusOr<wire::Json> json = wire::ParseObject(text);
  if (!json.ok() || wire::Int(*json, "form") != kForm) {
    return absl::DataLossError(
        absl::StrCat("the record of rotations is not of form ", kForm,
                     ": if you removed or changed it, remove it whole; what earlier rotations "
                     "made is then unknown to us"));
  }
  for (const wire::Json& item : wire::Array(*json, "attempts")) {
    record.attempts.push_back({.lifetime = absl::Seconds(wire::Int(item, "lifetime_seconds")),
                               .begun_at = absl::FromUnixSeconds(wire::Int(item, "begun_at"))});
  }
  if (const wire::Json& made = wire::Object(*json, "made"); !made.empty()) {
    record.made = {.id = wire::Text(made, "id"), .hash = wire::Text(made, "sha256")};
  }
  record.open = wire::Flag(*json, "open");
  record.replaced = wire::Texts(*json, "replaced");
  return record;
}

std::string FormatRotationRecord(const RotationRecord& record) {
  wire::Json json = {{"form", kForm}, {"open", record.open}, {"replaced", record.replaced}};
  json["attempts"] = wire::Json::array();
  for (const RotationRecord::Attempt& attempt : record.attempts) {
    json["attempts"].push_back({{"lifetime_seconds", absl::ToInt64Seconds(attempt.lifetime)},
                                {"begun_at", absl::ToUnixSeconds(attempt.begun_at)}});
  }
  if (record.made.has_value()) {
    json["made"] = {{"id", record.made->id}, {"sha256", record.made->hash}};
  }
  return wire::Dump(json) + "\n";
}

}  // namespace roomkeeper
