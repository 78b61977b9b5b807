#include "lib/base/strong_id.h"

#include <sstream>
#include <string>
#include <type_traits>

#include "absl/container/flat_hash_set.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

using AId = StrongId<struct ATag>;
using BId = StrongId<struct BTag>;

static_assert(!std::is_convertible_v<AId, BId>);
static_assert(!std::is_constructible_v<AId, BId>);
static_assert(!std::is_convertible_v<std::string, AId>);

TEST_CASE("ids compare, order, hash and print by their text", "[base]") {
  const AId a("a");
  const AId b(std::string("b"));

  CHECK(a == AId(absl::string_view("a")));
  CHECK(a < b);
  CHECK(a != b);
  CHECK(AId().empty());
  const absl::flat_hash_set<AId> set = {a, b, a};
  CHECK(set.size() == 2);
  std::ostringstream out;
  out << b;
  CHECK(out.str() == "b");
}

}  // namespace
}  // namespace roomkeeper::testing
