#include "lib/config/address.h"

#include <string>

#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("host and port are told apart", "[config]") {
  struct Case {
    const char* address;
    const char* host;
    int port;
  };
  const auto c = GENERATE(Case{"127.0.0.1:0", "127.0.0.1", 0}, Case{"[::1]:65535", "::1", 65535},
                          Case{"rk.example.com:443", "rk.example.com", 443});
  CAPTURE(c.address);

  const auto parsed = ParseHostPort(c.address);

  REQUIRE_OK(parsed);
  CHECK(parsed->host == c.host);
  CHECK(parsed->port == c.port);
}

TEST_CASE("what is no host and port is refused with the value", "[config]") {
  const char* address = GENERATE("", ":80", "host", "host:", "host:-1", "host:65536", "host:x",
                                 "::1:80", "[::1]", "[::1:80", "[]:80", "a:b:80");
  CAPTURE(address);

  CHECK_THAT(ParseHostPort(address).status(),
             StatusIs(absl::StatusCode::kInvalidArgument, std::string("got \"") + address + "\""));
}

TEST_CASE("loopback is known with and without a port", "[config]") {
  const char* loopback = GENERATE("127.0.0.1:1", "127.8.8.8", "[::1]:1", "::1", "localhost:1");
  const char* other = GENERATE("0.0.0.0:1", "10.0.0.1", "127.evil.example:1", "[::]:1", "x:1");

  CHECK(IsLoopback(loopback));
  CHECK_FALSE(IsLoopback(other));
}

TEST_CASE("only plain https addresses are issuers", "[config]") {
  for (const char* good : {"https://w.example", "https://w.example/oidc",
                           "https://127.0.0.1:8443/oidc/accounts/0a-1b_2"}) {
    CAPTURE(good);
    CHECK(IsIssuerUrl(good));
  }
  for (const char* bad :
       {"", "https://", "http://w.example/oidc", "https://w.example/", "https:///oidc",
        "https://user@w.example", "https://w.example/oidc?x=1", "https://w.example/oidc#x",
        "https://w.example/%2e%2e", "https://w.example/../x", "https://w.example\\x",
        "https://w.example/a b", "https://w:1:2/x", "HTTPS://w.example", "ftp://w.example"}) {
    CAPTURE(bad);
    CHECK_FALSE(IsIssuerUrl(bad));
  }
  CHECK_FALSE(IsIssuerUrl(absl::StrCat("https://", std::string(600, 'a'))));
}

TEST_CASE("an issuer is the same however its address is written", "[config]") {
  CHECK(IsSameIssuer("https://idp.example/t", "https://idp.example/t"));
  CHECK(IsSameIssuer("https://idp.example/t/", "https://IDP.example/t"));
  CHECK_FALSE(IsSameIssuer("https://idp.example/t", "https://idp.example/u"));
}

}  // namespace
}  // namespace roomkeeper::testing
