#include "lib/model/resource_name.h"

#include <string>

#include "tests/support/matchers.h"

namespace roomkeeper {
namespace {

TEST_CASE("resource names are read back as written", "[resource_name]") {
  const RoomKey room{BrandId("acme"), InstallId("eu-1"), CleanRoomId("identity-match")};
  CHECK(FormatName(room) == "brands/acme/installs/eu-1/cleanRooms/identity-match");
  CHECK(ParseRoomName(FormatName(room)) == room);
  CHECK(ParseBrandPath("brands/acme") == BrandPath{.brand = BrandId("acme")});
  CHECK(ParseBrandPath("brands/acme/installs/i") ==
        BrandPath{.brand = BrandId("acme"), .install = InstallId("i")});
  CHECK(ParseJobName("jobs/0123456789abcdef") == JobId("0123456789abcdef"));
  CHECK(ParseApiKeyName("apiKeys/0123456789abcdef") == ApiKeyId("0123456789abcdef"));
  const auto package = ParsePackagePath("packages/p/versions/1.0.0-rc.1");
  REQUIRE(package.has_value());
  CHECK(package->version == "1.0.0-rc.1");
  CHECK(ParsePackagePath("packages/p")->version.empty());
}

TEST_CASE("what is not exactly a resource name is refused", "[resource_name]") {
  for (const char* name :
       {"", "brands", "brands/", "brands/Acme", "brands/-", "brands/a/", "/brands/a", "brands/a_b",
        "brands/a/installs", "brands/a/installs/", "brands/a/rooms/b", "brands/1a"}) {
    CAPTURE(name);
    CHECK_FALSE(ParseBrandPath(name).has_value());
  }
  CHECK_FALSE(ParseRoomName("brands/a/installs/b").has_value());
  CHECK_FALSE(ParseRoomName("brands/a/installs/b/cleanRooms/c/d/e").has_value());
  CHECK_FALSE(ParseJobName("jobs/0123456789abcdeu").has_value());
  CHECK_FALSE(ParseJobName("jobs/short").has_value());
  CHECK_FALSE(ParsePackagePath("packages/p/versions/a b").has_value());
}

TEST_CASE("aliases, keys of labels and plain text have their alphabets", "[resource_name]") {
  CHECK(IsAlias("acme_2"));
  CHECK_FALSE(IsAlias("acme-2"));
  CHECK(IsLabelKey("cost-center_2"));
  for (const char* text : {"", "_a", "2a", "A"}) {
    CAPTURE(text);
    CHECK_FALSE(IsAlias(text));
    CHECK_FALSE(IsLabelKey(text));
  }
  CHECK(IsLabelKey(std::string(63, 'a')));
  CHECK_FALSE(IsLabelKey(std::string(64, 'a')));
  CHECK(IsPlainText("Grüße", 7));
  CHECK_FALSE(IsPlainText("Grüße", 6));
  CHECK_FALSE(IsPlainText("a\nb", 7));
}

TEST_CASE("id lengths are checked below, at and above the limit", "[resource_name]") {
  CHECK(IsShortId(std::string(39, 'a')));
  CHECK(IsShortId(std::string(40, 'a')));
  CHECK_FALSE(IsShortId(std::string(41, 'a')));
  CHECK(IsCleanRoomId(std::string(63, 'a')));
  CHECK_FALSE(IsCleanRoomId(std::string(64, 'a')));
}

}  // namespace
}  // namespace roomkeeper
