#include "lib/store/backup/backup_thread.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/obs/metric_table.h"
#include "lib/store/sqlite/store_files.h"

namespace roomkeeper {
namespace {

constexpr char kPrefix[] = "roomkeeper-";

// Paths of the files in a folder that are named as our copies are, up to the `end` of the name.
std::vector<std::string> FilesOf(const std::string& folder, const std::string& end) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename();
    if (absl::StartsWith(name, kPrefix) && absl::EndsWith(name, end)) {
      found.push_back(entry.path());
    }
  }
  return found;
}

// A process that was killed while it copied has left what nobody will end.
void RemoveUnfinished(const std::string& folder) {
  for (const char* end : {".db.part", ".db.part-journal"}) {
    for (const std::string& file : FilesOf(folder, end)) {
      std::error_code ignored;
      std::filesystem::remove(file, ignored);
    }
  }
}

// Seconds since 1970; 0: there is none.
std::int64_t NewestCopy(const std::string& folder) {
  std::int64_t newest = 0;
  for (const std::string& file : FilesOf(folder, ".db")) {
    struct stat seen = {};
    if (::stat(file.c_str(), &seen) == 0) {
      newest = std::max<std::int64_t>(newest, seen.st_mtime);
    }
  }
  return newest;
}

}  // namespace

BackupThread::BackupThread(Options options, const Clock& clock, Metrics& metrics, Log& log)
    : options_(std::move(options)), clock_(clock), metrics_(metrics), log_(log) {}

BackupThread::~BackupThread() {
  Stop();
}

void BackupThread::Start() {
  metrics_.Set(metric::kBackupLastSuccess, {}, static_cast<double>(NewestCopy(options_.folder)));
  stop_ = false;
  thread_ = std::thread([this] { Run(); });
}

void BackupThread::Stop() {
  {
    const MutexLock lock(mu_);
    stop_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void BackupThread::Take(Done done) {
  absl::Status refusal;
  {
    const MutexLock lock(mu_);
    if (stop_) {
      refusal = absl::CancelledError("no backup is taken: the server starts or stops");
    } else if (busy_) {
      refusal = absl::ResourceExhaustedError("another backup is being taken: wait for its end");
    } else {
      busy_ = true;
      asked_ = std::move(done);
      changed_.NotifyAll();
      return;
    }
  }
  done(std::move(refusal));
}

void BackupThread::Run() {
  for (;;) {
    Done done;
    {
      const MutexLock lock(mu_);
      while (asked_ == nullptr && !stop_) {
        changed_.Wait(mu_);
      }
      done = std::exchange(asked_, nullptr);
    }
    if (done == nullptr) {
      return;
    }
    absl::StatusOr<StoreBackup> copy = Copy();
    {
      const MutexLock lock(mu_);
      busy_ = false;
    }
    done(std::move(copy));
  }
}

absl::StatusOr<StoreBackup> BackupThread::Copy() {
  RemoveUnfinished(options_.folder);
  const absl::Time now = clock_.Now();
  const absl::Duration begin = clock_.Monotonic();
  const std::string file =
      absl::StrCat(options_.folder, "/", kPrefix,
                   absl::FormatTime("%Y%m%dT%H%M%E3SZ", now, absl::UTCTimeZone()), ".db");
  absl::StatusOr<StoreBackup> copy = BackUpStore(options_.store_path, file, &stop_);
  if (!copy.ok()) {
    log_.Error("backup failed", {{"file", file}, {"error", copy.status().ToString()}});
    return copy;
  }
  copy->took = clock_.Monotonic() - begin;
  metrics_.Set(metric::kBackupLastSuccess, {}, static_cast<double>(absl::ToUnixSeconds(now)));
  log_.Info(
      "backup taken",
      {{"file", file}, {"bytes", copy->bytes}, {"took_ms", absl::ToInt64Milliseconds(copy->took)}});
  return copy;
}

}  // namespace roomkeeper
