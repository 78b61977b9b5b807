#include <string>

#include "lib/model/reasons.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::CannedBackups;
using testing::World;
using Operations = v1::OperationsService::Stub;

auto BackUp(World& world, const std::string& key) {
  return world.Call(world.operations, &Operations::BackupStore, v1::BackupStoreRequest(), key);
}

TEST_CASE("an operator gets a backup, its size and its schema", "[service][backup]") {
  CannedBackups backups;
  World world({.engine = false, .backups = &backups});

  const auto copy = BackUp(world, world.op);

  REQUIRE(copy.ok());
  CHECK(copy.value.path() == "/backups/roomkeeper-1.db");
  CHECK(copy.value.size_bytes() == 4096);
  CHECK(copy.value.schema_version() == 7);
  CHECK(copy.value.duration().seconds() == 1);
  CHECK(BackUp(world, world.acme).reason() == reason::kOperatorOnly);
}

TEST_CASE("a backup that cannot be taken says what to do", "[service][backup]") {
  World without({.engine = false});
  const auto nowhere = BackUp(without, without.op);
  CHECK(nowhere.reason() == reason::kBackupNotConfigured);
  CHECK(nowhere.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK_THAT(nowhere.status.error_message(), Catch::Contains("store.backup_dir"));

  CannedBackups backups;
  World world({.engine = false, .backups = &backups});
  backups.answer = absl::ResourceExhaustedError("another backup is being taken");
  const auto busy = BackUp(world, world.op);
  CHECK(busy.reason() == reason::kBackupRunning);
  CHECK(busy.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(busy.refusal().retry_after == absl::Seconds(10));
  backups.answer = absl::UnavailableError("the disk is full");
  const auto failed = BackUp(world, world.op);
  CHECK(failed.reason() == reason::kBackupFailed);
  CHECK_THAT(failed.status.error_message(), Catch::Contains("the disk is full"));
  backups.answer = absl::CancelledError("the server stops");
  CHECK(BackUp(world, world.op).reason() == reason::kShuttingDown);
}

}  // namespace
}  // namespace roomkeeper
