#include "lib/commands/enrollment/codes.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "lib/auth/enrollment_code.h"
#include "lib/base/status_macros.h"
#include "lib/commands/page_token.h"
#include "lib/commands/refusals.h"
#include "lib/commands/rooms/create_clean_room.h"
#include "lib/commands/submit.h"
#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

absl::Status Exists(const std::string& name, std::string message) {
  return ToStatus({.code = absl::StatusCode::kAlreadyExists,
                   .reason = reason::kAlreadyExists,
                   .message = std::move(message),
                   .metadata = {{"resource", name}}});
}

absl::Status Check(const CommandContext& context, const EnrollmentCode& code) {
  const absl::Time now = context.clock.Now();
  if (code.expires_at <= now || code.expires_at > now + kCodeLifetimeMax) {
    return InvalidField("enrollment_code.expire_time",
                        absl::StrCat("must be in the next 90 days, got ",
                                     absl::FormatTime(code.expires_at, absl::UTCTimeZone())));
  }
  for (const PackageName& package : code.packages) {
    const auto found = context.packages.Get(package, "");
    if (!found.ok()) {
      return absl::IsNotFound(found.status()) ? PackageNotFound(context, package, "")
                                              : found.status();
    }
  }
  return absl::OkStatus();
}

std::string HashOf(const EnrollmentCode& code) {
  const std::string packages = absl::StrJoin(
      code.packages, ",",
      [](std::string* out, const PackageName& package) { out->append(package.value()); });
  return RequestHash(
      "CreateEnrollmentCode",
      {code.brand.value(), code.display_name,
       absl::StrCat(static_cast<int>(code.policy), " ", static_cast<int>(code.otherwise)),
       absl::StrCat(code.uses_max, " ", code.rooms_max), packages,
       absl::StrJoin(code.metastores, ","), absl::StrJoin(code.email_domains, ","),
       absl::FormatTime(code.expires_at, absl::UTCTimeZone())});
}

absl::StatusOr<NewCode> FromOutcome(const CreateEnrollmentCode::Result& made, const Secret& text,
                                    const std::string& request_id) {
  using Outcome = CreateEnrollmentCode::Result::Outcome;
  const std::string name = FormatName(made.code.id);
  switch (made.outcome) {
    case Outcome::kInserted:
      return NewCode{.code = made.code, .text = text};
    case Outcome::kReplayed:
      return Exists(name, absl::StrCat("request_id \"", request_id, "\" made ", name,
                                       " before, and a code is shown once; if it was lost, revoke "
                                       "it and create another with a new request_id"));
    case Outcome::kRequestIdReused:
      return RequestIdReused(request_id);
  }
  return absl::InternalError("unknown outcome of a new code");
}

}  // namespace

void CreateCode(const CommandContext& context, const Principal& principal, CreateCodeInput input,
                StoreDone<NewCode> done) {
  EnrollmentCode code = std::move(input.code);
  code.uses_max = code.uses_max == 0 ? 1 : code.uses_max;
  if (absl::Status good = Check(context, code); !good.ok()) {
    done(good);
    return;
  }
  MintedCode minted = MintEnrollmentCode();
  CreateEnrollmentCode op{.caller_scope = CallerScope(principal),
                          .request_id = input.request_id,
                          .request_hash = HashOf(code),
                          .code = std::move(code),
                          .audit = principal.stamp};
  op.code.id = minted.id;
  op.code.secret_sha256 = std::move(minted.secret_sha256);
  op.code.created_at = context.clock.Now();
  const std::string brand = FormatName(op.code.brand);
  context.enrollments.Create(
      std::move(op), [brand, text = std::move(minted.text), request_id = input.request_id,
                      done = std::move(done)](absl::StatusOr<CreateEnrollmentCode::Result> made) {
        if (!made.ok()) {
          done(NotFoundOr(made.status(), brand));
          return;
        }
        done(FromOutcome(*made, text, request_id));
      });
}

void RevokeCode(const CommandContext& context, const Principal& principal, EnrollmentCodeId id,
                StoreDone<EnrollmentCode> done) {
  RevokeEnrollmentCode op{.id = id, .now = context.clock.Now(), .audit = principal.stamp};
  context.enrollments.Revoke(
      std::move(op),
      [id, done = std::move(done)](absl::StatusOr<RevokeEnrollmentCode::Result> revoked) {
        if (!revoked.ok()) {
          done(NotFoundOr(revoked.status(), FormatName(id)));
          return;
        }
        done(std::move(revoked->code));
      });
}

void ListCodes(const CommandContext& context, const BrandId& brand, std::int32_t limit,
               const std::string& page_token, StoreDone<ListCodesOutput> done) {
  const Secret& key = context.settings.page_token_key;
  const std::string text = absl::StrCat("enrollment codes\n", brand.value());
  const auto after = ParsePageToken(key, text, page_token);
  if (!after.ok()) {
    done(after.status());
    return;
  }
  EnrollmentCodeQuery query{.after = *after, .limit = limit};
  if (!brand.empty()) {
    query.brand = brand;
  }
  context.enrollments.ListEnrollmentCodes(
      std::move(query),
      [&key, text, done = std::move(done)](absl::StatusOr<EnrollmentCodePage> page) {
        if (!page.ok()) {
          done(page.status());
          return;
        }
        done(ListCodesOutput{.codes = std::move(page->codes),
                             .next_page_token = MakePageToken(key, text, page->next)});
      });
}

void ListEnrollmentRows(const CommandContext& context, const ListEnrollmentsInput& input,
                        StoreDone<ListEnrollmentsOutput> done) {
  const Secret& key = context.settings.page_token_key;
  const std::string text =
      absl::StrCat("enrollments\n", input.brand.value(), "\n",
                   input.state.has_value() ? static_cast<int>(*input.state) : 0);
  const auto after = ParsePageToken(key, text, input.page_token);
  if (!after.ok()) {
    done(after.status());
    return;
  }
  EnrollmentQuery query{.state = input.state, .after = *after, .limit = input.limit};
  if (!input.brand.empty()) {
    query.brand = input.brand;
  }
  context.enrollments.ListEnrollments(
      std::move(query), [&key, text, done = std::move(done)](absl::StatusOr<EnrollmentPage> page) {
        if (!page.ok()) {
          done(page.status());
          return;
        }
        done(ListEnrollmentsOutput{.enrollments = std::move(page->enrollments),
                                   .next_page_token = MakePageToken(key, text, page->next)});
      });
}

void DecideHeld(const CommandContext& context, const Principal& principal, EnrollmentId id,
                bool approve, StoreDone<Enrollment> done) {
  DecideEnrollment op{
      .id = id, .approve = approve, .now = context.clock.Now(), .audit = principal.stamp};
  context.enrollments.Decide(
      std::move(op), [id, done = std::move(done)](absl::StatusOr<DecideEnrollment::Result> made) {
        if (made.ok()) {
          done(std::move(made->enrollment));
          return;
        }
        const std::string name = FormatName(id);
        if (absl::IsFailedPrecondition(made.status())) {
          done(ToStatus({.code = absl::StatusCode::kFailedPrecondition,
                         .reason = reason::kEnrollmentDecided,
                         .message = std::string(made.status().message()),
                         .metadata = {{"enrollment", name}}}));
        } else if (absl::IsAlreadyExists(made.status())) {
          done(Exists(name, absl::StrCat(name,
                                         " cannot be approved any more: its install, or its "
                                         "metastore and workspace, are another's; refuse it")));
        } else {
          done(NotFoundOr(made.status(), name));
        }
      });
}

}  // namespace roomkeeper
