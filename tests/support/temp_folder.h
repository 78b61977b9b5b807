#pragma once

#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {

// A folder that goes with its owner.
class TempFolder {
 public:
  TempFolder() {
    std::string name = absl::StrCat(std::filesystem::temp_directory_path().string(), "/rk-XXXXXX");
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string path(const std::string& name) const { return absl::StrCat(path_, "/", name); }
  // The path of a new file.
  std::string Write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::ofstream(path(name)) << text;
    REQUIRE(::chmod(path(name).c_str(), mode) == 0);
    return path(name);
  }

 private:
  std::string path_;
};

}  // namespace roomkeeper::testing
