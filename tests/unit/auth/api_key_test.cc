#include "lib/auth/api_key.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"

#include "lib/auth/key_file.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper {
namespace {

using testing::StatusIs;

TEST_CASE("minted keys parse back, differ, and store no secret", "[auth]") {
  const MintedKey a = MintApiKey();
  const MintedKey b = MintApiKey();
  CHECK(a.text.Reveal() != b.text.Reveal());
  CHECK(a.text.Reveal().size() == 3 + 16 + 1 + 32);

  const auto parsed = ParseApiKey(a.text.Reveal());

  REQUIRE(parsed.has_value());
  CHECK(parsed->id == a.id);
  const ApiKey row{.id = a.id, .secret_sha256 = a.secret_sha256};
  CHECK(Matches(row, parsed->secret));
  CHECK_FALSE(Matches(row, ParseApiKey(b.text.Reveal())->secret));
  CHECK(a.secret_sha256.find(parsed->secret.Reveal()) == std::string::npos);
  std::ostringstream shown;
  shown << parsed->secret << a.text;
  CHECK(shown.str() == "******");
}

TEST_CASE("a credential is what follows Bearer, in any case of letters", "[auth]") {
  CHECK(BearerOf("Bearer rk_a") == "rk_a");
  CHECK(BearerOf("bEARER  rk_a ") == "rk_a");
  for (const char* other : {"", "Bearer", "Bearer ", "rk_a", "Basic rk_a", "Bearerrk_a"}) {
    CAPTURE(other);
    CHECK(BearerOf(other).empty());
  }
}

TEST_CASE("what is not exactly a key is not parsed", "[auth]") {
  const std::string good = MintApiKey().text.Reveal();
  std::string upper = good;
  upper[5] = 'Z';
  std::string not_in_alphabet = good;
  not_in_alphabet[30] = 'u';
  std::string no_separator = good;
  no_separator[19] = '-';
  for (const std::string& text : {std::string(), std::string("rk_"), good + "0", good.substr(1),
                                  upper, not_in_alphabet, no_separator, " " + good}) {
    CAPTURE(text);
    CHECK_FALSE(ParseApiKey(text).has_value());
  }
}

TEST_CASE("a key file is private, complete and never overwritten", "[auth]") {
  const testing::TempFolder folder;
  const MintedKey key = MintApiKey();

  REQUIRE_OK(WriteKeyFile(folder.path("key"), key.text));

  struct stat info = {};
  REQUIRE(::stat(folder.path("key").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  const auto read = ReadKeyFile(folder.path("key"));
  REQUIRE_OK(read);
  CHECK(read->Reveal() == key.text.Reveal());
  CHECK_THAT(WriteKeyFile(folder.path("key"), key.text),
             StatusIs(absl::StatusCode::kAlreadyExists, folder.path("key")));
}

TEST_CASE("an absent key file is not found", "[auth]") {
  CHECK_THAT(ReadKeyFile("/nonexistent/key").status(), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace roomkeeper
