#include "lib/store/memory/memory_engine.h"
#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

class MemoryFixture final : public StoreFixture {
 public:
  StorageEngine& engine() override { return engine_; }
  void Reopen() override {}

 private:
  MemoryEngine engine_;
};

}  // namespace

std::unique_ptr<StoreFixture> MakeStoreFixture() {
  return std::make_unique<MemoryFixture>();
}

}  // namespace roomkeeper::testing
