#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

#include "lib/config/address.h"
#include "lib/config/config_rules.h"

namespace roomkeeper::config_internal {
namespace {

constexpr std::size_t kValueBytesMax = 256;

std::string PathOf(absl::string_view key) {
  return absl::StrCat("auth.operator_tokens.", key);
}

bool IsGraph(const std::string& text) {
  return !text.empty() && text.size() <= kValueBytesMax &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); });
}

// Names of groups may have spaces.
bool IsValue(const std::string& text) {
  return !text.empty() && text.size() <= kValueBytesMax &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

// Claims with a meaning of their own, and what people may write about themselves.
bool IsOtherClaim(const std::string& name) {
  static constexpr std::array<absl::string_view, 16> kOthers = {
      "iss", "sub",       "aud",   "exp",           "nbf",  "iat",
      "jti", "client_id", "azp",   "nonce",         "name", "preferred_username",
      "upn", "nickname",  "email", "email_verified"};
  return std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end();
}

void CheckIssuer(const std::string& issuer, ConfigProblems& problems) {
  const absl::string_view url = absl::StripSuffix(issuer, "/");
  if (!IsIssuerUrl(url)) {
    problems.Add(PathOf("issuer"), absl::StrCat("must be https://<host>/<path>, exactly as the "
                                                "tokens' iss, got \"",
                                                issuer, "\""));
    return;
  }
  const absl::string_view rest = absl::StripPrefix(url, "https://");
  const absl::string_view host = rest.substr(0, std::min(rest.find_first_of(":/"), rest.size()));
  if (absl::EndsWithIgnoreCase(host, ".databricks.com") ||
      absl::EndsWithIgnoreCase(host, ".azuredatabricks.net")) {
    problems.Add(PathOf("issuer"),
                 "must be your own identity provider: tokens of Databricks are those of apps, and "
                 "whoever has one can act in its workspace");
  }
}

void CheckValues(const OperatorTokensConfig& config, ConfigProblems& problems) {
  std::map<std::string, absl::string_view> seen;  // value, the list that has it
  const auto check = [&](absl::string_view key, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      if (!IsValue(value)) {
        problems.Add(PathOf(key), absl::StrCat("must list texts of 1 to ", kValueBytesMax,
                                               " bytes without control characters"));
      }
      if (const auto [at, first] = seen.emplace(value, key); !first) {
        problems.Add(PathOf(key), absl::StrCat("has \"", value, "\", which is in ", at->second,
                                               " already: a value has one role"));
      }
    }
  };
  check("admins", config.admins);
  check("operators", config.operators);
  check("viewers", config.viewers);
  if (seen.empty()) {
    problems.Add(PathOf("issuer"),
                 "needs a value in admins, operators or viewers: as it is, "
                 "nobody could sign in");
  }
}

}  // namespace

void CheckOperatorTokens(const OperatorTokensConfig& config, ConfigProblems& problems) {
  if (config == OperatorTokensConfig{}) {
    return;
  }
  CheckIssuer(config.issuer, problems);
  if (!IsGraph(config.audience)) {
    problems.Add(PathOf("audience"),
                 absl::StrCat("must be what the tokens' aud says of this server, got \"",
                              config.audience, "\""));
  }
  if (!std::all_of(config.clients.begin(), config.clients.end(), IsGraph)) {
    problems.Add(PathOf("clients"), "must list ids of clients, without spaces");
  }
  if (!IsGraph(config.roles_claim) || IsOtherClaim(config.roles_claim)) {
    problems.Add(PathOf("roles_claim"),
                 absl::StrCat("must be a claim with the groups or roles that your identity "
                              "provider gives people, got \"",
                              config.roles_claim, "\""));
  }
  CheckValues(config, problems);
  const std::string& host = config.keys_host;
  if (!host.empty() && (!IsIssuerUrl(absl::StrCat("https://", host)) ||
                        absl::StrContains(host, '/') || absl::StartsWith(host, "."))) {
    problems.Add(PathOf("keys_host"),
                 absl::StrCat("must be a host, perhaps with a port, got \"", host, "\""));
  }
}

}  // namespace roomkeeper::config_internal
