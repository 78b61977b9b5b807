#include "lib/auth/jwt/object_json.h"

#include <set>
#include <vector>

namespace roomkeeper::jwt {
namespace {

constexpr int kDepthMax = 4;

}  // namespace

Json ParseStrictObject(absl::string_view text) {
  bool strict = true;
  std::vector<std::set<std::string>> members;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
        members.emplace_back();
        break;
      case Json::parse_event_t::object_end:
        members.pop_back();
        break;
      case Json::parse_event_t::key:
        strict = members.back().insert(parsed.get<std::string>()).second && strict;
        break;
      case Json::parse_event_t::array_start:
      case Json::parse_event_t::array_end:
      case Json::parse_event_t::value:
        break;
    }
    strict = strict && depth <= kDepthMax;
    return strict;  // what follows a fault is dropped, not kept
  };
  Json object = Json::parse(text.begin(), text.end(), watch, /*allow_exceptions=*/false);
  return strict && object.is_object() ? object : Json(Json::value_t::discarded);
}

const std::string* FindText(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

}  // namespace roomkeeper::jwt
