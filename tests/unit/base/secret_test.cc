#include "lib/base/secret.h"

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<std::string, Secret>);

TEST_CASE("a secret prints as stars and is revealed only by name", "[base]") {
  const Secret secret(std::string("hunter2"));

  std::ostringstream out;
  out << secret;

  CHECK(out.str() == "***");
  CHECK(secret.Reveal() == "hunter2");
  CHECK(Secret().empty());
}

TEST_CASE("a secret that was moved from is empty", "[base]") {
  Secret from(std::string("hunter2"));

  Secret to = std::move(from);

  CHECK(to.Reveal() == "hunter2");
  CHECK(from.empty());  // NOLINT(bugprone-use-after-move): the point of the test
  from = std::move(to);
  CHECK(from.Reveal() == "hunter2");
}

TEST_CASE("a secret can be copied, also onto itself", "[base]") {
  Secret a(std::string("one"));
  Secret b(std::string("another, longer than the small buffer of a string"));

  b = a;
  const Secret& same = a;
  a = same;

  CHECK(a.Reveal() == "one");
  CHECK(b.Reveal() == "one");
}

TEST_CASE("a wiped text leaves nothing in its buffer", "[base]") {
  std::string text = "Bearer a-token-longer-than-the-small-buffer";
  const char* const buffer = text.data();
  const std::size_t size = text.size();

  Wipe(text);

  CHECK(text.empty());
  REQUIRE(text.data() == buffer);  // kept, so that it may be looked at
  CHECK(std::count(buffer, buffer + size, '\0') == static_cast<std::ptrdiff_t>(size));
}

}  // namespace
}  // namespace roomkeeper::testing
