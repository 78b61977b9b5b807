#include <filesystem>

#include "lib/store/sqlite/sqlite_engine.h"
#include "tests/conformance/store_fixture.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {
namespace {

class SqliteFixture final : public StoreFixture {
 public:
  SqliteFixture() { Open(); }
  StorageEngine& engine() override { return *engine_; }
  void Reopen() override {
    engine_.reset();
    Open();
  }

 private:
  void Open() {
    auto engine = SqliteEngine::Open(dir_.path() + "/store.db", clock_);
    REQUIRE_OK(engine);
    engine_ = *std::move(engine);
  }

  // In memory where there is such a folder: no case here is about the disk, and syncing it is most
  // of the time they take.
  TempFolder dir_{std::filesystem::exists("/dev/shm") ? "/dev/shm"
                                                      : std::filesystem::temp_directory_path()};
  FakeClock clock_;
  std::unique_ptr<SqliteEngine> engine_;
};

}  // namespace

std::unique_ptr<StoreFixture> MakeStoreFixture() {
  return std::make_unique<SqliteFixture>();
}

}  // namespace roomkeeper::testing
