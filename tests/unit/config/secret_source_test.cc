#include "lib/config/secret_source.h"

#include <cstdlib>
#include <string>

#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {
namespace {

constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;

TEST_CASE("a secret is read from a private file, without its last newline", "[config][secret]") {
  const TempFolder folder;
  const std::string file = folder.Write("secret", "dose-1234\n");

  const auto secret = ReadSecret({.file = file});

  REQUIRE_OK(secret);
  CHECK(secret->Reveal() == "dose-1234");
}

TEST_CASE("a rotated file is seen by the next read", "[config][secret]") {
  const TempFolder folder;
  const std::string file = folder.Write("secret", "old");
  REQUIRE(ReadSecret({.file = file})->Reveal() == "old");

  folder.Write("secret", "new");

  CHECK(ReadSecret({.file = file})->Reveal() == "new");
}

TEST_CASE("a secret file of ours that anybody else can read is refused with the fix",
          "[config][secret]") {
  const TempFolder folder;
  const mode_t mode = GENERATE(0604U, 0640U, 0602U, 0644U, 0660U);
  const std::string file = folder.Write("secret", "dose-1234", mode);

  const auto secret = ReadSecret({.file = file});

  CHECK_THAT(secret.status(), StatusIs(kRefused, "chmod 600"));
  CHECK_THAT(secret.status(), !StatusIs(kRefused, "dose-1234"));
}

TEST_CASE("modes that leave the file to its owner are accepted", "[config][secret]") {
  const TempFolder folder;
  const mode_t mode = GENERATE(0400U, 0600U, 0700U);

  CHECK_OK(ReadSecret({.file = folder.Write("secret", "dose-1234", mode)}));
}

TEST_CASE("an absent, empty, too large or odd file is refused", "[config][secret]") {
  const TempFolder folder;

  CHECK_THAT(ReadSecret({.file = folder.path("none")}).status(),
             StatusIs(absl::StatusCode::kNotFound, "cannot be read: No such file"));
  CHECK_THAT(ReadSecret({.file = folder.Write("empty", "\n")}).status(),
             StatusIs(kRefused, "is empty"));
  CHECK_OK(ReadSecret({.file = folder.Write("full", std::string(65536, 'x'))}));
  CHECK_THAT(ReadSecret({.file = folder.Write("large", std::string(65537, 'x'))}).status(),
             StatusIs(kRefused, "larger than 65536 bytes"));
  CHECK_THAT(ReadSecret({.file = folder.path("")}).status(), StatusIs(kRefused, "is not a file"));
}

TEST_CASE("a secret is read from the environment", "[config][secret]") {
  ::setenv("RK_TEST_SECRET", "dose-env", 1);
  const auto secret = ReadSecret({.env = "RK_TEST_SECRET"});
  ::unsetenv("RK_TEST_SECRET");

  REQUIRE_OK(secret);
  CHECK(secret->Reveal() == "dose-env");
  CHECK_THAT(
      ReadSecret({.env = "RK_TEST_SECRET"}).status(),
      StatusIs(absl::StatusCode::kNotFound, "environment variable RK_TEST_SECRET is not set"));
}

TEST_CASE("the time of a secret is that of its file", "[config][secret]") {
  const TempFolder folder;
  const auto written = WrittenAt({.file = folder.Write("secret", "dose-1234", 0600)});
  REQUIRE(written.has_value());
  CHECK(*written > absl::FromUnixSeconds(1'700'000'000));
  CHECK(WrittenAt({.file = folder.path("none")}) == std::nullopt);
  CHECK(WrittenAt({.env = "HOME"}) == std::nullopt);
}

TEST_CASE("neither and both of file and environment are refused", "[config][secret]") {
  CHECK_THAT(ReadSecret({}).status(), StatusIs(kRefused, "exactly one"));
  CHECK_THAT(ReadSecret({.file = "a", .env = "B"}).status(), StatusIs(kRefused, "exactly one"));
}

}  // namespace
}  // namespace roomkeeper::testing
