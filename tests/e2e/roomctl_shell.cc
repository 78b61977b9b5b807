#include "tests/e2e/roomctl_shell.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {

RoomctlShell::RoomctlShell(const World& world)
    : address_(world.grpc_address()),
      folder_(world.folder()),
      home_(absl::StrCat(folder_, "/home")),
      key_file_(absl::StrCat(folder_, "/operator.key")) {
  REQUIRE(mkdir(home_.c_str(), 0700) == 0);
}

RoomctlShell::RoomctlShell(const RoomctlShell& other, std::string key_file)
    : address_(other.address_),
      folder_(other.folder_),
      home_(other.home_),
      key_file_(std::move(key_file)) {}

RoomctlShell RoomctlShell::As(const std::string& parent) const {
  const std::string file =
      absl::StrCat(folder_, "/", absl::StrReplaceAll(parent, {{"/", "_"}}), ".key");
  const std::string made = Table({"keys", "create", "--for", parent, "--key-file", file});
  CHECK_THAT(made, Catch::Contains(file) && !Catch::Contains("rk_"));
  return {*this, file};
}

CommandResult RoomctlShell::Run(const std::vector<std::string>& words,
                                const std::vector<std::string>& environment) const {
  Subprocess::Options options{.argv = {absl::StrCat(RK_BIN_DIR, "/roomctl")},
                              .environment = environment};
  options.argv.insert(options.argv.end(), words.begin(), words.end());
  // The first of a name wins.
  for (const std::string& line :
       {absl::StrCat("HOME=", home_), absl::StrCat("ROOMKEEPER_ADDRESS=", address_),
        absl::StrCat("ROOMKEEPER_API_KEY_FILE=", key_file_), std::string("ROOMKEEPER_INSTALL="),
        std::string("ROOMKEEPER_CA_FILE=")}) {
    options.environment.push_back(line);
  }
  const auto result = RunCommand(options);
  REQUIRE_OK(result);
  return *result;
}

std::string RoomctlShell::Table(const std::vector<std::string>& words) const {
  const CommandResult result = Run(words);
  INFO("roomctl " << absl::StrJoin(words, " ") << '\n' << result.output << result.errors);
  REQUIRE(result.exit_code == 0);
  return result.output;
}

nlohmann::json RoomctlShell::Json(std::vector<std::string> words, int exit_code) const {
  words.insert(words.end(), {"-o", "json"});
  const CommandResult result = Run(words);
  INFO("roomctl " << absl::StrJoin(words, " ") << '\n' << result.output << result.errors);
  REQUIRE(result.exit_code == exit_code);
  const auto document = nlohmann::json::parse(result.output, nullptr, /*allow_exceptions=*/false);
  REQUIRE(document.is_object());
  return document;
}

}  // namespace roomkeeper::testing
