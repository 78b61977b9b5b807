#include "lib/config/provenance_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

#include "lib/base/secret.h"
#include "lib/base/status_macros.h"
#include "lib/config/config.h"
#include "lib/config/secret_source.h"
#include "lib/crypto/digest.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kKeyBytes = 32;  // as long as the digest of the HMAC

bool Exists(const std::string& file) {
  std::error_code ignored;
  return std::filesystem::exists(file, ignored);
}

std::string FileOf(const Config& config) {
  return config.provenance_key_file.empty() ? absl::StrCat(config.store.path, ".provenance-key")
                                            : config.provenance_key_file;
}

absl::Status WriteNewKey(const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("provenance key file \"", file, "\" cannot be made: ", std::strerror(errno)));
  }
  const absl::Cleanup close = [fd] { ::close(fd); };
  const std::string text = absl::StrCat(RandomBase32(kKeyBytes), "\n");
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(fd) != 0) {
    ::unlink(file.c_str());
    return absl::FailedPreconditionError(
        absl::StrCat("provenance key file \"", file, "\" cannot be written"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Secret> LoadProvenanceKey(const Config& config) {
  const bool in_memory = config.store.engine == StoreEngine::kMemory;
  if (config.provenance_key_file.empty() && in_memory) {
    return Secret(RandomBase32(kKeyBytes));
  }
  const std::string file = FileOf(config);
  if (!Exists(file)) {
    if (!in_memory && Exists(config.store.path)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "store \"", config.store.path, "\" exists but its provenance key \"", file,
          "\" does not: restore the key from the backup, without it none of our clean rooms can be "
          "recognised"));
    }
    RK_RETURN_IF_ERROR(WriteNewKey(file));
  }
  return ReadSecret({.file = file});
}

absl::StatusOr<Secret> LoadKeptProvenanceKey(const Config& config) {
  if (config.store.engine == StoreEngine::kMemory) {
    return absl::FailedPreconditionError("store.engine is memory: nothing of it is kept");
  }
  const std::string file = FileOf(config);
  if (!Exists(file)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the provenance key \"", file,
        "\" is not there: put the key of the lost store back from where secrets are kept; without "
        "it none of our clean rooms can be recognised"));
  }
  return ReadSecret({.file = file});
}

}  // namespace roomkeeper
