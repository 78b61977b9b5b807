#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "lib/base/check.h"

namespace roomkeeper::testing {

// An empty folder of the test's own, removed when it goes.
class TempDir {
 public:
  TempDir() : TempDir(std::filesystem::temp_directory_path()) {}
  explicit TempDir(const std::filesystem::path& root) : path_(root / "roomkeeper-XXXXXX") {
    RK_CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace roomkeeper::testing
