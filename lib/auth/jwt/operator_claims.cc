#include "lib/auth/jwt/operator_claims.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kNameBytesMax = 255;

// Can stand in a line of a log between words of ours.
bool IsName(const std::string& text) {
  return !text.empty() && text.size() <= kNameBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isgraph(static_cast<unsigned char>(c)) &&
                  !absl::StrContains("()\"", absl::string_view(&c, 1));
         });
}

std::string IdentityOf(const Claims& claims) {
  std::string identity = absl::StrCat("tokens of ", claims.subject, " by ", claims.issuer);
  if (IsName(claims.person)) {
    absl::StrAppend(&identity, " (claimed to be ", claims.person, ")");
  }
  return identity;
}

bool IsAmong(const std::string& value, const std::vector<std::string>& values) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool AnyAmong(const std::vector<std::string>& found, const std::vector<std::string>& values) {
  return std::any_of(found.begin(), found.end(),
                     [&values](const std::string& value) { return IsAmong(value, values); });
}

// The highest; nothing if the issuer gave the person none of ours.
std::optional<Role> RoleOf(const Claims& claims, const OperatorTokensConfig& rules) {
  if (AnyAmong(claims.roles, rules.admins)) {
    return Role::kAdmin;
  }
  if (AnyAmong(claims.roles, rules.operators)) {
    return Role::kOperator;
  }
  if (AnyAmong(claims.roles, rules.viewers)) {
    return Role::kViewer;
  }
  return std::nullopt;
}

// For whom it was issued: each claim that says so must say so rightly, and one must.
absl::Status CheckClient(const Claims& claims, const OperatorTokensConfig& rules) {
  const auto fits = [&rules](const std::string& client) {
    return client.empty() || IsAmong(client, rules.clients);
  };
  const bool said = !claims.authorized_party.empty() || !claims.client_id.empty();
  if (rules.clients.empty() || (said && fits(claims.authorized_party) && fits(claims.client_id))) {
    return absl::OkStatus();
  }
  return Unauthenticated(
      reason::kTokenInvalid,
      "the token was issued to a client that this server takes no tokens of, by its azp "
      "or client_id: get one with the client that the server's administrator names");
}

absl::Status CheckLifetime(const Claims& claims, const OperatorTokensConfig& rules) {
  if (!claims.issued_at.has_value()) {
    return Unauthenticated(reason::kTokenInvalid,
                           "the token has no iat, so nobody knows how long it is good for");
  }
  const absl::Duration lifetime = claims.expires_at - *claims.issued_at;
  if (lifetime <= rules.lifetime_max) {
    return absl::OkStatus();
  }
  return Unauthenticated(reason::kTokenInvalid,
                         absl::StrCat("the token is good for ", absl::FormatDuration(lifetime),
                                      ", and at most ", absl::FormatDuration(rules.lifetime_max),
                                      " are taken: have the identity provider issue shorter ones"));
}

absl::Status Check(const Claims& claims, const OperatorTokensConfig& rules, absl::Time now) {
  if (rules.issuer.empty() || claims.issuer != rules.issuer || !IsName(claims.subject)) {
    return TokenInvalid();
  }
  RK_RETURN_IF_ERROR(CheckAudienceAndTimes(claims, rules.audience, now));
  RK_RETURN_IF_ERROR(CheckLifetime(claims, rules));
  return CheckClient(claims, rules);
}

absl::Status RoleMissing(const OperatorTokensConfig& rules) {
  return ToStatus(
      {.code = absl::StatusCode::kPermissionDenied,
       .reason = reason::kTokenRoleMissing,
       .message = absl::StrCat(
           "the token is good, and its claim \"", rules.roles_claim,
           "\" (a text or a list of texts) gives no role here. Whoever administers this server "
           "must "
           "have the identity provider put you into a group that has one, or give one of yours a "
           "role: auth.operator_tokens in the server's configuration")});
}

// So that the audit log knows whose token was refused.
absl::Status WithIdentity(const absl::Status& refused, const Claims& claims) {
  std::optional<Refusal> refusal = FindRefusal(refused);
  if (!refusal || !IsName(claims.subject)) {
    return refused;
  }
  refusal->metadata["identity"] = IdentityOf(claims);
  return ToStatus(*std::move(refusal));
}

}  // namespace

absl::StatusOr<Principal> JudgeOperator(const Claims& claims, const OperatorTokensConfig& rules,
                                        absl::Time now) {
  const std::optional<Role> role = RoleOf(claims, rules);
  absl::Status fit = Check(claims, rules, now);
  if (fit.ok() && !role) {
    fit = RoleMissing(rules);
  }
  if (!fit.ok()) {
    return WithIdentity(fit, claims);
  }
  return Principal{.role = *role, .identity = IdentityOf(claims)};
}

}  // namespace roomkeeper
