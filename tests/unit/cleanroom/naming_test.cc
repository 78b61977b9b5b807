#include "lib/cleanroom/naming.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

RoomKey Key(const std::string& brand, const std::string& install, const std::string& id) {
  return {.brand = BrandId(brand), .install = InstallId(install), .id = CleanRoomId(id)};
}

TEST_CASE("a room's name is readable, and the same whenever it is derived", "[cleanroom]") {
  const std::string name = PlatformRoomName("rk", Key("acme", "prod", "identity-match"), 1);

  CHECK(absl::StartsWith(name, "rk_acme_identity_match_"));
  CHECK(name == PlatformRoomName("rk", Key("acme", "prod", "identity-match"), 1));
  // Stored names must stay derivable in every later release.
  CHECK(name == "rk_acme_identity_match_ae01478de6510d974cdf");
}

TEST_CASE("every part of a room's identity changes its name", "[cleanroom]") {
  const std::set<std::string> names = {
      PlatformRoomName("rk", Key("acme", "prod", "match"), 1),
      PlatformRoomName("rk2", Key("acme", "prod", "match"), 1),
      PlatformRoomName("rk", Key("acme2", "prod", "match"), 1),
      PlatformRoomName("rk", Key("acme", "prod2", "match"), 1),
      PlatformRoomName("rk", Key("acme", "prod", "match2"), 1),
      PlatformRoomName("rk", Key("acme", "prod", "match"), 2),
      PlatformRoomName("rk", Key("acme", "pro", "dmatch"), 1),
  };

  CHECK(names.size() == 7);
}

TEST_CASE("the longest identity still fits and keeps its hash", "[cleanroom]") {
  const RoomKey a = Key(std::string(40, 'b'), std::string(40, 'i'), std::string(63, 'c'));
  const RoomKey b = Key(std::string(40, 'b'), std::string(40, 'i'), std::string(62, 'c') + "d");

  const std::string name = PlatformRoomName("rk", a, 2147483647);

  CHECK(name.size() == kRoomNameBytesMax);
  CHECK(std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  }));
  CHECK(name != PlatformRoomName("rk", b, 2147483647));
}

TEST_CASE("a room's id and generation are read back from its name", "[cleanroom]") {
  const RoomKey key = Key("acme", "prod", "identity-match");
  const std::string name = PlatformRoomName("rk", key, 3);

  CHECK(ReadCleanRoomId(key.brand, name) == key.id);
  CHECK(ReadCleanRoomId(key.brand, absl::AsciiStrToUpper(name)) == key.id);
  CHECK(GenerationOf("rk", key, name) == 3);
  CHECK(GenerationOf("rk", key, absl::AsciiStrToUpper(name)) == 3);
  CHECK(GenerationOf("rk2", key, name) == 0);
  CHECK(GenerationOf("rk", Key("acme", "prod2", "identity-match"), name) == 0);
  CHECK(GenerationOf("rk", key, PlatformRoomName("rk", key, kGenerationMax)) == kGenerationMax);
  CHECK(GenerationOf("rk", key, PlatformRoomName("rk", key, kGenerationMax + 1)) == 0);
}

TEST_CASE("a name that no room of the brand can have holds no id", "[cleanroom]") {
  for (const char* name :
       {"", "rk_acme_", "rk_acme_0123456789abcdef0123", "by_hand",
        "rk_acme2_match_0123456789abcdef0123", "rk_acme_1match_0123456789abcdef0123"}) {
    CAPTURE(name);
    CHECK_FALSE(ReadCleanRoomId(BrandId("acme"), name).has_value());
  }
}

TEST_CASE("an asset is named under the provider's alias", "[cleanroom]") {
  CHECK(RoomAssetName("provider", "spine.households") == "provider.spine.households");
}

TEST_CASE("platform names compare without case", "[cleanroom]") {
  CHECK(SamePlatformName("Provider.Spine.T", "provider.spine.t"));
  CHECK_FALSE(SamePlatformName("provider.spine.t", "provider.spine.t2"));
}

}  // namespace
}  // namespace roomkeeper::testing
