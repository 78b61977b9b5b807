#include "lib/config/provenance_key.h"

#include <sys/stat.h>

#include <string>

#include "lib/config/config.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {
namespace {

Config WithStoreIn(const TempFolder& folder) {
  Config config;
  config.store.path = folder.path("rk.db");
  return config;
}

TEST_CASE("the first start makes a private provenance key beside the store, the next reads it",
          "[config]") {
  const TempFolder folder;
  const Config config = WithStoreIn(folder);

  const auto first = LoadProvenanceKey(config);
  REQUIRE_OK(first);
  folder.Write("rk.db", "");
  const auto second = LoadProvenanceKey(config);

  REQUIRE_OK(second);
  CHECK(first->Reveal().size() == 52);  // 32 bytes in base32
  CHECK(second->Reveal() == first->Reveal());
  struct stat status = {};
  REQUIRE(::stat(folder.path("rk.db.provenance-key").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0600U);
}

TEST_CASE("a store without its provenance key is refused", "[config]") {
  const TempFolder folder;
  const Config config = WithStoreIn(folder);
  folder.Write("rk.db", "");

  CHECK_THAT(LoadProvenanceKey(config).status(),
             StatusIs(absl::StatusCode::kFailedPrecondition, "restore the key from the backup"));
}

TEST_CASE("a provenance key that others can read is refused", "[config]") {
  const TempFolder folder;
  Config config = WithStoreIn(folder);
  config.provenance_key_file = folder.Write("key", "k", 0644);

  CHECK_THAT(LoadProvenanceKey(config).status(),
             StatusIs(absl::StatusCode::kFailedPrecondition, "chmod 600"));
}

TEST_CASE("a provenance key that cannot be made is an error with its place", "[config]") {
  const TempFolder folder;
  Config config = WithStoreIn(folder);
  config.provenance_key_file = folder.path("no/such/folder");

  CHECK_THAT(LoadProvenanceKey(config).status(),
             StatusIs(absl::StatusCode::kFailedPrecondition, "cannot be made: No such file"));
}

TEST_CASE("the key of a lost store is read, and never made", "[config]") {
  const TempFolder folder;
  Config config = WithStoreIn(folder);

  CHECK_THAT(LoadKeptProvenanceKey(config).status(),
             StatusIs(absl::StatusCode::kFailedPrecondition, "put the key of the lost store back"));
  const auto made = LoadProvenanceKey(config);
  REQUIRE_OK(made);
  const auto kept = LoadKeptProvenanceKey(config);
  REQUIRE_OK(kept);
  CHECK(kept->Reveal() == made->Reveal());
  config.provenance_key_file = folder.Write("key", "k");
  CHECK(LoadKeptProvenanceKey(config)->Reveal() == "k");
  config.store.engine = StoreEngine::kMemory;
  CHECK_THAT(LoadKeptProvenanceKey(config).status(),
             StatusIs(absl::StatusCode::kFailedPrecondition, "memory"));
}

TEST_CASE("the memory store gets a fresh key each time", "[config]") {
  Config config;
  config.store.engine = StoreEngine::kMemory;

  const auto first = LoadProvenanceKey(config);
  const auto second = LoadProvenanceKey(config);

  REQUIRE_OK(first);
  REQUIRE_OK(second);
  CHECK(first->Reveal() != second->Reveal());
}

}  // namespace
}  // namespace roomkeeper::testing
