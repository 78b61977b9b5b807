#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace roomkeeper::sim {

// Unity Catalog's rule for names: 1..255 bytes, no period, space, slash or control character.
// Source: public Unity Catalog documentation, object naming rules.
bool IsUcName(absl::string_view name);

// cloud:region:metastore-uuid, lower case.
bool IsGlobalMetastoreId(absl::string_view text);

bool IsUuid(absl::string_view text);

// Decodes %XX once. A stray % stays as it is. `plus_is_space` is for forms and queries.
std::string PercentDecode(absl::string_view text, bool plus_is_space = false);

// key=value&key=value, decoded; of a repeated key the last counts.
std::map<std::string, std::string> ParseForm(absl::string_view text);

struct Target {
  std::vector<std::string> segments = {};  // decoded once; %2F is a slash inside a segment
  std::map<std::string, std::string> query = {};
  std::string raw_path = {};
};
// `split_encoded_slash`: %2F separates segments, as some gateways do.
Target ParseTarget(absl::string_view target, bool split_encoded_slash);

}  // namespace roomkeeper::sim
