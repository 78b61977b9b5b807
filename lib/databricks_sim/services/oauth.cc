#include "lib/databricks_sim/services/oauth.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "lib/databricks_sim/services/services.h"
#include "lib/databricks_sim/world/names.h"

namespace roomkeeper::sim {
namespace {

constexpr char kTokenExchange[] = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr char kJwtType[] = "urn:ietf:params:oauth:token-type:jwt";
constexpr std::size_t kTokensPrunedAbove = 1000;
constexpr absl::Duration kExpiredTokensKept = absl::Hours(1);

Reply Discover(Call& call) {
  const std::string oidc = absl::StrCat(call.request.host_url, "/oidc");
  Reply reply;
  reply.body = {
      {"issuer", oidc},
      {"authorization_endpoint", oidc + "/v1/authorize"},
      {"token_endpoint", oidc + "/v1/token"},
      {"jwks_uri", oidc + "/jwks.json"},
      {"scopes_supported", {"all-apis", "email", "offline_access", "openid", "profile"}},
      {"response_types_supported", {"code", "id_token"}},
      {"grant_types_supported", {"client_credentials", kTokenExchange}},
      {"token_endpoint_auth_methods_supported", {"client_secret_basic", "client_secret_post"}},
      {"code_challenge_methods_supported", {"S256"}},
      {"id_token_signing_alg_values_supported", {"RS256"}}};
  return reply;
}

Reply GetKeys(Call& call) {
  Reply reply;
  reply.body = {{"keys", Json::array()}};
  call.world.NewestKey();
  for (const SigningKey& key : call.world.keys) {
    reply.body["keys"].push_back({{"kty", "RSA"},
                                  {"use", "sig"},
                                  {"alg", "RS256"},
                                  {"kid", key.kid()},
                                  {"n", key.modulus()},
                                  {"e", key.exponent()}});
  }
  return reply;
}

struct Credentials {
  std::string id = {};
  std::string secret = {};
};

Credentials CredentialsOf(const Call& call, const std::map<std::string, std::string>& form) {
  for (const auto& [key, value] : call.request.headers) {
    if (absl::EqualsIgnoreCase(key, "Authorization") &&
        absl::StartsWithIgnoreCase(value, "Basic ")) {
      std::string decoded;
      absl::Base64Unescape(value.substr(6), &decoded);
      const auto colon = decoded.find(':');
      if (colon == std::string::npos) {
        return {};
      }
      return {PercentDecode(decoded.substr(0, colon)), PercentDecode(decoded.substr(colon + 1))};
    }
  }
  const auto id = form.find("client_id");
  const auto secret = form.find("client_secret");
  return {id == form.end() ? "" : id->second, secret == form.end() ? "" : secret->second};
}

const Account* FindClient(const Call& call, const Credentials& credentials) {
  for (const Account& account : call.workspace.accounts) {
    if (account.config.kind != Principal::Kind::kServicePrincipal ||
        account.identity != credentials.id) {
      continue;
    }
    const bool fits = std::any_of(
        account.secrets.begin(), account.secrets.end(), [&](const ClientSecret& secret) {
          return secret.value == credentials.secret && call.now < secret.expires_at;
        });
    return fits ? &account : nullptr;
  }
  return nullptr;
}

// The payload of a JWT that a workspace of this world issued and that has not ended: being there is
// as good as a signature.
Json ReadOwnJwt(const Call& call, const std::string& jwt) {
  for (const auto& [id, workspace] : call.world.workspaces) {
    const auto it = workspace->tokens.find(jwt);
    const std::vector<std::string> parts = absl::StrSplit(jwt, '.');
    std::string payload;
    if (it != workspace->tokens.end() && call.now < it->second.expires_at && parts.size() == 3 &&
        absl::WebSafeBase64Unescape(parts[1], &payload)) {
      return Json::parse(payload, nullptr, /*allow_exceptions=*/false);
    }
  }
  return Json::object();
}

const Account* FindFederated(const Call& call, const std::map<std::string, std::string>& form) {
  const auto field = [&](const char* name) {
    const auto it = form.find(name);
    return it == form.end() ? std::string() : it->second;
  };
  const Json payload = ReadOwnJwt(call, field("subject_token"));
  for (const Account& account : call.workspace.accounts) {
    if (account.identity != field("client_id") || field("subject_token_type") != kJwtType) {
      continue;
    }
    const bool trusted = std::any_of(
        account.federation.begin(), account.federation.end(), [&](const FederationPolicy& policy) {
          return payload.value("iss", "") == policy.issuer &&
                 payload.value("sub", "") == policy.subject &&
                 (policy.audience.empty() || payload.value("aud", "") == policy.audience);
        });
    return trusted ? &account : nullptr;
  }
  return nullptr;
}

std::string IssueToken(Call& call, const Account& account, const std::string& scope) {
  if (call.Knob("token_format", "opaque")) {
    return absl::StrCat("sim-token-", call.world.NewHex(48));
  }
  const SigningKey& key = call.world.NewestKey();
  const std::int64_t issued = absl::ToUnixSeconds(call.now);
  const Json header = {{"alg", "RS256"}, {"typ", "at+jwt"}, {"kid", key.kid()}};
  const Json payload = {{"iss", absl::StrCat(call.request.host_url, "/oidc")},
                        {"aud", absl::StrCat(call.workspace.config.workspace_id)},
                        {"sub", account.identity},
                        {"client_id", account.identity},
                        {"scope", scope},
                        {"iat", issued},
                        {"exp", issued + absl::ToInt64Seconds(call.world.config.token_lifetime)},
                        {"jti", call.world.NewUuid()}};
  return key.SignJwt(header.dump(), payload.dump());
}

void PruneTokens(Workspace& workspace, absl::Time now) {
  if (workspace.tokens.size() <= kTokensPrunedAbove) {
    return;
  }
  for (auto it = workspace.tokens.begin(); it != workspace.tokens.end();) {
    const bool old = it->second.expires_at + kExpiredTokensKept < now;
    it = old ? workspace.tokens.erase(it) : std::next(it);
  }
}

Reply GiveToken(Call& call) {
  const std::map<std::string, std::string> form = ParseForm(call.request.body);
  const auto grant = form.find("grant_type");
  if (grant == form.end()) {
    return OAuthError(400, "invalid_request", "grant_type is missing");
  }
  const bool exchange = grant->second == kTokenExchange;
  if (!exchange && grant->second != "client_credentials") {
    return OAuthError(400, "unsupported_grant_type",
                      absl::StrCat("grant_type '", grant->second,
                                   "' is not simulated; use client_credentials or token-exchange"));
  }
  const Account* account =
      exchange ? FindFederated(call, form) : FindClient(call, CredentialsOf(call, form));
  if (account == nullptr) {
    return exchange ? OAuthError(400, "invalid_grant", "No federation policy matches the token")
                    : OAuthError(401, "invalid_client", "Client authentication failed");
  }
  const auto scope = form.find("scope");
  const std::string granted =
      scope == form.end() || scope->second.empty() ? "all-apis" : scope->second;
  const std::string token = IssueToken(call, *account, granted);
  PruneTokens(call.workspace, call.now);
  call.workspace.tokens[token] = {
      .account = static_cast<std::size_t>(account - call.workspace.accounts.data()),
      .expires_at = call.now + call.world.config.token_lifetime};
  const std::int64_t lifetime = absl::ToInt64Seconds(call.world.config.token_lifetime);
  Reply reply;
  reply.body = {{"access_token", token}, {"token_type", "Bearer"}, {"scope", granted}};
  if (call.Knob("expires_in", "string")) {
    reply.body["expires_in"] = absl::StrCat(lifetime);
  } else {
    reply.body["expires_in"] = lifetime;
  }
  return reply;
}

Reply BadToken(const World& world, bool expired) {  // row 43
  const std::string status = world.knobs.Get("expired_token");
  if (status == "403") {
    return LegacyError(403, "Invalid access token.");
  }
  if (status == "400" && expired) {
    return Error(400, "BAD_REQUEST",
                 "io.jsonwebtoken.ExpiredJwtException: JWT expired before the current time");
  }
  return Error(401, "UNAUTHENTICATED", expired ? "Token is expired" : "Invalid access token.");
}

}  // namespace

Or<Account*> Authenticate(World& world, Workspace& workspace, const std::string& authorization) {
  if (!absl::StartsWithIgnoreCase(authorization, "Bearer ")) {
    return LegacyError(401, "Credential was not sent or was of an unsupported type for this API.");
  }
  const std::string token(absl::StripAsciiWhitespace(authorization.substr(7)));
  for (Account& account : workspace.accounts) {
    if (account.config.kind == Principal::Kind::kUser && account.config.client_secret == token) {
      return &account;
    }
  }
  const auto it = workspace.tokens.find(token);
  if (it == workspace.tokens.end()) {
    return BadToken(world, false);
  }
  const absl::Duration margin =
      world.knobs.Is("token_margin", "30s") ? absl::Seconds(30) : absl::ZeroDuration();
  if (world.Now() + margin >= it->second.expires_at) {
    return BadToken(world, true);
  }
  return &workspace.accounts[it->second.account];
}

void AddOAuth(Router& router) {
  router.AddOpen("GET", "/oidc/.well-known/oauth-authorization-server", Discover);
  router.AddOpen("GET", "/oidc/.well-known/openid-configuration", Discover);
  router.AddOpen("GET", "/oidc/jwks.json", GetKeys);
  router.AddOpen("POST", "/oidc/v1/token", GiveToken);
}

}  // namespace roomkeeper::sim
