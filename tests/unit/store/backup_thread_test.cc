#include "lib/store/backup/backup_thread.h"

#include <atomic>
#include <filesystem>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/obs/metric_table.h"
#include "lib/store/sqlite/store_files.h"
#include "tests/support/matchers.h"
#include "tests/unit/store/store_file.h"

namespace roomkeeper::testing {
namespace {

class NoLog final : public Log {
 public:
  void Write(LogLevel, absl::string_view, std::initializer_list<LogField>) override {}
};

// A store with one brand that is served, and a folder for its copies.
struct World : StoreFile {
  World() {
    std::filesystem::create_directory(folder());
    REQUIRE_OK(Open());
    AddBrand("acme");
  }
  std::string folder() const { return dir.path("backups"); }
  void AddBrand(const std::string& id) {
    REQUIRE_OK(Write(CreateBrand{.brand = {.id = BrandId(id)}}));
  }
  absl::StatusOr<StoreBackup> Take() {
    std::promise<absl::StatusOr<StoreBackup>> copied;
    backups.Take([&](absl::StatusOr<StoreBackup> copy) { copied.set_value(std::move(copy)); });
    return copied.get_future().get();
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  Metrics metrics;
  NoLog log;
  BackupThread backups{{.store_path = path(), .folder = folder()}, clock, metrics, log};
};

TEST_CASE("a backup is a new file named by the time, and holds what was stored by then",
          "[sqlite]") {
  World world;
  world.backups.Start();

  const auto copy = world.Take();

  REQUIRE_OK(copy);
  world.AddBrand("later");
  CHECK(copy->path == absl::StrCat(world.folder(), "/roomkeeper-20261120T000000.000Z.db"));
  CHECK(copy->bytes == static_cast<std::int64_t>(std::filesystem::file_size(copy->path)));
  CHECK(copy->schema_version > 0);
  CHECK(world.metrics.Value(metric::kBackupLastSuccess, {}) ==
        static_cast<double>(absl::ToUnixSeconds(world.clock.Now())));
  auto restored = SqliteEngine::Open(copy->path, world.clock);
  REQUIRE_OK(restored);
  auto reader = (*restored)->NewReader();
  REQUIRE_OK(reader);
  CHECK_OK((*reader)->GetBrand(BrandId("acme")));
  CHECK(absl::IsNotFound((*reader)->GetBrand(BrandId("later")).status()));
}

TEST_CASE("a server that may take backups and has none says so", "[sqlite]") {
  World world;
  const std::string sample = "roomkeeper_backup_last_success_timestamp_seconds 0\n";
  REQUIRE_THAT(world.metrics.Render(), !Catch::Contains(sample));

  world.backups.Start();

  CHECK_THAT(world.metrics.Render(), Catch::Contains(sample));
}

TEST_CASE("one backup is taken at a time, and the next one when that has ended", "[sqlite]") {
  World world;
  world.backups.Start();
  std::promise<void> first_may_end;
  std::promise<absl::StatusOr<StoreBackup>> second;
  std::promise<absl::StatusOr<StoreBackup>> third;
  // The thread is in the first one's answer: that one has ended, and nobody makes the second yet.
  world.backups.Take([&](const absl::StatusOr<StoreBackup>& /*copy*/) {
    world.clock.Advance(absl::Seconds(1));
    world.backups.Take(
        [&](absl::StatusOr<StoreBackup> copy) { second.set_value(std::move(copy)); });
    world.backups.Take([&](absl::StatusOr<StoreBackup> copy) { third.set_value(std::move(copy)); });
    first_may_end.get_future().wait();
  });

  CHECK_THAT(third.get_future().get().status(),
             StatusIs(absl::StatusCode::kResourceExhausted, "another backup"));
  first_may_end.set_value();
  CHECK_OK(second.get_future().get());
  CHECK(world.Files().size() == 2);
}

TEST_CASE("what a killed server left half done is removed, and nothing else", "[sqlite]") {
  World world;
  for (const char* name : {"roomkeeper-1.db.part", "roomkeeper-1.db.part-journal",
                           "roomkeeper-0.db", "other.db.part"}) {
    world.dir.Write(absl::StrCat("backups/", name), "x");
  }
  world.backups.Start();
  CHECK(world.metrics.Value(metric::kBackupLastSuccess, {}) > 0);  // of roomkeeper-0.db

  REQUIRE_OK(world.Take());

  int halves = 0;
  for (const std::string& name : world.Files()) {
    halves += absl::StrContains(name, ".part") ? 1 : 0;
  }
  CHECK(halves == 1);
  CHECK(world.Files().size() == 3);
}

TEST_CASE("a backup that fails or is stopped leaves nothing behind", "[sqlite]") {
  World world;
  CHECK(absl::IsCancelled(world.Take().status()));  // before the start
  world.backups.Start();
  std::filesystem::remove(world.folder());
  CHECK_THAT(world.Take().status(),
             StatusIs(absl::StatusCode::kFailedPrecondition, "cannot be written"));
  world.backups.Stop();
  CHECK(absl::IsCancelled(world.Take().status()));

  std::filesystem::create_directory(world.folder());
  std::vector<WriteOp> ops;
  for (int i = 0; i < 1000; ++i) {
    ops.emplace_back(CreateBrand{.brand = {.id = BrandId(absl::StrCat("brand-", i))}});
  }
  CommitNotice notice;
  const auto written = world.engine->Apply(std::move(ops), notice);
  REQUIRE_OK(written.back());
  const std::atomic<bool> stop = true;
  CHECK(absl::IsCancelled(
      BackUpStore(world.path(), absl::StrCat(world.folder(), "/copy.db"), &stop).status()));
  CHECK(world.Files().empty());
}

}  // namespace
}  // namespace roomkeeper::testing
