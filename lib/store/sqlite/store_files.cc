#include "lib/store/sqlite/store_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/store/sqlite/file_lock.h"
#include "lib/store/sqlite/migrator.h"
#include "lib/store/sqlite/sqlite_db.h"

namespace roomkeeper {
namespace {

constexpr char kCopy[] = "VACUUM INTO ?1";
constexpr char kDamages[] =
    "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
// A backup knows nothing of what was sent after it. PREFLIGHT (1) sends no writes.
constexpr char kDoubtAll[] =
    "UPDATE job SET progress = json_set(progress, '$.intent_open', json('true')) "
    "WHERE state < 5 AND step > 1";
constexpr char kEmptyLog[] = "PRAGMA wal_checkpoint(TRUNCATE)";

absl::Status Errno(const std::string& path, const char* what) {
  return absl::FailedPreconditionError(absl::StrCat(path, " ", what, ": ", std::strerror(errno)));
}

bool Exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

absl::Status MustBeFree(const std::string& path) {
  return Exists(path) ? absl::AlreadyExistsError(
                            absl::StrCat(path, " is there: move it away or give another name"))
                      : absl::OkStatus();
}

// Not there, or nothing in it.
bool IsEmpty(const std::string& path) {
  struct stat file = {};
  return ::stat(path.c_str(), &file) != 0 || file.st_size == 0;
}

absl::Status SyncFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const absl::Status status = synced ? absl::OkStatus() : Errno(path, "cannot be synced");
  if (fd >= 0) {
    ::close(fd);
  }
  return status;
}

absl::Status Rename(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? absl::OkStatus()
                                                 : Errno(from, "cannot be renamed");
}

// A whole store of ours, of a schema that we know, from `from` into the file `to`, which is made.
// Answers the schema's version.
absl::StatusOr<std::int64_t> Copy(const std::string& from, const std::string& to,
                                  const std::atomic<bool>* stop) {
  const int fd = ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    return Errno(to, "cannot be written");
  }
  ::close(fd);
  RK_ASSIGN_OR_RETURN(const auto db, SqliteDb::Open(from, SqliteDb::Mode::kRead));
  if (stop != nullptr) {
    db->StopWhen(*stop);
  }
  RK_ASSIGN_OR_RETURN(const std::int64_t version, SchemaVersion(*db, Migrations()));
  if (version == 0) {
    return absl::FailedPreconditionError("it is empty: it holds no store");
  }
  // SQLite counts the copy as a write; it never touches `from`.
  RK_RETURN_IF_ERROR(db->Execute("PRAGMA query_only=0"));
  RK_RETURN_IF_ERROR(db->Run(kCopy, to).status());
  return version;
}

absl::StatusOr<std::int64_t> CopyFrom(const std::string& from, const std::string& to,
                                      const std::atomic<bool>* stop = nullptr) {
  absl::StatusOr<std::int64_t> version = Copy(from, to, stop);
  if (!version.ok()) {
    return Annotate(version.status(), absl::StrCat("store ", from));
  }
  return version;
}

// The copy of a backup becomes what a server can go on from.
absl::Status Prepare(const std::string& copy) {
  RK_ASSIGN_OR_RETURN(const auto db, SqliteDb::Open(copy, SqliteDb::Mode::kReadWrite));
  RK_ASSIGN_OR_RETURN(const std::int64_t damages, db->QueryInt(kDamages));
  if (damages != 0) {
    return absl::DataLossError("the backup is damaged: take another one");
  }
  return db->Execute(kDoubtAll);
}

// The store's file and its log become "<path>.before-restore…". The log is in the file first,
// unless the store is too damaged for that.
absl::Status SetAside(const std::string& path) {
  const std::string aside = absl::StrCat(path, ".before-restore");
  const std::string log = absl::StrCat(path, "-wal");
  if (auto db = SqliteDb::Open(path, SqliteDb::Mode::kReadWrite); db.ok()) {
    (void)(*db)->QueryInt(kEmptyLog);
  }
  if (::link(path.c_str(), aside.c_str()) != 0) {
    return Errno(path, "cannot be kept as .before-restore");
  }
  // The log of another file would be taken for the new one's.
  ::unlink(absl::StrCat(path, "-shm").c_str());
  return Exists(log) ? Rename(log, absl::StrCat(aside, "-wal")) : absl::OkStatus();
}

void RemoveStore(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    ::unlink(absl::StrCat(path, suffix).c_str());
  }
}

// All of a closed store into its one file.
absl::Status MoveLogIn(const std::string& path) {
  RK_ASSIGN_OR_RETURN(const auto db, SqliteDb::Open(path, SqliteDb::Mode::kReadWrite));
  RK_ASSIGN_OR_RETURN(const std::int64_t busy, db->QueryInt(kEmptyLog));
  return busy == 0 ? absl::OkStatus()
                   : absl::UnavailableError(absl::StrCat(path, " is open elsewhere: try again"));
}

}  // namespace

absl::StatusOr<StoreBackup> BackUpStore(const std::string& path, const std::string& to,
                                        const std::atomic<bool>* stop) {
  RK_RETURN_IF_ERROR(MustBeFree(to));
  const std::string part = absl::StrCat(to, ".part");
  absl::Cleanup remove = [&] { ::unlink(part.c_str()); };
  StoreBackup copy = {.path = to};
  RK_ASSIGN_OR_RETURN(copy.schema_version, CopyFrom(path, part, stop));
  RK_RETURN_IF_ERROR(SyncFile(part));
  struct stat seen = {};
  if (::stat(part.c_str(), &seen) != 0) {
    return Errno(part, "cannot be looked at");
  }
  copy.bytes = seen.st_size;
  RK_RETURN_IF_ERROR(Rename(part, to));
  RK_RETURN_IF_ERROR(SyncFolderOf(to));
  return copy;
}

absl::Status RestoreStore(const std::string& backup, const std::string& path) {
  RK_ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(path));
  RK_RETURN_IF_ERROR(MustBeFree(absl::StrCat(path, ".before-restore")));
  const std::string part = absl::StrCat(path, ".restoring");
  absl::Cleanup remove = [&] { ::unlink(part.c_str()); };
  RK_RETURN_IF_ERROR(CopyFrom(backup, part).status());
  RK_RETURN_IF_ERROR(Annotate(Prepare(part), absl::StrCat("backup ", backup)));
  RK_RETURN_IF_ERROR(SyncFile(part));
  RK_RETURN_IF_ERROR(SetAside(path));
  RK_RETURN_IF_ERROR(Rename(part, path));
  return SyncFolderOf(path);
}

absl::StatusOr<StoreMigration> MigrateStore(const std::string& path, absl::Time now) {
  if (!Exists(path)) {
    return absl::FailedPreconditionError(absl::StrCat("there is no store ", path));
  }
  RK_ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(path));
  RK_ASSIGN_OR_RETURN(const auto db, SqliteDb::Open(path, SqliteDb::Mode::kReadWrite));
  auto version = SchemaVersion(*db, Migrations());
  if (!version.ok()) {
    return Annotate(version.status(), absl::StrCat("store ", path));
  }
  StoreMigration done = {.from = *version, .to = static_cast<std::int64_t>(Migrations().size())};
  if (done.from == done.to) {
    return done;
  }
  done.backup = absl::StrCat(path, ".before-v", done.to);
  RK_RETURN_IF_ERROR(BackUpStore(path, done.backup).status());
  const absl::Status migrated = Migrate(*db, Migrations(), now);
  RK_RETURN_IF_ERROR(Annotate(migrated, absl::StrCat("store ", path)));
  return done;
}

absl::Status MakeStore(const std::string& path,
                       const std::function<absl::Status(const std::string& part)>& fill) {
  const bool was_there = Exists(path);
  RK_ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(path));  // makes the file
  const std::string part = absl::StrCat(path, ".rebuilding");
  absl::Cleanup remove = [&] {
    RemoveStore(part);
    if (!was_there) {
      ::unlink(path.c_str());
    }
  };
  for (const std::string& file : {path, absl::StrCat(path, "-wal")}) {
    if (!IsEmpty(file)) {
      return absl::FailedPreconditionError(
          absl::StrCat(file,
                       " is not empty: a store is made only where there is none; move it, "
                       "its -wal and its -shm away first"));
    }
  }
  RemoveStore(part);  // of an attempt that was cut short
  RK_RETURN_IF_ERROR(fill(part));
  RK_RETURN_IF_ERROR(MoveLogIn(part));
  RK_RETURN_IF_ERROR(SyncFile(part));
  for (const char* suffix : {"-wal", "-shm"}) {
    ::unlink(absl::StrCat(path, suffix).c_str());  // would be taken for the new one's
  }
  RK_RETURN_IF_ERROR(Rename(part, path));
  std::move(remove).Cancel();
  return SyncFolderOf(path);
}

}  // namespace roomkeeper
