#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace roomkeeper {

struct FlagSpec {
  const char* name;   // without the dashes
  const char* value;  // what stands for its value in help; nullptr: a switch
  const char* help;
};

// The command line behind the command's words: flags and what is not a flag. "--" ends the flags.
class Arguments {
 public:
  // kInvalidArgument names the flag and the allowed ones. "-o" is short for "--output".
  static absl::StatusOr<Arguments> Parse(const std::vector<std::string>& words,
                                         const std::vector<FlagSpec>& allowed);

  bool Has(absl::string_view flag) const;
  std::string Get(absl::string_view flag, absl::string_view otherwise = "") const;  // the last one
  std::vector<std::string> All(absl::string_view flag) const;
  // kInvalidArgument unless it reads as "90s", "25m", "2h"; nothing if the flag is not there.
  // Zero only if it `may_be_zero`.
  absl::StatusOr<std::optional<absl::Duration>> Duration(absl::string_view flag,
                                                         bool may_be_zero = false) const;
  // "key=value" of each; kInvalidArgument for another form.
  absl::StatusOr<std::map<std::string, std::string>> Pairs(absl::string_view flag) const;

  const std::vector<std::string>& words() const { return words_; }

 private:
  std::map<std::string, std::vector<std::string>> flags_;
  std::vector<std::string> words_;
};

}  // namespace roomkeeper
