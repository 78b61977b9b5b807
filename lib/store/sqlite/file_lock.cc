#include "lib/store/sqlite/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace roomkeeper {
namespace {

absl::Status Errno(const std::string& path, const char* what) {
  return absl::FailedPreconditionError(
      absl::StrCat("store ", path, " ", what, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<FileLock> FileLock::Take(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return Errno(path, "cannot be opened for writing (check store.path, its folder and owner)");
  }
  FileLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) {
    return lock;
  }
  if (errno == EWOULDBLOCK) {
    return absl::FailedPreconditionError(
        absl::StrCat("store ", path,
                     " is in use by another process: stop it, or set another "
                     "store.path"));
  }
  return Errno(path, "cannot be locked (it must be on a local disk)");
}

FileLock::~FileLock() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

absl::Status SyncFolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const absl::Status status =
      synced ? absl::OkStatus() : Errno(path, "has a folder that cannot be synced");
  if (fd >= 0) {
    ::close(fd);
  }
  return status;
}

}  // namespace roomkeeper
