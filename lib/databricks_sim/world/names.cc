#include "lib/databricks_sim/world/names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace roomkeeper::sim {
namespace {

constexpr std::size_t kUcNameMax = 255;

bool IsLowerWord(absl::string_view text, bool dashes) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [dashes](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || (dashes && c == '-');
  });
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

bool IsUcName(absl::string_view name) {
  if (name.empty() || name.size() > kUcNameMax) {
    return false;
  }
  return std::none_of(name.begin(), name.end(), [](char c) {
    return c == '.' || c == ' ' || c == '/' || absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
}

bool IsUuid(absl::string_view text) {
  constexpr absl::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != kShape.size()) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kShape[i] == '-' ? text[i] != '-' : HexValue(text[i]) < 0) {
      return false;
    }
  }
  return true;
}

bool IsGlobalMetastoreId(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  return parts.size() == 3 && IsLowerWord(parts[0], false) && IsLowerWord(parts[1], true) &&
         IsUuid(parts[2]);
}

std::string PercentDecode(absl::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
                        HexValue(text[i + 2]) >= 0;
    if (escape) {
      out.push_back(static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2])));
      i += 2;
    } else {
      out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

std::map<std::string, std::string> ParseForm(absl::string_view text) {
  std::map<std::string, std::string> out;
  for (const absl::string_view pair : absl::StrSplit(text, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(pair, absl::MaxSplits('=', 1));
    out[PercentDecode(parts.first, true)] = PercentDecode(parts.second, true);
  }
  return out;
}

Target ParseTarget(absl::string_view target, bool split_encoded_slash) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(target, absl::MaxSplits('?', 1));
  Target out;
  out.raw_path = std::string(parts.first);
  out.query = ParseForm(parts.second);
  std::string path = out.raw_path;
  if (split_encoded_slash) {
    path = absl::StrReplaceAll(path, {{"%2F", "/"}, {"%2f", "/"}});
  }
  absl::string_view rest = path;
  if (absl::StartsWith(rest, "/")) {
    rest.remove_prefix(1);
  }
  for (const absl::string_view segment : absl::StrSplit(rest, '/')) {
    out.segments.push_back(PercentDecode(segment));
  }
  return out;
}

}  // namespace roomkeeper::sim
