#include "lib/auth/jwt/jws.h"

#include <optional>
#include <utility>

#include "lib/auth/jwt/base64url.h"
#include "lib/base/status_macros.h"

namespace roomkeeper {
namespace {

absl::Status NotAToken() {
  return absl::InvalidArgumentError("it is not a signed token in compact form");
}

}  // namespace

absl::StatusOr<Jws> ParseJws(const Secret& token) {
  const absl::string_view text = token.Reveal();
  const std::size_t first = text.find('.');
  const std::size_t last = text.rfind('.');
  if (text.size() > kTokenBytesMax || first == absl::string_view::npos || first == last ||
      text.substr(first + 1, last - first - 1).find('.') != absl::string_view::npos) {
    return NotAToken();
  }
  const std::optional<std::string> header = DecodeBase64Url(text.substr(0, first));
  std::optional<std::string> payload = DecodeBase64Url(text.substr(first + 1, last - first - 1));
  std::optional<std::string> signature = DecodeBase64Url(text.substr(last + 1));
  if (!header || !payload || !signature || signature->empty()) {
    return NotAToken();
  }
  RK_ASSIGN_OR_RETURN(JwsHeader parsed, ParseJwsHeader(*header));
  return Jws{.algorithm = parsed.algorithm,
             .kid = std::move(parsed.kid),
             .signing_input = Secret(std::string(text.substr(0, last))),
             .signature = Secret(*std::move(signature)),
             .payload = Secret(*std::move(payload))};
}

}  // namespace roomkeeper
