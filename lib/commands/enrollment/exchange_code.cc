#include "lib/commands/enrollment/exchange_code.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/auth/enrollment_code.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

using Done = std::function<void(const Proved&, const absl::StatusOr<Exchanged>&)>;
using Outcome = ExchangeCode::Result::Outcome;

absl::Status Refuse(absl::StatusCode code, const char* reason, std::string message) {
  return ToStatus({.code = code, .reason = reason, .message = std::move(message)});
}

absl::Status Invalid() {
  return Refuse(absl::StatusCode::kUnauthenticated, reason::kEnrollmentCodeInvalid,
                "the enrolment code is not known to this server");
}

AuditStampPtr StampOf(const AuditStamp* call, const Principal& principal) {
  auto stamp = std::make_shared<AuditStamp>();
  stamp->actor_kind = ActorKind::kBrand;
  stamp->actor = principal.Credential();
  stamp->brand = principal.brand;
  stamp->install = principal.install;
  if (call != nullptr) {
    stamp->method = call->method;
    stamp->trace_id = call->trace_id;
    stamp->peer = call->peer;
  }
  return stamp;
}

// What the store answered, as an answer or a refusal to somebody who has the right code.
absl::StatusOr<Exchanged> FromOutcome(const ExchangeCode::Result& result, const Enrollment& asked,
                                      const Secret& key) {
  const std::string name = FormatName(asked.id);
  switch (result.outcome) {
    case Outcome::kEnrolled:
      return Exchanged{.enrollment = result.enrollment, .install = result.install, .key = key};
    case Outcome::kHeld:
      return Exchanged{.enrollment = result.enrollment};
    case Outcome::kRevoked:
      return Refuse(absl::StatusCode::kUnauthenticated, reason::kEnrollmentCodeRevoked,
                    "the enrolment code was revoked: ask the provider's operator for another");
    case Outcome::kOtherBinding:
      return Refuse(absl::StatusCode::kPermissionDenied, reason::kEnrollmentRefused,
                    absl::StrCat(name,
                                 " was asked for with another install, metastore, workspace "
                                 "or invitee, and cannot be changed; got metastore ",
                                 asked.global_metastore_id, ", workspace ", asked.workspace_id));
    case Outcome::kRefused:
      return Refuse(absl::StatusCode::kPermissionDenied, reason::kEnrollmentRefused,
                    absl::StrCat("the provider's operator refused ", name));
    case Outcome::kKeyRevoked:
      return Refuse(absl::StatusCode::kUnauthenticated, reason::kApiKeyRevoked,
                    absl::StrCat("the key that ", name, " made was revoked"));
    case Outcome::kExpired:
      return Refuse(absl::StatusCode::kUnauthenticated, reason::kEnrollmentCodeExpired,
                    "the enrolment code has expired: ask the provider's operator for another");
    case Outcome::kUsedUp:
      return Refuse(absl::StatusCode::kPermissionDenied, reason::kEnrollmentCodeUsedUp,
                    absl::StrCat("the enrolment code has enrolled as many apps as it may, and this "
                                 "is another one: got metastore ",
                                 asked.global_metastore_id, ", workspace ", asked.workspace_id));
    case Outcome::kMismatch:
      return Refuse(absl::StatusCode::kPermissionDenied, reason::kEnrollmentRefused,
                    absl::StrCat("the enrolment code is for other apps: ", result.problem));
    case Outcome::kTaken:
      return Refuse(
          absl::StatusCode::kAlreadyExists, reason::kAlreadyExists,
          absl::StrCat(FormatName(asked.brand, asked.install),
                       " is enrolled, or another install has its metastore and workspace: "
                       "the provider's operator can make a key for an install there is"));
  }
  return absl::InternalError("unknown outcome of an exchange");
}

struct Exchange {
  const CommandContext& context;
  ExchangeInput input = {};
  AuditStampPtr call = {};
  PresentedCode code = {};
  Proved proved = {};
  Done done = {};
};
using ExchangePtr = std::shared_ptr<Exchange>;

// The secret was right.
void Apply(const ExchangePtr& exchange, const EnrollmentCode& code) {
  const ExchangeInput& input = exchange->input;
  Principal& principal = exchange->proved.principal;
  exchange->proved.by_code = true;
  principal.brand = code.brand;
  principal.install = input.install;
  principal.identity = FormatName(code.id);
  principal.stamp = StampOf(exchange->call.get(), principal);
  MintedKey key = DeriveApiKey(exchange->code.secret, input.nonce);
  ExchangeCode op{.asked = {.id = EnrollmentId(key.id.value()),
                            .code = code.id,
                            .brand = code.brand,
                            .install = input.install,
                            .global_metastore_id = input.global_metastore_id,
                            .workspace_id = input.workspace_id,
                            .invite_recipient_email = input.invite_recipient_email,
                            .key_sha256 = std::move(key.secret_sha256)},
                  .now = exchange->context.clock.Now(),
                  .audit = principal.stamp};
  const Enrollment asked = op.asked;
  exchange->context.enrollments.Exchange(
      std::move(op), [exchange, asked, text = std::move(key.text)](
                         const absl::StatusOr<ExchangeCode::Result>& result) {
        if (!result.ok()) {
          exchange->done(exchange->proved,
                         absl::IsNotFound(result.status()) ? Invalid() : result.status());
          return;
        }
        exchange->done(exchange->proved, FromOutcome(*result, asked, text));
      });
}

}  // namespace

void ExchangeEnrollmentCode(const CommandContext& context, const Principal& caller,
                            ExchangeInput input, Done done) {
  std::optional<PresentedCode> presented = ParseEnrollmentCode(input.code);
  if (!presented.has_value()) {
    done({}, Invalid());
    return;
  }
  const auto exchange = std::make_shared<Exchange>(Exchange{.context = context,
                                                            .input = std::move(input),
                                                            .call = caller.stamp,
                                                            .code = *std::move(presented),
                                                            .done = std::move(done)});
  exchange->proved.principal.trace_id = caller.trace_id;
  context.enrollments.GetEnrollmentCode(
      exchange->code.id, [exchange](const absl::StatusOr<EnrollmentCode>& code) {
        if (!code.ok() && !absl::IsNotFound(code.status())) {
          exchange->done({}, code.status());
          return;
        }
        // An unknown code is compared too, with what no secret hashes to.
        const EnrollmentCode stored =
            code.value_or(EnrollmentCode{.secret_sha256 = std::string(64, '-')});
        if (!Matches(stored, exchange->code.secret) || !code.ok()) {
          exchange->done({}, Invalid());
          return;
        }
        Apply(exchange, *code);
      });
}

}  // namespace roomkeeper
