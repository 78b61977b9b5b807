#include "lib/config/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"

namespace roomkeeper {
namespace {

absl::Status Cannot(const std::string& file, absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("file \"", file, "\" cannot be replaced: ", why));
}

// What a link leads to; the name itself if nothing is there yet.
std::string Target(const std::string& file) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(file, error);
  return error ? file : real.string();
}

std::string FolderOf(const std::string& file) {
  const std::string folder = std::filesystem::path(file).parent_path().string();
  return folder.empty() ? "." : folder;
}

bool WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return true;
}

absl::Status SyncFolder(const std::string& file) {
  const std::string folder = FolderOf(file);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return Cannot(file, std::strerror(errno));
  }
  const absl::Cleanup close = [fd] { ::close(fd); };
  return ::fsync(fd) == 0 ? absl::OkStatus() : Cannot(file, std::strerror(errno));
}

}  // namespace

absl::Status CheckReplaceable(const std::string& file) {
  const std::string target = Target(file);
  struct stat status = {};
  if (::stat(target.c_str(), &status) == 0 && status.st_uid != ::geteuid()) {
    return Cannot(file, absl::StrCat("it belongs to user ", status.st_uid, ", and we are ",
                                     ::geteuid(), "; give it to us"));
  }
  if (::access(FolderOf(target).c_str(), W_OK) != 0) {
    return Cannot(file, absl::StrCat("folder \"", FolderOf(target),
                                     "\" is not to be written to by us: ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

absl::Status ReplacePrivateFile(const std::string& file, absl::string_view text) {
  RK_RETURN_IF_ERROR(CheckReplaceable(file));
  const std::string target = Target(file);
  const std::string fresh = target + ".new";
  ::unlink(fresh.c_str());  // of a process that died
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) {
    return Cannot(file, std::strerror(errno));
  }
  const bool written = WriteAll(fd, text) && ::fsync(fd) == 0;
  int error = errno;
  ::close(fd);
  if (written && ::rename(fresh.c_str(), target.c_str()) == 0) {
    return SyncFolder(target);
  }
  error = written ? errno : error;
  ::unlink(fresh.c_str());
  return Cannot(file, std::strerror(error));
}

}  // namespace roomkeeper
