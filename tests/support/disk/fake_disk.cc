#include "tests/support/disk/fake_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <random>
#include <utility>
#include <vector>

namespace roomkeeper::testing {
namespace {

constexpr char kName[] = "roomkeeper-fake-disk";
constexpr std::size_t kSector = 512;

void Put(std::string& file, std::int64_t offset, const std::string& bytes) {
  const auto end = static_cast<std::size_t>(offset) + bytes.size();
  if (file.size() < end) {
    file.resize(end, '\0');
  }
  file.replace(static_cast<std::size_t>(offset), bytes.size(), bytes);
}

}  // namespace

// SQLite's table of functions. Each file handle starts with SQLite's own struct.
struct FakeDiskCalls {
  struct Handle {
    sqlite3_file base;
    FakeDisk* disk;
    std::shared_ptr<FakeDisk::File>* file;
    bool maps_index;
  };

  static void Do(const FakeDisk::Write& write, std::string& bytes) {
    if (write.bytes.empty()) {
      bytes.resize(static_cast<std::size_t>(write.offset), '\0');
    } else {
      Put(bytes, write.offset, write.bytes);
    }
  }
  static Handle* Of(sqlite3_file* file) { return reinterpret_cast<Handle*>(file); }
  static FakeDisk* Disk(sqlite3_vfs* vfs) { return static_cast<FakeDisk*>(vfs->pAppData); }

  static int Close(sqlite3_file* file) {
    delete Of(file)->file;
    return SQLITE_OK;
  }
  static int Read(sqlite3_file* file, void* out, int n, sqlite3_int64 offset) {
    if (Of(file)->disk->cut_) {
      return SQLITE_IOERR_READ;
    }
    const std::string& bytes = (*Of(file)->file)->now;
    const auto from = std::min(static_cast<std::size_t>(offset), bytes.size());
    const std::size_t have = std::min(static_cast<std::size_t>(n), bytes.size() - from);
    std::memset(out, 0, static_cast<std::size_t>(n));
    std::memcpy(out, bytes.data() + from, have);
    return have == static_cast<std::size_t>(n) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }
  static int Write(sqlite3_file* file, const void* data, int n, sqlite3_int64 offset) {
    FakeDisk* disk = Of(file)->disk;
    FakeDisk::File& written = **Of(file)->file;
    if (disk->cut_) {
      return SQLITE_IOERR_WRITE;
    }
    const auto size = static_cast<std::int64_t>(written.now.size());
    if (disk->used() + std::max<std::int64_t>(offset + n - size, 0) > disk->capacity_) {
      return SQLITE_FULL;
    }
    FakeDisk::Write write = {
        .offset = offset,
        .bytes = std::string(static_cast<const char*>(data), static_cast<std::size_t>(n))};
    Put(written.now, offset, write.bytes);
    written.since.push_back(std::move(write));
    return SQLITE_OK;
  }
  static int Truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (Of(file)->disk->cut_) {
      return SQLITE_IOERR_TRUNCATE;
    }
    FakeDisk::File& written = **Of(file)->file;
    written.now.resize(static_cast<std::size_t>(size), '\0');
    written.since.push_back({.offset = size});
    return SQLITE_OK;
  }
  static int Sync(sqlite3_file* file, int /*flags*/) {
    FakeDisk* disk = Of(file)->disk;
    if (disk->syncs_left_ > 0 && --disk->syncs_left_ == 0) {
      disk->cut_ = true;
    }
    if (disk->cut_) {
      return SQLITE_IOERR_FSYNC;
    }
    FakeDisk::File& synced = **Of(file)->file;
    for (const FakeDisk::Write& write : synced.since) {
      Do(write, synced.synced);
    }
    synced.since.clear();
    synced.exists_after_cut = true;
    return SQLITE_OK;
  }
  static int FileSize(sqlite3_file* file, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>((*Of(file)->file)->now.size());
    return SQLITE_OK;
  }
  static int Lock(sqlite3_file* /*file*/, int /*level*/) { return SQLITE_OK; }
  static int IsReserved(sqlite3_file* /*file*/, int* reserved) {
    *reserved = 0;
    return SQLITE_OK;
  }
  static int Control(sqlite3_file* /*file*/, int /*op*/, void* /*arg*/) { return SQLITE_NOTFOUND; }
  static int SectorSize(sqlite3_file* /*file*/) { return static_cast<int>(kSector); }
  static int Traits(sqlite3_file* /*file*/) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }
  static int SharedMap(sqlite3_file* file, int page, int bytes, int extend, volatile void** out) {
    FakeDisk::File& mapped = **Of(file)->file;
    if (!std::exchange(Of(file)->maps_index, true)) {
      ++mapped.index_users;
    }
    auto& shared = mapped.index;
    while (extend != 0 && static_cast<int>(shared.size()) <= page) {
      shared.push_back(std::make_unique<char[]>(static_cast<std::size_t>(bytes)));
    }
    *out = page < static_cast<int>(shared.size()) ? shared[static_cast<std::size_t>(page)].get()
                                                  : nullptr;
    return SQLITE_OK;
  }
  static int SharedLock(sqlite3_file* /*file*/, int /*at*/, int /*n*/, int /*flags*/) {
    return SQLITE_OK;
  }
  static void SharedBarrier(sqlite3_file* /*file*/) {}
  static int SharedUnmap(sqlite3_file* file, int /*remove*/) {
    FakeDisk::File& mapped = **Of(file)->file;
    if (std::exchange(Of(file)->maps_index, false) && --mapped.index_users == 0) {
      mapped.index.clear();
    }
    return SQLITE_OK;
  }

  static constexpr sqlite3_io_methods kMethods = {.iVersion = 2,
                                                  .xClose = Close,
                                                  .xRead = Read,
                                                  .xWrite = Write,
                                                  .xTruncate = Truncate,
                                                  .xSync = Sync,
                                                  .xFileSize = FileSize,
                                                  .xLock = Lock,
                                                  .xUnlock = Lock,
                                                  .xCheckReservedLock = IsReserved,
                                                  .xFileControl = Control,
                                                  .xSectorSize = SectorSize,
                                                  .xDeviceCharacteristics = Traits,
                                                  .xShmMap = SharedMap,
                                                  .xShmLock = SharedLock,
                                                  .xShmBarrier = SharedBarrier,
                                                  .xShmUnmap = SharedUnmap,
                                                  .xFetch = nullptr,
                                                  .xUnfetch = nullptr};

  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* out, int flags, int* got) {
    FakeDisk* disk = Disk(vfs);
    out->pMethods = nullptr;
    if (disk->cut_) {
      return SQLITE_CANTOPEN;
    }
    std::shared_ptr<FakeDisk::File>& file = disk->files_[path == nullptr ? "" : path];
    if (file == nullptr) {
      file = std::make_shared<FakeDisk::File>();
      file->exists_after_cut = (flags & SQLITE_OPEN_MAIN_DB) != 0;  // made by the file lock
    }
    new (out) Handle{.base = {.pMethods = &kMethods},
                     .disk = disk,
                     .file = new std::shared_ptr<FakeDisk::File>(file),
                     .maps_index = false};
    if (got != nullptr) {
      *got = flags;
    }
    return SQLITE_OK;
  }
  static int Delete(sqlite3_vfs* vfs, const char* path, int /*sync*/) {
    FakeDisk* disk = Disk(vfs);
    if (disk->cut_) {
      return SQLITE_IOERR_DELETE;
    }
    return disk->files_.erase(path) == 0 ? SQLITE_IOERR_DELETE_NOENT : SQLITE_OK;
  }
  static int Access(sqlite3_vfs* vfs, const char* path, int /*flags*/, int* there) {
    const auto found = Disk(vfs)->files_.find(path);
    *there = found != Disk(vfs)->files_.end() && !found->second->now.empty() ? 1 : 0;
    return SQLITE_OK;
  }
  static int FullPath(sqlite3_vfs* /*vfs*/, const char* path, int n, char* out) {
    sqlite3_snprintf(n, out, "%s", path);
    return SQLITE_OK;
  }
};

FakeDisk::FakeDisk() {
  const sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  auto* vfs = new sqlite3_vfs(*real);  // randomness, time and sleep stay the real ones
  vfs->iVersion = 1;
  vfs->szOsFile = sizeof(FakeDiskCalls::Handle);
  vfs->zName = kName;
  vfs->pAppData = this;
  vfs->xOpen = FakeDiskCalls::Open;
  vfs->xDelete = FakeDiskCalls::Delete;
  vfs->xAccess = FakeDiskCalls::Access;
  vfs->xFullPathname = FakeDiskCalls::FullPath;
  sqlite3_vfs_register(vfs, /*makeDflt=*/1);
}

FakeDisk::~FakeDisk() {
  sqlite3_vfs* vfs = sqlite3_vfs_find(kName);
  sqlite3_vfs_unregister(vfs);
  delete vfs;
}

std::int64_t FakeDisk::used() const {
  std::int64_t used = 0;
  for (const auto& [path, file] : files_) {
    used += static_cast<std::int64_t>(file->now.size());
  }
  return used;
}

void FakeDisk::Restart(Unsynced unsynced, unsigned seed) {
  std::mt19937 chance(seed);
  cut_ = false;
  syncs_left_ = 0;
  std::erase_if(files_, [&](const auto& entry) {
    return unsynced == Unsynced::kLost && !entry.second->exists_after_cut;
  });
  for (auto& [path, file] : files_) {
    std::string bytes = file->synced;
    for (Write& write : file->since) {
      if (unsynced == Unsynced::kLost || (unsynced == Unsynced::kTorn && chance() % 2 == 0)) {
        continue;
      }
      if (unsynced == Unsynced::kTorn && !write.bytes.empty() && chance() % 2 == 0) {
        write.bytes.resize(std::min(write.bytes.size(), kSector * (1 + chance() % 4)));
      }
      FakeDiskCalls::Do(write, bytes);
    }
    *file = File{.now = bytes, .synced = bytes, .exists_after_cut = true};
  }
}

}  // namespace roomkeeper::testing
