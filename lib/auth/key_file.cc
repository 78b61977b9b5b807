#include "lib/auth/key_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kKeyFileBytesMax = 4096;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status FileError(const std::string& path, const char* what) {
  const int error = errno;
  const std::string text =
      absl::StrCat("cannot ", what, " key file ", path, ": ", std::strerror(error));
  if (error == ENOENT) {
    return absl::NotFoundError(text);
  }
  return error == EEXIST ? absl::AlreadyExistsError(text) : absl::FailedPreconditionError(text);
}

}  // namespace

absl::Status WriteKeyFile(const std::string& path, const Secret& secret) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) {
    return FileError(path, "create");
  }
  const Secret line(absl::StrCat(secret.Reveal(), "\n"));
  const std::string& text = line.Reveal();
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(file.get()) != 0) {
    const absl::Status failed = FileError(path, "write");
    ::unlink(path.c_str());
    return failed;
  }
  return absl::OkStatus();
}

absl::StatusOr<Secret> ReadKeyFile(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    return FileError(path, "open");
  }
  std::string text(kKeyFileBytesMax + 1, '\0');
  const ssize_t got = ::read(file.get(), text.data(), text.size());
  if (got < 0) {
    return FileError(path, "read");
  }
  text.resize(static_cast<std::size_t>(got));
  if (text.size() > kKeyFileBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("key file ", path, " must hold at most ", kKeyFileBytesMax, " bytes"));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.pop_back();
  }
  return Secret(std::move(text));
}

}  // namespace roomkeeper
