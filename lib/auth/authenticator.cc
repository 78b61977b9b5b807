#include "lib/auth/authenticator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "lib/model/refusal.h"

namespace roomkeeper {
namespace {

bool LooksLikeToken(const std::string& bearer) {
  return !absl::StartsWith(bearer, "rk_") && std::count(bearer.begin(), bearer.end(), '.') == 2;
}

}  // namespace

std::string NameOfCertificate(const std::vector<std::string>& uris,
                              const std::vector<std::string>& dns_names) {
  if (uris.empty() && dns_names.size() == 1) {
    return absl::StrCat("dns:", dns_names[0]);
  }
  return uris.size() == 1 ? absl::StrCat("uri:", uris[0]) : std::string();
}

void Authenticator::Verify(Credentials credentials, Done done) {
  if (credentials.ambiguous) {
    done(Unauthenticated(reason::kCredentialsAmbiguous,
                         "the call has authorization twice: send one credential"));
  } else if (LooksLikeToken(credentials.bearer.Reveal())) {
    if (tokens_ == nullptr) {
      done(TokensNotEnabled());
      return;
    }
    tokens_->Verify(std::move(credentials.bearer), std::move(done));
  } else if (credentials.bearer.empty() && !credentials.certificate_san.empty()) {
    VerifyCertificate(credentials.certificate_san, std::move(done));
  } else {
    keys_.Verify(credentials.bearer, std::move(done));
  }
}

void Authenticator::VerifyCertificate(const std::string& name, Done done) {
  brands_.FindInstall(
      {.certificate_san = name}, [name, done = std::move(done)](absl::StatusOr<Install> install) {
        if (absl::IsNotFound(install.status())) {
          done(Unauthenticated(
              reason::kCertificateUnknown,
              absl::StrCat("no install is enrolled with the client certificate \"", name,
                           "\": send an API key too, or ask the operator to enrol it")));
          return;
        }
        if (!install.ok()) {
          done(std::move(install).status());
          return;
        }
        done(Principal{.role = Role::kBrand,
                       .brand = install->brand,
                       .install = install->id,
                       .identity = absl::StrCat("certificate ", name)});
      });
}

}  // namespace roomkeeper
