#include "lib/auth/authenticator.h"

#include <string>

#include "lib/auth/caller_pins.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("a certificate is known by its one URI, else by its one DNS name, else not at all",
          "[auth]") {
  CHECK(NameOfCertificate({"spiffe://a"}, {}) == "uri:spiffe://a");
  CHECK(NameOfCertificate({"spiffe://a"}, {"a.example", "b.example"}) == "uri:spiffe://a");
  CHECK(NameOfCertificate({}, {"a.example"}) == "dns:a.example");
  CHECK(NameOfCertificate({}, {"a.example", "b.example"}).empty());
  CHECK(NameOfCertificate({"spiffe://a", "spiffe://b"}, {"a.example"}).empty());
  CHECK(NameOfCertificate({}, {}).empty());
}

TEST_CASE("an install is enrolled with a whole principal, or with none", "[auth]") {
  const TokenPin good{.issuer = "https://w.example/oidc", .subject = "sp-1", .audience = "42"};
  CHECK_OK(CheckTokenPin(good));
  const auto refused = [&](auto change, const char* why) {
    TokenPin pin = good;
    change(pin);
    CHECK_THAT(CheckTokenPin(pin), StatusIs(absl::StatusCode::kInvalidArgument, why));
  };
  refused([](TokenPin& pin) { pin.issuer = ""; }, "issuer");
  refused([](TokenPin& pin) { pin.issuer = "http://w.example/oidc"; }, "issuer");
  refused([](TokenPin& pin) { pin.subject = ""; }, "client_id");
  refused([](TokenPin& pin) { pin.subject = "a b"; }, "client_id");
  refused([](TokenPin& pin) { pin.subject = std::string(257, 'a'); }, "client_id");
  refused([](TokenPin& pin) { pin.audience = ""; }, "audience");
  refused([](TokenPin& pin) { pin.audience = "4\n2"; }, "audience");
}

TEST_CASE("a certificate's name says of which kind it is", "[auth]") {
  for (const char* good : {"", "uri:spiffe://a/b", "dns:a.example"}) {
    CHECK_OK(CheckCertificateSan(good));
  }
  for (const std::string& bad :
       {std::string("a.example"), std::string("dns:"), std::string("uri:"), std::string("dns:a b"),
        std::string("ip:10.0.0.1"), "dns:" + std::string(600, 'a')}) {
    CAPTURE(bad);
    CHECK_THAT(CheckCertificateSan(bad), StatusIs(absl::StatusCode::kInvalidArgument, "must be"));
  }
}

}  // namespace
}  // namespace roomkeeper::testing
