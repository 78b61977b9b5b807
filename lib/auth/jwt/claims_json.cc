#include <cstdint>
#include <utility>

#include "lib/auth/jwt/claims.h"
#include "lib/auth/jwt/object_json.h"

namespace roomkeeper {
namespace {

using jwt::Json;

constexpr std::int64_t kLatest = 253402300799;  // the end of the year 9999

// Nothing if there is none; an error if it is no whole number of seconds.
absl::StatusOr<std::optional<absl::Time>> TimeOf(const Json& claims, const char* key) {
  const auto found = claims.find(key);
  if (found == claims.end()) {
    return std::nullopt;
  }
  const bool number = found->is_number_integer() &&
                      !(found->is_number_unsigned() &&
                        found->get<std::uint64_t>() > static_cast<std::uint64_t>(kLatest));
  const std::int64_t seconds = number ? found->get<std::int64_t>() : -1;
  if (seconds < 0 || seconds > kLatest) {
    return absl::InvalidArgumentError("a time among its claims is not a number of seconds");
  }
  return absl::FromUnixSeconds(seconds);
}

// None if the claim is not there; an error if it is neither a text nor a list of texts.
absl::StatusOr<std::vector<std::string>> TextsOf(const Json& claims, absl::string_view key) {
  const auto found = claims.find(std::string(key));
  if (found == claims.end()) {
    return std::vector<std::string>();
  }
  if (found->is_string()) {
    return std::vector<std::string>{found->get<std::string>()};
  }
  std::vector<std::string> texts;
  for (const Json& item : *found) {
    if (!found->is_array() || !item.is_string()) {
      return absl::InvalidArgumentError("its aud is neither a text nor a list of texts");
    }
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::string PersonOf(const Json& claims) {
  for (const char* claim : {"email", "preferred_username"}) {
    if (const std::string* text = jwt::FindText(claims, claim); text != nullptr) {
      return *text;
    }
  }
  return "";
}

absl::Status ReadTimes(const Json& json, Claims& claims) {
  const auto expires = TimeOf(json, "exp");
  const auto from = TimeOf(json, "nbf");
  const auto issued = TimeOf(json, "iat");
  for (const auto* time : {&expires, &from, &issued}) {
    if (!time->ok()) {
      return time->status();
    }
  }
  if (!expires->has_value()) {
    return absl::InvalidArgumentError("it has no exp");
  }
  claims.expires_at = **expires;
  claims.not_before = *from;
  claims.issued_at = *issued;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Claims> ParseClaims(const Secret& payload, absl::string_view roles_claim) {
  const Json json = jwt::ParseStrictObject(payload.Reveal());
  if (json.is_discarded()) {
    return absl::InvalidArgumentError("its claims are not a plain JSON object");
  }
  Claims claims;
  const std::string* issuer = jwt::FindText(json, "iss");
  const std::string* subject = jwt::FindText(json, "sub");
  const std::string* client = jwt::FindText(json, "client_id");
  const std::string* party = jwt::FindText(json, "azp");
  const std::string* scope = jwt::FindText(json, "scope");
  if (issuer == nullptr || issuer->empty() || subject == nullptr || subject->empty() ||
      (json.contains("client_id") && client == nullptr) ||
      (json.contains("azp") && party == nullptr) || (json.contains("scope") && scope == nullptr)) {
    return absl::InvalidArgumentError("iss, sub, client_id, azp and scope must be texts");
  }
  claims.issuer = *issuer;
  claims.subject = *subject;
  claims.client_id = client == nullptr ? "" : *client;
  claims.authorized_party = party == nullptr ? "" : *party;
  claims.scope = scope == nullptr ? std::nullopt : std::optional<std::string>(*scope);
  absl::StatusOr<std::vector<std::string>> audiences = TextsOf(json, "aud");
  if (!audiences.ok()) {
    return audiences.status();
  }
  claims.audiences = *std::move(audiences);
  if (absl::Status times = ReadTimes(json, claims); !times.ok()) {
    return times;
  }
  claims.person = PersonOf(json);
  claims.roles = TextsOf(json, roles_claim).value_or(std::vector<std::string>());
  return claims;
}

}  // namespace roomkeeper
