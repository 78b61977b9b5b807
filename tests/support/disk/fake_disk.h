#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace roomkeeper::testing {

// A disk in memory behind SQLite: while it lives, new connections of this process use it. It knows
// what was synced, so it can lose the rest; it can be full. It grants every lock: its connections
// are of one thread, and none holds a transaction open while another one works. Not thread-safe.
class FakeDisk {
 public:
  // What becomes of writes that were not synced when the power goes.
  enum class Unsynced : std::uint8_t { kLost, kKept, kTorn };

  FakeDisk();
  ~FakeDisk();
  FakeDisk(const FakeDisk&) = delete;
  FakeDisk& operator=(const FakeDisk&) = delete;

  // The power goes when the n-th sync from now on begins (1: the next): it and all calls after it
  // fail. 0: never.
  void CutAtSync(int n) { syncs_left_ = n; }
  // It goes now.
  void Cut() { cut_ = true; }
  bool cut() const { return cut_; }
  // The power is back. Connections of before must be gone.
  void Restart(Unsynced unsynced, unsigned seed);

  // A write that would make all files together longer than this fails as on a full disk.
  void SetCapacity(std::int64_t bytes) { capacity_ = bytes; }
  std::int64_t used() const;

 private:
  friend struct FakeDiskCalls;
  struct Write {
    std::int64_t offset = 0;
    std::string bytes = {};  // empty: the file was cut to `offset`
  };
  struct File {
    std::string now = {};
    std::string synced = {};
    std::deque<Write> since = {};  // writes since the last sync, in order
    bool exists_after_cut = false;
    // The index of its WAL: in memory, gone with the last connection.
    std::vector<std::unique_ptr<char[]>> index = {};
    int index_users = 0;
  };

  std::map<std::string, std::shared_ptr<File>> files_;
  std::int64_t capacity_ = INT64_MAX;
  int syncs_left_ = 0;
  bool cut_ = false;
};

}  // namespace roomkeeper::testing
