#include "services/databricks_sim/control_json.h"

#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/databricks_sim/knobs.h"
#include "lib/yaml/yaml_fields.h"

namespace roomkeeper::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kBody[] = "body";  // in place of a file's name in messages
constexpr absl::Duration kDelayMax = absl::Hours(24);
constexpr absl::Duration kAdvanceMax = absl::Hours(24 * 366);

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// As a config file would hold it, so that control bodies and files share one reader.
YamlNode ToNode(const Json& json) {
  YamlNode node{.line = 1};
  if (json.is_object()) {
    node.kind = YamlNode::Kind::kMapping;
    for (const auto& [key, value] : json.items()) {
      node.keys.push_back({.name = key, .line = 1});
      node.items.push_back(ToNode(value));
    }
  } else if (json.is_array()) {
    node.kind = YamlNode::Kind::kSequence;
    for (const Json& item : json) {
      node.items.push_back(ToNode(item));
    }
  } else if (!json.is_null()) {
    node.kind = YamlNode::Kind::kScalar;
    node.scalar = json.is_string() ? json.get<std::string>() : Dump(json);
  }
  return node;
}

absl::StatusOr<Json> ParseBody(const std::string& body) {
  Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) {
    return absl::InvalidArgumentError("the body must be a JSON object");
  }
  return json;
}

SimResponse::Ending ToEnding(absl::string_view name) {
  return name == "reset"       ? SimResponse::Ending::kReset
         : name == "hang"      ? SimResponse::Ending::kHang
         : name == "slow_body" ? SimResponse::Ending::kSlowBody
                               : SimResponse::Ending::kAnswer;
}

void ReadHeaders(YamlFields& fields, Fault& fault) {
  const YamlNode* headers = fields.Find("headers");
  if (headers == nullptr) {
    return;
  }
  if (headers->kind != YamlNode::Kind::kMapping) {
    fields.Problem("headers", "must be an object of names and values");
    return;
  }
  for (std::size_t i = 0; i < headers->keys.size(); ++i) {
    fault.headers.emplace_back(headers->keys[i].name, headers->items[i].scalar);
  }
}

}  // namespace

absl::StatusOr<Fault> ParseFault(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseBody(body));
  const YamlNode node = ToNode(json);
  YamlProblems problems(kBody);
  YamlFields fields(node, "", problems);
  Fault fault;
  fault.pattern = fields.Text("pattern");
  fault.workspace = fields.TextOr("workspace", "");
  fault.status = static_cast<int>(fields.IntOr("status", 0, 200, 599));
  fault.offset = fields.IntOr("offset", 0, 0, INT64_MAX);
  fault.times = fields.IntOr("times", 1, -1, INT64_MAX);
  fault.after_effect = fields.FlagOr("after_effect", false);
  fault.ending =
      ToEnding(fields.ChoiceOr("ending", "answer", {"answer", "reset", "hang", "slow_body"}));
  fault.delay = fields.DurationOr("delay", absl::ZeroDuration(), absl::ZeroDuration(), kDelayMax);
  ReadHeaders(fields, fault);
  if (fields.Find("body") != nullptr) {
    fault.body = json["body"].is_string() ? json["body"].get<std::string>() : Dump(json["body"]);
  }
  if (!fields.Has("status") && !fields.Has("ending") && !fields.Has("delay") &&
      !fields.Has("headers")) {
    fields.Problem("status",
                   "is missing, and so are ending, delay and headers: nothing would fail");
  }
  fields.Finish();
  RK_RETURN_IF_ERROR(problems.ToStatus());
  return fault;
}

absl::StatusOr<Knobs> ParseKnobs(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseBody(body));
  YamlProblems problems(kBody);
  KnobSettings settings;
  Knobs knobs;
  for (const auto& [name, value] : json.items()) {
    knobs[name] = value.is_string() ? value.get<std::string>() : Dump(value);
    if (const absl::Status set = settings.Set(name, knobs[name]); !set.ok()) {
      problems.Add(1, set.message());
    }
  }
  RK_RETURN_IF_ERROR(problems.ToStatus());
  return knobs;
}

absl::StatusOr<absl::Duration> ParseAdvance(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseBody(body));
  const YamlNode node = ToNode(json);
  YamlProblems problems(kBody);
  YamlFields fields(node, "", problems);
  const absl::Duration by =
      fields.DurationOr("by", absl::ZeroDuration(), absl::ZeroDuration(), kAdvanceMax);
  if (!fields.Has("by")) {
    fields.Problem("by", "is missing");
  }
  fields.Finish();
  RK_RETURN_IF_ERROR(problems.ToStatus());
  return by;
}

std::string FormatRequests(const std::vector<LoggedRequest>& requests) {
  Json list = Json::array();
  for (const LoggedRequest& request : requests) {
    list.push_back({{"number", request.number},
                    {"at", absl::FormatTime(absl::RFC3339_full, request.at, absl::UTCTimeZone())},
                    {"workspace", request.workspace},
                    {"principal", request.principal},
                    {"route", request.route},
                    {"method", request.method},
                    {"target", request.target},
                    {"user_agent", request.user_agent},
                    {"status", request.status},
                    {"fault", request.fault}});
  }
  return Dump({{"requests", std::move(list)}});
}

std::string FormatCounts(const std::vector<LoggedRequest>& requests) {
  std::map<std::string, std::int64_t> counts;
  for (const LoggedRequest& request : requests) {
    ++counts[request.route.empty() ? "unknown" : request.route];
  }
  return Dump({{"total", requests.size()}, {"counts", counts}});
}

std::string FormatClock(absl::Time now, absl::Duration ahead) {
  return Dump({{"now", absl::FormatTime(absl::RFC3339_full, now, absl::UTCTimeZone())},
               {"ahead", absl::FormatDuration(ahead)}});
}

std::string FormatError(absl::string_view message) {
  return Dump({{"error", std::string(message)}});
}

}  // namespace roomkeeper::sim
