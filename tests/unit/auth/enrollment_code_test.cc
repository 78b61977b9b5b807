#include "lib/auth/enrollment_code.h"

#include <sstream>
#include <string>

#include "tests/support/matchers.h"

namespace roomkeeper {
namespace {

const Secret kNonce("0123456789abcdef0123456789ABCDEF");

TEST_CASE("minted enrolment codes parse back, are no keys, and store no secret", "[auth]") {
  const MintedCode minted = MintEnrollmentCode();
  CHECK(minted.text.Reveal().size() == 4 + 16 + 1 + 32);

  const auto parsed = ParseEnrollmentCode(minted.text);

  REQUIRE(parsed.has_value());
  CHECK(parsed->id == minted.id);
  const EnrollmentCode row{.id = minted.id, .secret_sha256 = minted.secret_sha256};
  CHECK(Matches(row, parsed->secret));
  CHECK_FALSE(Matches(row, ParseEnrollmentCode(MintEnrollmentCode().text)->secret));
  CHECK(minted.secret_sha256.find(parsed->secret.Reveal()) == std::string::npos);
  CHECK_FALSE(ParseApiKey(minted.text.Reveal()).has_value());
  CHECK_FALSE(ParseEnrollmentCode(MintApiKey().text).has_value());
  CHECK_FALSE(ParseEnrollmentCode(Secret(minted.text.Reveal() + "0")).has_value());
  CHECK_FALSE(ParseEnrollmentCode(Secret()).has_value());
}

TEST_CASE("a code and a nonce make one key, and another of either another", "[auth]") {
  const Secret code("0123456789abcdefghjkmnpqrstvwxyz");
  const MintedKey key = DeriveApiKey(code, kNonce);
  const MintedKey again = DeriveApiKey(code, kNonce);
  CHECK(again.text.Reveal() == key.text.Reveal());

  const auto parsed = ParseApiKey(key.text.Reveal());
  REQUIRE(parsed.has_value());
  CHECK(parsed->id == key.id);
  CHECK(Matches(ApiKey{.id = key.id, .secret_sha256 = key.secret_sha256}, parsed->secret));
  for (const MintedKey& other :
       {DeriveApiKey(code, Secret(kNonce.Reveal() + "0")),
        DeriveApiKey(Secret("0123456789abcdefghjkmnpqrstvwxy0"), kNonce)}) {
    CHECK(other.id != key.id);
    CHECK(other.secret_sha256 != key.secret_sha256);
  }
}

TEST_CASE("the key of a code and a nonce never changes: apps ask for it again", "[auth]") {
  const MintedKey key = DeriveApiKey(Secret("0123456789abcdefghjkmnpqrstvwxyz"), kNonce);
  CHECK(key.text.Reveal() == "rk_dw76r0gajkjeq43c_z5gnh3wxpqn304m0cryf2ystye10630m");
}

TEST_CASE("a nonce is 32 to 64 of its alphabet", "[auth]") {
  for (const std::size_t length : {31U, 32U, 33U, 63U, 64U, 65U}) {
    CAPTURE(length);
    CHECK(IsClientNonce(std::string(length, 'x')) == (length >= 32 && length <= 64));
  }
  CHECK(IsClientNonce("abcdefghijklmnopqrstuvwxyz-_ABC0"));
  CHECK_FALSE(IsClientNonce("abcdefghijklmnopqrstuvwxyz-_ABC "));
}

}  // namespace
}  // namespace roomkeeper
