#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/e2e/world.h"

namespace roomkeeper::testing {

// A person at a terminal with the real roomctl and nothing in its environment but the address of
// the world's server and one API key. Failures end the test. Not thread-safe.
class RoomctlShell {
 public:
  // As the operator, with the key file that the daemon wrote.
  explicit RoomctlShell(const World& world);

  // The same person with a new key of the install ("brands/acme/installs/prod") or brand.
  RoomctlShell As(const std::string& parent) const;

  // Runs roomctl to its end. `environment`: "NAME=value", on top.
  CommandResult Run(const std::vector<std::string>& words,
                    const std::vector<std::string>& environment = {}) const;
  // The table that it prints; it must end well.
  std::string Table(const std::vector<std::string>& words) const;
  // The one JSON document that it prints with -o json; it must end with `exit_code`.
  nlohmann::json Json(std::vector<std::string> words, int exit_code = 0) const;

  const std::string& key_file() const { return key_file_; }
  const std::string& home() const { return home_; }

 private:
  RoomctlShell(const RoomctlShell& other, std::string key_file);

  std::string address_;
  std::string folder_;
  std::string home_;  // an empty home folder: the developer's own profile has no part in it
  std::string key_file_;
};

}  // namespace roomkeeper::testing
