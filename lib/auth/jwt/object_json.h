#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "absl/strings/string_view.h"

// For *_json.cc only: JSON that an attacker may have written.

namespace roomkeeper::jwt {

using Json = nlohmann::json;

// A discarded value unless the text is one JSON object, nested at most four deep, no member of
// which is there twice: of two, the one that is checked may not be the one that is used.
Json ParseStrictObject(absl::string_view text);

// The member if it is a text; null if it is absent or something else.
const std::string* FindText(const Json& object, const char* key);

}  // namespace roomkeeper::jwt
