#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "lib/store/sqlite/migrator.h"
#include "tests/support/disk/fake_disk.h"
#include "tests/support/matchers.h"
#include "tests/unit/store/store_file.h"

// Disks that are full, lose power, lose bits, or may not be written.

namespace roomkeeper::testing {
namespace {

SubmitJob Submit(const std::string& id) {
  SubmitJob op = SampleSubmit(id);
  op.event_message = std::string(2000, 'x');
  return op;
}

struct Store : StoreFile {
  absl::Status Add(const std::string& id) { return Write(Submit(id)).status(); }
  // The jobs that a server which starts now would take over.
  std::vector<std::string> Jobs(const std::string& owner) {
    auto result = Write(ClaimJobs{.owner = owner, .now = clock.Now(), .n = 1000});
    REQUIRE_OK(result);
    const auto& claimed = std::get<ClaimJobs::Result>(*result);
    CHECK(claimed.corrupt.empty());
    std::vector<std::string> ids;
    for (const auto& due : claimed.due) {
      ids.push_back(due.job.id.value());
    }
    return ids;
  }
};

// Opens the store and adds jobs until the power goes, with a checkpoint after each third. True: all
// was done. `acknowledged` gets what was answered OK.
bool AddUntilCut(Store& store, const FakeDisk& disk, std::vector<std::string>& acknowledged) {
  if (!store.Open().ok()) {
    return false;
  }
  for (int i = 0; i < 7; ++i) {
    const std::string id = "j" + std::to_string(i);
    if (store.Add(id).ok()) {
      acknowledged.push_back(id);
    }
    if (i % 3 == 2) {
      store.engine->Tidy();
    }
  }
  return !disk.cut();
}

TEST_CASE("R3: power loss at each sync loses nothing that was acknowledged", "[sqlite]") {
  using Unsynced = FakeDisk::Unsynced;
  const auto unsynced = GENERATE(Unsynced::kLost, Unsynced::kKept, Unsynced::kTorn);
  CAPTURE(static_cast<int>(unsynced));
  int cuts = 0;
  for (int sync = 1;; ++sync) {
    CAPTURE(sync);
    FakeDisk disk;
    Store store;
    std::vector<std::string> acknowledged;
    disk.CutAtSync(sync);
    const bool all_done = AddUntilCut(store, disk, acknowledged);
    store.engine.reset();
    disk.Restart(unsynced, static_cast<unsigned>(sync));

    REQUIRE_OK(store.Open());

    const std::vector<std::string> jobs = store.Jobs("after");
    REQUIRE(jobs.size() >= acknowledged.size());
    CHECK(std::vector(jobs.begin(), jobs.begin() + static_cast<int>(acknowledged.size())) ==
          acknowledged);
    CHECK_OK(store.Add("next"));
    auto db = SqliteDb::Open(store.path(), SqliteDb::Mode::kReadWrite);
    REQUIRE_OK(db);
    CHECK(*(*db)->QueryInt(
              "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") == 1);
    if (all_done) {
      break;
    }
    ++cuts;
  }
  CHECK(cuts > 10);
}

TEST_CASE("a full disk is said to be full, loses nothing acknowledged, and heals by itself",
          "[sqlite]") {
  FakeDisk disk;
  Store store;
  REQUIRE_OK(store.Open());
  std::vector<std::string> acknowledged;
  disk.SetCapacity(disk.used() + 200'000);
  absl::Status refused;
  for (int i = 0; refused.ok() && i < 1000; ++i) {
    const std::string id = "j" + std::to_string(i);
    refused = store.Add(id);
    if (refused.ok()) {
      acknowledged.push_back(id);
    }
  }

  CHECK_THAT(refused, StatusIs(absl::StatusCode::kUnavailable, "the disk is full: free space"));
  CHECK_THAT(store.Add("again"), StatusIs(absl::StatusCode::kUnavailable, "the disk is full"));
  store.engine->Tidy();
  CHECK(acknowledged.size() > 3);

  disk.SetCapacity(INT64_MAX);
  CHECK_OK(store.engine->Probe());
  CHECK_OK(store.Add("later"));
  acknowledged.push_back("later");
  CHECK(store.Jobs("r1") == acknowledged);
  REQUIRE_OK(store.Open());
  CHECK(store.Jobs("r2") == acknowledged);
}

TEST_CASE("a store that cannot be made for want of space says so, and is made when there is",
          "[sqlite]") {
  FakeDisk disk;
  Store store;
  for (std::int64_t capacity = 0; capacity < 150'000; capacity += 10'000) {
    CAPTURE(capacity);
    disk.SetCapacity(capacity);
    if (const absl::Status status = store.Open(); !status.ok()) {
      CHECK_THAT(status, StatusIs(absl::StatusCode::kUnavailable, "the disk is full"));
    }
  }
  disk.SetCapacity(INT64_MAX);

  REQUIRE_OK(store.Open());
  CHECK_OK(store.Add("a"));
}

TEST_CASE("a power loss in a migration leaves the old schema or the new one, whole", "[sqlite]") {
  std::vector<Migration> migrations = Migrations();
  const auto known = static_cast<std::int64_t>(migrations.size());
  migrations.push_back({known + 1, "next", "CREATE TABLE half (x); UPDATE job SET move = 2"});
  bool old_schema = false;
  for (int sync = 1;; ++sync) {
    CAPTURE(sync);
    FakeDisk disk;
    Store store;
    REQUIRE_OK(store.Open());
    REQUIRE_OK(store.Add("a"));
    store.engine.reset();
    disk.CutAtSync(sync);
    {
      auto db = SqliteDb::Open(store.path(), SqliteDb::Mode::kReadWrite);
      REQUIRE_OK(db);
      (void)Migrate(**db, migrations, store.clock.Now());
    }
    const bool done = !disk.cut();
    disk.Restart(FakeDisk::Unsynced::kTorn, static_cast<unsigned>(sync));

    auto db = SqliteDb::Open(store.path(), SqliteDb::Mode::kReadWrite);
    REQUIRE_OK(db);
    const std::int64_t version = *(*db)->QueryInt("SELECT max(version) FROM schema_migration");
    CHECK(*(*db)->QueryInt("SELECT count(*) FROM sqlite_schema WHERE name = 'half'") ==
          version - known);
    CHECK(*(*db)->QueryInt("SELECT count(*) FROM job WHERE move = 2") == version - known);
    old_schema = old_schema || version == known;
    if (done) {
      CHECK(version == known + 1);
      break;
    }
  }
  CHECK(old_schema);
}

TEST_CASE("a damaged page is reported as damage with what to do, and is not written over",
          "[sqlite]") {
  Store store;
  REQUIRE_OK(store.Open());
  for (int i = 0; i < 50; ++i) {
    REQUIRE_OK(store.Add("j" + std::to_string(i)));
  }
  store.engine.reset();  // into the file
  struct stat file = {};
  REQUIRE(stat(store.path().c_str(), &file) == 0);
  int reported = 0;
  for (std::int64_t page = 1; page < file.st_size / 4096; ++page) {
    CAPTURE(page);
    Store damaged;
    {
      std::ofstream copy(damaged.path(), std::ios::binary);
      copy << std::ifstream(store.path(), std::ios::binary).rdbuf();
      copy.seekp(page * 4096);
      copy << std::string(4096, '\xFF');
    }
    absl::Status status = damaged.Open();
    if (status.ok()) {
      status = damaged.Add("next");
    }
    if (!status.ok()) {
      ++reported;
      CHECK_THAT(status, StatusIs(absl::StatusCode::kDataLoss, "restore a backup"));
    }
  }
  CHECK(reported > 3);
}

// What Open says to a user who may not write the file.
std::string OpenAsNobody(Store& store) {
  int ends[2] = {};
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const bool dropped = geteuid() != 0 || setuid(65534) == 0;
    const std::string said = dropped ? std::string(store.Open().message()) : "still root";
    (void)!write(ends[1], said.data(), said.size());
    _exit(0);
  }
  close(ends[1]);
  std::string said(4096, '\0');
  const ssize_t n = read(ends[0], said.data(), said.size());
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  said.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return said;
}

TEST_CASE("a file that may not be written is named with what to check", "[sqlite]") {
  Store store;
  REQUIRE_OK(store.Open());
  store.engine.reset();
  REQUIRE(chmod(store.dir.path().c_str(), 0755) == 0);
  REQUIRE(chmod(store.path().c_str(), 0444) == 0);

  CHECK_THAT(OpenAsNobody(store), Catch::Contains(store.path()) &&
                                      Catch::Contains("cannot be opened for writing") &&
                                      Catch::Contains("owner"));
}

TEST_CASE("a folder that may not be written is named with what to check", "[sqlite]") {
  Store store;
  REQUIRE_OK(store.Open());
  store.engine.reset();
  REQUIRE(chmod(store.path().c_str(), 0666) == 0);
  REQUIRE(chmod(store.dir.path().c_str(), 0555) == 0);

  const std::string said = OpenAsNobody(store);

  REQUIRE(chmod(store.dir.path().c_str(), 0755) == 0);
  CHECK_THAT(said, Catch::Contains(store.path()) && Catch::Contains("the folder must be writable"));
}

}  // namespace
}  // namespace roomkeeper::testing
