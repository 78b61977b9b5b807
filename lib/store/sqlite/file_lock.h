#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace roomkeeper {

// Holds flock(2) on the store's file for as long as it lives, so that a second process cannot open
// the same store: SQLite 3.40 corrupts a WAL that two connections write, and two engines would act
// on the same jobs. The kernel frees it with the process, however that ends.
class FileLock {
 public:
  // Creates the file (mode 0600) if it is not there. kFailedPrecondition: it cannot be written, or
  // another process holds it; the message says what to do.
  static absl::StatusOr<FileLock> Take(const std::string& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

// Makes the names in `path`'s folder durable.
absl::Status SyncFolderOf(const std::string& path);

}  // namespace roomkeeper
