#include "lib/databricks/oauth/credentials.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/databricks/wire/token_json.h"

namespace roomkeeper {
namespace {

using State = CredentialStatus::State;

// application/x-www-form-urlencoded credentials before Basic, as RFC 6749 2.3.1 asks; both parts
// are letters, digits and dashes in practice.
std::string BasicCredentials(const std::string& client_id, const Secret& secret) {
  std::string plain = absl::StrCat(client_id, ":", secret.Reveal());
  std::string encoded = absl::Base64Escape(plain);
  std::string header = absl::StrCat("Basic ", encoded);
  Wipe(plain);
  Wipe(encoded);
  return header;
}

HttpRequest TokenRequest(std::string body) {
  return {.method = "POST",
          .headers = {{"Accept", "application/json"},
                      {"Content-Type", "application/x-www-form-urlencoded"}},
          .body = std::move(body),
          .secret_body = true};
}

}  // namespace

CredentialSet::CredentialSet(std::string client_id, std::vector<Credential> list)
    : client_id_(std::move(client_id)), list_(std::move(list)) {
  for (const Credential& credential : list_) {
    statuses_.push_back({.name = credential.name, .kind = credential.kind});
  }
}

bool CredentialSet::IsDead(std::size_t index) const {
  const State state = statuses_[index].state;
  return state == State::kRefused || state == State::kUnreadable;
}

bool CredentialSet::IsAbsent(std::size_t index) const {
  return statuses_[index].state == State::kAbsent;
}

absl::StatusOr<HttpRequest> CredentialSet::MakeRequest(std::size_t index) {
  absl::StatusOr<HttpRequest> request = Make(index);
  if (!request.ok()) {
    statuses_[index].state =
        absl::IsNotFound(request.status()) ? State::kAbsent : State::kUnreadable;
    statuses_[index].message = std::string(request.status().message());
  }
  return request;
}

absl::StatusOr<HttpRequest> CredentialSet::Make(std::size_t index) {
  RK_ASSIGN_OR_RETURN(const Secret secret, list_[index].read());
  return list_[index].kind == Credential::Kind::kClientSecret ? WithSecret(secret)
                                                              : WithFederationToken(index, secret);
}

HttpRequest CredentialSet::WithSecret(const Secret& secret) const {
  HttpRequest request = TokenRequest("grant_type=client_credentials&scope=all-apis");
  // Not in a braced list: that would be copied, and the copy left unwiped.
  request.headers.emplace_back("Authorization", BasicCredentials(client_id_, secret));
  return request;
}

absl::StatusOr<HttpRequest> CredentialSet::WithFederationToken(std::size_t index,
                                                               const Secret& token) {
  const auto expires_at = wire::ReadJwtExpiry(token);
  if (!expires_at.ok()) {
    return expires_at.status();  // so nothing in it needs to be encoded in the form
  }
  statuses_[index].expires_at = *expires_at;
  std::string body = absl::StrCat(
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
      "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt&scope=all-apis"
      "&client_id=",
      client_id_, "&subject_token=", token.Reveal());
  return TokenRequest(std::move(body));
}

void CredentialSet::Accepted(std::size_t index, absl::Time now) {
  CredentialStatus& status = statuses_[index];
  status.state = State::kAccepted;
  status.message.clear();
  status.accepted_at = now;
}

void CredentialSet::Use(std::size_t index) {
  for (std::size_t i = 0; i < statuses_.size(); ++i) {
    statuses_[i].in_use = i == index;
  }
}

void CredentialSet::Refused(std::size_t index, absl::Time now, std::string message) {
  statuses_[index].state = State::kRefused;
  statuses_[index].message = std::move(message);
  statuses_[index].refused_at = now;
}

void CredentialSet::Unknown(std::size_t index, std::string message) {
  statuses_[index].message = std::move(message);
}

std::vector<CredentialStatus> CredentialSet::Report() const {
  std::vector<CredentialStatus> report = statuses_;
  for (std::size_t i = 0; i < report.size(); ++i) {
    report[i].written_at = list_[i].written_at();
  }
  return report;
}

}  // namespace roomkeeper
