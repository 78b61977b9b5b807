#include "services/roomkeeperd/rpc/gate/token_guard.h"

#include <cstddef>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "services/roomkeeperd/rpc/gate/text_walk.h"

namespace roomkeeper {
namespace {

// The real ones have 32; cut ones are refused too.
constexpr std::size_t kHexDigitsMin = 16;
// Of each part of a JWT; the shortest header, {"alg":"RS256"}, has 20.
constexpr std::size_t kJwtPartMin = 16;
constexpr char kForwardedToken[] = "x-forwarded-access-token";
constexpr char kJwt[] = "a JSON web token";

template <typename Is>
std::size_t RunLength(absl::string_view text, Is is) {
  std::size_t length = 0;
  while (length < text.size() && is(static_cast<unsigned char>(text[length]))) {
    ++length;
  }
  return length;
}

bool IsBase64Url(unsigned char c) {
  return absl::ascii_isalnum(c) || c == '-' || c == '_';
}

bool BeginsWithHex(absl::string_view text) {
  return RunLength(text.substr(0, kHexDigitsMin), absl::ascii_isxdigit) == kHexDigitsMin;
}

// The text begins with "eyJ", which is {" in base64.
bool BeginsWithJwt(absl::string_view text) {
  const std::size_t header = RunLength(text, IsBase64Url);
  if (header < kJwtPartMin || !absl::StartsWith(text.substr(header), ".eyJ")) {
    return false;
  }
  const absl::string_view claims = text.substr(header + 1);
  const std::size_t length = RunLength(claims, IsBase64Url);
  return length >= kJwtPartMin && absl::StartsWith(claims.substr(length), ".") &&
         RunLength(claims.substr(length + 1), IsBase64Url) >= kJwtPartMin;
}

// As CredentialIn, without JWTs.
const char* DatabricksSecretIn(absl::string_view text) {
  for (std::size_t at = text.find('d'); at != absl::string_view::npos;
       at = text.find('d', at + 1)) {
    const absl::string_view rest = text.substr(at);
    if (absl::StartsWith(rest, "dapi") && BeginsWithHex(rest.substr(4))) {
      return "a personal access token of Databricks";
    }
    if (absl::StartsWith(rest, "dose") && BeginsWithHex(rest.substr(4))) {
      return "an OAuth secret of Databricks";
    }
  }
  return nullptr;
}

const char* JwtIn(absl::string_view text) {
  for (std::size_t at = text.find("eyJ"); at != absl::string_view::npos;
       at = text.find("eyJ", at + 1)) {
    if (BeginsWithJwt(text.substr(at))) {
      return kJwt;
    }
  }
  return nullptr;
}

absl::Status Refused(absl::string_view place, absl::string_view what) {
  return ToStatus(
      {.code = absl::StatusCode::kInvalidArgument,
       .reason = reason::kDatabricksCredentialRefused,
       .message = absl::StrCat(
           place, " holds what looks like ", what,
           ": Roomkeeper takes no credential of a brand's workspace, so the call is refused and "
           "the "
           "value neither kept nor logged. It is the app developer's move: send nothing but the "
           "install's own key; and revoke that credential if others may have seen it"),
       .metadata = {{"place", std::string(place)}, {"kind", std::string(what)}}});
}

absl::Status RefuseInMetadata(const grpc::CallbackServerContext& context) {
  for (const auto& [key_ref, value_ref] : context.client_metadata()) {
    const absl::string_view key(key_ref.data(), key_ref.size());
    const absl::string_view value(value_ref.data(), value_ref.size());
    if (key == kForwardedToken) {
      return Refused(absl::StrCat("metadata ", key), "a user's token");
    }
    if (const char* what = DatabricksSecretIn(value); what != nullptr) {
      return Refused(
          DatabricksSecretIn(key) == nullptr ? absl::StrCat("metadata ", key) : "a metadata entry",
          what);
    }
    if (const char* what = DatabricksSecretIn(key); what != nullptr) {
      return Refused("the name of a metadata entry", what);
    }
  }
  return absl::OkStatus();
}

}  // namespace

const char* CredentialIn(absl::string_view text) {
  const char* secret = DatabricksSecretIn(text);
  return secret != nullptr ? secret : JwtIn(text);
}

absl::Status RefuseCredentials(const grpc::CallbackServerContext& context,
                               const google::protobuf::Message& request) {
  absl::Status refused = RefuseInMetadata(context);
  if (!refused.ok()) {
    return refused;
  }
  VisitTexts(request, [&refused](const FieldPath& path, absl::string_view text) {
    if (const char* what = CredentialIn(text); what != nullptr && refused.ok()) {
      refused = Refused(FormatPath(path), what);
    }
  });
  return refused;
}

}  // namespace roomkeeper
