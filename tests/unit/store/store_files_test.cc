#include "lib/store/sqlite/store_files.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/status_macros.h"
#include "lib/store/sqlite/migrator.h"
#include "tests/support/matchers.h"
#include "tests/unit/store/store_file.h"

namespace roomkeeper::testing {
namespace {

struct Store : StoreFile {
  std::string file(const std::string& name) const { return dir.path() + "/" + name; }
  void Add(const std::string& id) {
    SubmitJob op = SampleSubmit(id);
    op.claim_for = "r1";
    REQUIRE_OK(Write(std::move(op)));
  }
  absl::StatusOr<Job> Get(const std::string& id) {
    auto reader = engine->NewReader();
    REQUIRE_OK(reader);
    return (*reader)->GetJob(JobId(id));
  }
  // j1 waits in ENSURE_ROOM, j2 is final, j3 is QUEUED.
  void Fill() {
    REQUIRE_OK(Open());
    for (const char* id : {"j1", "j2", "j3"}) {
      Add(id);
    }
    for (const JobState state : {JobState::kRunning, JobState::kWaiting}) {
      Job job = *Get("j1");
      job.state = state;
      job.step = Step::kEnsureRoom;
      REQUIRE_OK(Write(AdvanceJob{.job = job}));
    }
    for (const JobState state : {JobState::kRunning, JobState::kSucceeded}) {
      Job job = *Get("j2");
      job.state = state;
      job.step = Step::kDone;
      if (IsFinal(state)) {
        job.finished_at = clock.Now();
      }
      REQUIRE_OK(Write(AdvanceJob{.job = job}));
    }
  }
};

TEST_CASE("a backup is taken while the store is written, and only its owner may read it",
          "[sqlite]") {
  Store store;
  store.Fill();

  REQUIRE_OK(BackUpStore(store.path(), store.file("copy.db")));

  store.Add("later");
  struct stat file = {};
  REQUIRE(stat(store.file("copy.db").c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
  CHECK_FALSE(std::filesystem::exists(store.file("copy.db.part")));
  CHECK_THAT(BackUpStore(store.path(), store.file("copy.db")).status(),
             StatusIs(absl::StatusCode::kAlreadyExists, "copy.db is there"));
}

TEST_CASE("a restored store is as the backup, and its open jobs look before they act", "[sqlite]") {
  Store store;
  store.Fill();
  const Job before = *store.Get("j1");
  const Job finished = *store.Get("j2");
  REQUIRE_OK(BackUpStore(store.path(), store.file("copy.db")));
  store.Add("later");

  CHECK_THAT(RestoreStore(store.file("copy.db"), store.path()),
             StatusIs(absl::StatusCode::kFailedPrecondition, "in use by another process"));
  store.engine.reset();
  REQUIRE_OK(RestoreStore(store.file("copy.db"), store.path()));

  REQUIRE_OK(store.Open());
  Job want = before;
  want.progress.intent_open = true;
  CHECK(*store.Get("j1") == want);
  CHECK(*store.Get("j2") == finished);
  CHECK_FALSE(store.Get("j3")->progress.intent_open);
  CHECK_THAT(store.Get("later").status(), StatusIs(absl::StatusCode::kNotFound));
  store.Add("after");
  store.engine.reset();
  CHECK_THAT(RestoreStore(store.file("copy.db"), store.path()),
             StatusIs(absl::StatusCode::kAlreadyExists, ".before-restore is there"));
  std::filesystem::rename(store.path() + ".before-restore", store.path());
  REQUIRE_OK(store.Open());
  CHECK_OK(store.Get("later"));
}

TEST_CASE("a restore goes over a store that is damaged or gone", "[sqlite]") {
  const bool gone = GENERATE(false, true);
  CAPTURE(gone);
  Store store;
  store.Fill();
  REQUIRE_OK(BackUpStore(store.path(), store.file("copy.db")));
  store.engine.reset();
  if (gone) {
    std::filesystem::remove(store.path());
  } else {
    std::ofstream(store.path()) << std::string(8192, 'x');
    std::ofstream(store.path() + "-wal") << "stale";
  }

  REQUIRE_OK(RestoreStore(store.file("copy.db"), store.path()));

  CHECK_FALSE(std::filesystem::exists(store.path() + "-wal"));
  REQUIRE_OK(store.Open());
  CHECK_OK(store.Get("j1"));
}

TEST_CASE("what is no sound backup is refused, and the store stays", "[sqlite]") {
  Store store;
  store.Fill();
  REQUIRE_OK(BackUpStore(store.path(), store.file("copy.db")));
  store.engine.reset();
  const std::string copy = store.file("copy.db");
  SECTION("it is not there") {
    CHECK_FALSE(RestoreStore(store.file("absent.db"), store.path()).ok());
  }
  SECTION("it is empty") {
    std::ofstream(copy).flush();
    CHECK_THAT(RestoreStore(copy, store.path()),
               StatusIs(absl::StatusCode::kFailedPrecondition, "holds no store"));
  }
  SECTION("it is cut short") {
    std::filesystem::resize_file(copy, 20'480);
    CHECK_THAT(RestoreStore(copy, store.path()), StatusIs(absl::StatusCode::kDataLoss));
  }
  SECTION("it is of a newer release") {
    REQUIRE_OK((*SqliteDb::Open(copy, SqliteDb::Mode::kReadWrite))
                   ->Execute("INSERT INTO schema_migration VALUES (1000, 'next', 'abc', 0)"));
    CHECK_THAT(RestoreStore(copy, store.path()),
               StatusIs(absl::StatusCode::kFailedPrecondition, "start a release that knows it"));
  }

  CHECK_FALSE(std::filesystem::exists(store.path() + ".restoring"));
  CHECK_FALSE(std::filesystem::exists(store.path() + ".before-restore"));
  REQUIRE_OK(store.Open());
  CHECK_OK(store.Get("j1"));
}

std::vector<std::string> FilesOf(const Store& store) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(store.dir.path())) {
    names.push_back(entry.path().filename());
  }
  return names;
}

// Into the file that MakeStore gives.
absl::Status FillPart(Store& store, const std::string& part) {
  auto made = SqliteEngine::Open(part, store.clock);
  RK_RETURN_IF_ERROR(made.status());
  store.engine = *std::move(made);
  store.Add("j1");
  store.engine.reset();
  return absl::OkStatus();
}

TEST_CASE("a store is made as a whole where there is none", "[sqlite]") {
  Store store;
  SECTION("no file at all") {}
  SECTION("what an attempt left that was killed") {
    std::ofstream(store.path()).flush();
    std::ofstream(store.path() + ".rebuilding") << "half";
    std::ofstream(store.path() + ".rebuilding-wal") << "half";
    std::ofstream(store.path() + "-shm") << "stale";
  }

  REQUIRE_OK(
      MakeStore(store.path(), [&](const std::string& part) { return FillPart(store, part); }));

  CHECK(FilesOf(store) == std::vector<std::string>{"store.db"});
  struct stat file = {};
  REQUIRE(stat(store.path().c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
  REQUIRE_OK(store.Open());
  CHECK_OK(store.Get("j1"));
}

TEST_CASE("no store is made over another one, or under a server", "[sqlite]") {
  Store store;
  store.Fill();
  bool filled = false;
  const auto make = [&] {
    return MakeStore(store.path(), [&](const std::string&) {
      filled = true;
      return absl::OkStatus();
    });
  };

  CHECK_THAT(make(), StatusIs(absl::StatusCode::kFailedPrecondition, "in use by another process"));
  store.engine.reset();
  CHECK_THAT(make(), StatusIs(absl::StatusCode::kFailedPrecondition, "store.db is not empty"));
  REQUIRE_OK(store.Open());
  CHECK_OK(store.Get("j1"));
  store.engine.reset();
  std::filesystem::remove(store.path());
  std::ofstream(store.path() + "-wal") << "of the lost store";
  CHECK_THAT(make(), StatusIs(absl::StatusCode::kFailedPrecondition, "store.db-wal is not empty"));
  CHECK_FALSE(filled);
}

TEST_CASE("a store that could not be filled leaves nothing behind", "[sqlite]") {
  Store store;

  const absl::Status made = MakeStore(store.path(), [&](const std::string& part) {
    CHECK_THAT(store.Open(),
               StatusIs(absl::StatusCode::kFailedPrecondition, "in use by another process"));
    REQUIRE_OK(FillPart(store, part));
    return absl::UnavailableError("no platform");
  });

  CHECK_THAT(made, StatusIs(absl::StatusCode::kUnavailable, "no platform"));
  CHECK(FilesOf(store).empty());
}

TEST_CASE("a migration keeps the store of before beside it, once", "[sqlite]") {
  Store store;
  std::ofstream(store.path()).flush();
  {
    auto db = SqliteDb::Open(store.path(), SqliteDb::Mode::kReadWrite);
    REQUIRE_OK(db);
    REQUIRE_OK(Migrate(**db, {Migrations().front()}, store.clock.Now()));
  }
  const auto known = static_cast<std::int64_t>(Migrations().size());

  const auto done = MigrateStore(store.path(), store.clock.Now());

  REQUIRE_OK(done);
  CHECK(done->from == 1);
  CHECK(done->to == known);
  auto old = SqliteDb::Open(done->backup, SqliteDb::Mode::kRead);
  REQUIRE_OK(old);
  CHECK(*SchemaVersion(**old, Migrations()) == 1);
  const auto again = MigrateStore(store.path(), store.clock.Now());
  REQUIRE_OK(again);
  CHECK(again->from == known);
  CHECK(again->backup.empty());
  REQUIRE_OK(store.Open());
  CHECK_THAT(MigrateStore(store.path(), store.clock.Now()).status(),
             StatusIs(absl::StatusCode::kFailedPrecondition, "in use by another process"));
}

}  // namespace
}  // namespace roomkeeper::testing
