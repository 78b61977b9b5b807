#include "services/databricks_sim/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace roomkeeper::sim {
namespace {

absl::Status Failed(absl::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", what, " ", path));
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Failed("read", path);
  }
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    return absl::UnavailableError(absl::StrCat("cannot read ", path));
  }
  return text.str();
}

std::string PathBeside(const std::string& config_file, const std::string& path) {
  return path.empty() ? path : (std::filesystem::path(config_file).parent_path() / path).string();
}

absl::Status WritePrivateFile(const std::string& path, absl::string_view text) {
  const std::string next = absl::StrCat(path, ".next");
  (void)unlink(next.c_str());
  const int fd = open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return Failed("write", next);
  }
  const auto closer = absl::MakeCleanup([fd] { close(fd); });
  if (write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      std::rename(next.c_str(), path.c_str()) != 0) {
    return Failed("write", path);
  }
  return absl::OkStatus();
}

absl::Status MakePrivateDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return Failed("make the directory", path);
  }
  return absl::OkStatus();
}

}  // namespace roomkeeper::sim
