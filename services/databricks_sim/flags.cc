#include "services/databricks_sim/flags.h"

#include <cstddef>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"

namespace roomkeeper::sim {
namespace {

constexpr char kUsage[] =
    R"(databricks-sim: a local Databricks with clean rooms, for brand developers, CI and tests

usage: databricks-sim --config FILE [flags]

  --config FILE        the world to simulate; see deploy/config/databricks-sim.yaml for every key
  --check-config       check the file, serve nothing
  --knob NAME=VALUE    another reading of an unknown behaviour; may be repeated. docs/simulator.md
                       has the list
  --tls                serve https with a test CA made at start, as with `tls: true`
  --help, --version

When it serves, it prints one JSON line on stdout with the control URL, the workspaces' URLs and
the principals' secrets. It logs JSON lines to stderr. SIGTERM or SIGINT ends it.
exit codes: 0 ended as asked, 1 the config is wrong or it cannot serve, 2 wrong usage
)";

// One flag as written, with its value if it takes one.
struct Word {
  std::string name = {};
  std::optional<std::string> value = {};
};

Word SplitWord(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    return {.name = text};
  }
  return {.name = text.substr(0, equals), .value = text.substr(equals + 1)};
}

absl::Status AddKnob(const std::string& text, Flags& flags) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--knob must be NAME=VALUE, got \"", text, "\""));
  }
  flags.knobs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  return absl::OkStatus();
}

bool SetSwitch(const std::string& name, Flags& flags) {
  bool* const target = name == "--check-config" ? &flags.check_config
                       : name == "--tls"        ? &flags.tls
                       : name == "--help"       ? &flags.help
                       : name == "--version"    ? &flags.version
                                                : nullptr;
  if (target != nullptr) {
    *target = true;
  }
  return target != nullptr;
}

}  // namespace

absl::StatusOr<Flags> ParseFlags(const std::vector<std::string>& words) {
  Flags flags;
  for (std::size_t i = 0; i < words.size(); ++i) {
    Word word = SplitWord(words[i]);
    if (word.name != "--config" && word.name != "--knob") {
      if (word.value || !SetSwitch(word.name, flags)) {
        return absl::InvalidArgumentError(
            absl::StrCat("unknown argument \"", words[i], "\"; see --help"));
      }
      continue;
    }
    if (!word.value) {
      if (++i == words.size()) {
        return absl::InvalidArgumentError(absl::StrCat(word.name, " needs a value; see --help"));
      }
      word.value = words[i];
    }
    if (word.name == "--config") {
      flags.config = *word.value;
    } else {
      RK_RETURN_IF_ERROR(AddKnob(*word.value, flags));
    }
  }
  if (flags.config.empty() && !flags.help && !flags.version) {
    return absl::InvalidArgumentError("--config FILE is missing; see --help");
  }
  return flags;
}

absl::string_view Usage() {
  return kUsage;
}

}  // namespace roomkeeper::sim
