#include "lib/auth/caller_pins.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/config/address.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kClaimBytesMax = 256;
constexpr std::size_t kNameBytesMax = 512;

bool IsGraph(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); });
}

absl::Status MustBe(absl::string_view wanted, const std::string& got) {
  return absl::InvalidArgumentError(absl::StrCat(
      wanted, ", got \"", absl::Utf8SafeCHexEscape(absl::string_view(got).substr(0, 100)), "\""));
}

}  // namespace

absl::Status CheckTokenPin(const TokenPin& pin) {
  if (!IsIssuerUrl(pin.issuer)) {
    return MustBe("must have an issuer of the form https://<host>/<path>", pin.issuer);
  }
  if (pin.subject.empty() || pin.subject.size() > kClaimBytesMax || !IsGraph(pin.subject)) {
    return MustBe("must have a client_id, the application id of the app's service principal",
                  pin.subject);
  }
  if (pin.audience.empty() || pin.audience.size() > kClaimBytesMax || !IsGraph(pin.audience)) {
    return MustBe("must have an audience, the id of the app's workspace", pin.audience);
  }
  return absl::OkStatus();
}

absl::Status CheckNotOperators(const TokenPin& pin, const std::string& operator_issuer) {
  if (operator_issuer.empty() || !IsSameIssuer(pin.issuer, operator_issuer)) {
    return absl::OkStatus();
  }
  return MustBe("must have an issuer other than that of operators (auth.operator_tokens)",
                pin.issuer);
}

absl::Status CheckCertificateSan(const std::string& name) {
  const bool typed = absl::StartsWith(name, "uri:") || absl::StartsWith(name, "dns:");
  if (name.empty() || (typed && name.size() > 4 && name.size() <= kNameBytesMax && IsGraph(name))) {
    return absl::OkStatus();
  }
  return MustBe("must be empty, \"uri:<name>\" or \"dns:<name>\"", name);
}

}  // namespace roomkeeper
