#include "services/roomctl/arguments.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

#include "lib/base/status_macros.h"

namespace roomkeeper {
namespace {

absl::StatusOr<FlagSpec> FindFlag(const std::string& name, const std::vector<FlagSpec>& allowed) {
  const auto it = std::find_if(allowed.begin(), allowed.end(),
                               [&](const FlagSpec& flag) { return flag.name == name; });
  if (it != allowed.end()) {
    return *it;
  }
  const std::string names = absl::StrJoin(allowed, " ", [](std::string* out, const FlagSpec& flag) {
    absl::StrAppend(out, "--", flag.name);
  });
  return absl::InvalidArgumentError(absl::StrCat("unknown flag --", name, "; allowed: ", names));
}

}  // namespace

absl::StatusOr<Arguments> Arguments::Parse(const std::vector<std::string>& words,
                                           const std::vector<FlagSpec>& allowed) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") {
      arguments.words_.insert(arguments.words_.end(),
                              words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    const std::string word = words[i] == "-o" ? "--output" : words[i] == "-h" ? "--help" : words[i];
    if (!absl::StartsWith(word, "--")) {
      if (word.size() > 1 && word[0] == '-') {
        return absl::InvalidArgumentError(
            absl::StrCat("unknown flag ", word, "; only -o and -h are short"));
      }
      arguments.words_.push_back(word);
      continue;
    }
    const std::string body(absl::StripPrefix(word, "--"));
    const std::size_t equals = body.find('=');
    RK_ASSIGN_OR_RETURN(const FlagSpec flag, FindFlag(body.substr(0, equals), allowed));
    std::string value;
    if (equals != std::string::npos) {
      value = body.substr(equals + 1);
    } else if (flag.value != nullptr) {
      if (i + 1 == words.size()) {
        return absl::InvalidArgumentError(absl::StrCat("--", flag.name, " needs ", flag.value));
      }
      value = words[++i];
    }
    if (flag.value == nullptr && equals != std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat("--", flag.name, " takes no value"));
    }
    arguments.flags_[flag.name].push_back(std::move(value));
  }
  return arguments;
}

bool Arguments::Has(absl::string_view flag) const {
  return flags_.find(std::string(flag)) != flags_.end();
}

std::string Arguments::Get(absl::string_view flag, absl::string_view otherwise) const {
  const auto it = flags_.find(std::string(flag));
  return it == flags_.end() ? std::string(otherwise) : it->second.back();
}

std::vector<std::string> Arguments::All(absl::string_view flag) const {
  const auto it = flags_.find(std::string(flag));
  return it == flags_.end() ? std::vector<std::string>() : it->second;
}

absl::StatusOr<std::optional<absl::Duration>> Arguments::Duration(absl::string_view flag,
                                                                  bool may_be_zero) const {
  if (!Has(flag)) {
    return std::optional<absl::Duration>();
  }
  absl::Duration duration;
  if (!absl::ParseDuration(Get(flag), &duration) || duration < absl::ZeroDuration() ||
      (duration == absl::ZeroDuration() && !may_be_zero)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", flag, " must be a duration like 90s or 25m, got \"", Get(flag), "\""));
  }
  return std::optional<absl::Duration>(duration);
}

absl::StatusOr<std::map<std::string, std::string>> Arguments::Pairs(absl::string_view flag) const {
  std::map<std::string, std::string> pairs;
  for (const std::string& item : All(flag)) {
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", flag, " must be key=value, got \"", item, "\""));
    }
    pairs[item.substr(0, equals)] = item.substr(equals + 1);
  }
  return pairs;
}

}  // namespace roomkeeper
