#include "lib/config/secret_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "lib/base/secret.h"
#include "lib/base/status_macros.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kSecretBytesMax = 65536;

absl::StatusOr<Secret> Checked(std::string text, const std::string& where) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.pop_back();
  }
  if (text.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(where, " is empty"));
  }
  return Secret(std::move(text));
}

}  // namespace

absl::Status CheckPrivateFile(const std::string& file) {
  struct stat status = {};
  if (::stat(file.c_str(), &status) != 0) {
    const std::string message =
        absl::StrCat("file \"", file, "\" cannot be read: ", std::strerror(errno));
    return errno == ENOENT ? absl::NotFoundError(message) : absl::FailedPreconditionError(message);
  }
  if (!S_ISREG(status.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat("\"", file, "\" is not a file"));
  }
  const mode_t others = status.st_uid == ::geteuid() ? S_IRWXO | S_IRWXG : S_IRWXO | S_IWGRP;
  if ((status.st_mode & others) != 0) {
    return absl::FailedPreconditionError(
        absl::StrFormat("file \"%s\" has mode %04o, so others can read it; fix: chmod 600 \"%s\"",
                        file, status.st_mode & 07777U, file));
  }
  return absl::OkStatus();
}

std::optional<absl::Time> WrittenAt(const SecretSource& source) {
  struct stat status = {};
  if (source.file.empty() || ::stat(source.file.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return absl::TimeFromTimespec(status.st_mtim);
}

absl::StatusOr<Secret> ReadSecret(const SecretSource& source) {
  if (source.file.empty() == source.env.empty()) {
    return absl::FailedPreconditionError(
        "exactly one of a file and an environment variable must be named");
  }
  if (!source.env.empty()) {
    const char* value = std::getenv(source.env.c_str());  // NOLINT(concurrency-mt-unsafe): we never
    if (value == nullptr) {                               // write the environment
      return absl::NotFoundError(absl::StrCat("environment variable ", source.env, " is not set"));
    }
    return Checked(value, absl::StrCat("environment variable ", source.env));
  }
  RK_RETURN_IF_ERROR(CheckPrivateFile(source.file));
  std::ifstream in;
  in.rdbuf()->pubsetbuf(nullptr, 0);  // a buffer of the stream's own would keep a copy
  in.open(source.file, std::ios::binary);
  std::string text(kSecretBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (!in.eof() && in.gcount() == 0)) {
    return absl::FailedPreconditionError(absl::StrCat("file \"", source.file, "\" cannot be read"));
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kSecretBytesMax) {
    return absl::FailedPreconditionError(
        absl::StrCat("file \"", source.file, "\" is larger than ", kSecretBytesMax, " bytes"));
  }
  return Checked(std::move(text), absl::StrCat("file \"", source.file, "\""));
}

}  // namespace roomkeeper
