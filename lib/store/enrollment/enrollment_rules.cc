#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/model/resource_name.h"
#include "lib/store/op_rules.h"

namespace roomkeeper {
namespace {

using Outcome = ExchangeCode::Result::Outcome;

Install InstallOf(const EnrollmentCode& code, const Enrollment& asked, absl::Time now) {
  return {.brand = asked.brand,
          .id = asked.install,
          .global_metastore_id = asked.global_metastore_id,
          .workspace_id = asked.workspace_id,
          .invite_recipient_email = asked.invite_recipient_email,
          .packages = code.packages,
          .rooms_max = code.rooms_max,
          .created_at = now,
          .revision = 1};
}

ApiKey NewKeyOf(const Enrollment& enrollment, absl::Time now) {
  return {.id = KeyOf(enrollment.id),
          .role = Role::kBrand,
          .brand = enrollment.brand,
          .install = enrollment.install,
          .display_name = absl::StrCat("enrolled with ", FormatName(enrollment.code)),
          .secret_sha256 = enrollment.key_sha256,
          .created_at = now};
}

absl::StatusOr<bool> IsTaken(const Enrollment& asked, BrandRows& brands) {
  RK_ASSIGN_OR_RETURN(const auto install, brands.FindInstall(asked.brand, asked.install));
  if (install.has_value()) {
    return true;
  }
  return brands.HasInstall(asked.global_metastore_id, asked.workspace_id);
}

// An exchange that was made before, as it stands.
absl::StatusOr<ExchangeCode::Result> AnswerAgain(Enrollment stored, const Enrollment& asked,
                                                 BrandRows& brands) {
  ExchangeCode::Result result = {.enrollment = std::move(stored)};
  const Enrollment& known = result.enrollment;
  if (known.code != asked.code || !SameBinding(known, asked)) {
    result.outcome = Outcome::kOtherBinding;
    return result;
  }
  switch (known.state) {
    case EnrollmentState::kHeld:
      result.outcome = Outcome::kHeld;
      return result;
    case EnrollmentState::kRefused:
      result.outcome = Outcome::kRefused;
      return result;
    case EnrollmentState::kApproved:
      break;
  }
  RK_ASSIGN_OR_RETURN(const auto key, brands.FindApiKey(KeyOf(known.id)));
  RK_ASSIGN_OR_RETURN(auto install, brands.FindInstall(known.brand, known.install));
  if (!key.has_value() || !install.has_value()) {
    return absl::DataLossError(
        absl::StrCat(FormatName(known.id), " made an install and a key that are not stored"));
  }
  result.outcome = key->revoked_at.has_value() ? Outcome::kKeyRevoked : Outcome::kEnrolled;
  result.install = *std::move(install);
  return result;
}

absl::StatusOr<std::optional<CreateEnrollmentCode::Result>> FindReplay(
    const CreateEnrollmentCode& op, JobRows& jobs, EnrollmentRows& enrollments) {
  using Made = CreateEnrollmentCode::Result::Outcome;
  if (op.request_id.empty()) {
    return std::nullopt;
  }
  RK_ASSIGN_OR_RETURN(const auto request, jobs.FindRequest(op.caller_scope, op.request_id));
  if (!request.has_value()) {
    return std::nullopt;
  }
  if (request->hash != op.request_hash) {
    return CreateEnrollmentCode::Result{.outcome = Made::kRequestIdReused};
  }
  RK_ASSIGN_OR_RETURN(auto made, enrollments.FindCode(EnrollmentCodeId(request->answer)));
  if (!made.has_value()) {
    return absl::DataLossError(
        absl::StrCat("a request names code ", request->answer, ", which is not stored"));
  }
  return CreateEnrollmentCode::Result{.outcome = Made::kReplayed, .code = *std::move(made)};
}

}  // namespace

absl::StatusOr<CreateEnrollmentCode::Result> Rules::Run(const CreateEnrollmentCode& op) {
  RK_ASSIGN_OR_RETURN(auto replay, FindReplay(op, jobs, enrollments));
  if (replay.has_value()) {
    return *std::move(replay);
  }
  RK_ASSIGN_OR_RETURN(const auto brand, brands.FindBrand(op.code.brand));
  if (!brand.has_value()) {
    return absl::NotFoundError(absl::StrCat("no brand ", op.code.brand.value()));
  }
  RK_ASSIGN_OR_RETURN(const auto stored, enrollments.FindCode(op.code.id));
  if (stored.has_value()) {
    return absl::AlreadyExistsError(absl::StrCat("code ", op.code.id.value(), " exists"));
  }
  RK_RETURN_IF_ERROR(enrollments.InsertCode(op.code));
  if (!op.request_id.empty()) {
    RK_RETURN_IF_ERROR(jobs.InsertRequest(op.caller_scope, op.request_id,
                                          {.hash = op.request_hash, .answer = op.code.id.value()}));
  }
  RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = op.code.brand,
                                      .at = op.code.created_at,
                                      .method = "CreateEnrollmentCode",
                                      .resource = FormatName(op.code.id)}));
  return CreateEnrollmentCode::Result{.code = op.code};
}

absl::StatusOr<RevokeEnrollmentCode::Result> Rules::Run(const RevokeEnrollmentCode& op) {
  RK_ASSIGN_OR_RETURN(auto stored, enrollments.FindCode(op.id));
  if (!stored.has_value()) {
    return absl::NotFoundError(absl::StrCat("no code ", op.id.value()));
  }
  RevokeEnrollmentCode::Result result = {.code = *std::move(stored)};
  if (result.code.revoked_at.has_value()) {
    return result;
  }
  result.code.revoked_at = op.now;
  RK_RETURN_IF_ERROR(enrollments.UpdateCode(result.code));
  RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = result.code.brand,
                                      .at = op.now,
                                      .method = "RevokeEnrollmentCode",
                                      .resource = FormatName(op.id)}));
  return result;
}

absl::Status Rules::EnrollBy(const EnrollmentCode& code, const Enrollment& enrollment,
                             absl::Time now) {
  RK_RETURN_IF_ERROR(brands.InsertInstall(InstallOf(code, enrollment, now)));
  const ApiKey key = NewKeyOf(enrollment, now);
  RK_RETURN_IF_ERROR(brands.InsertApiKey(key));
  notice.api_keys.push_back(key.id);
  return absl::OkStatus();
}

absl::StatusOr<ExchangeCode::Result> Rules::Run(const ExchangeCode& op) {
  RK_ASSIGN_OR_RETURN(auto code, enrollments.FindCode(op.asked.code));
  if (!code.has_value()) {
    return absl::NotFoundError(absl::StrCat("no code ", op.asked.code.value()));
  }
  if (code->revoked_at.has_value()) {
    return ExchangeCode::Result{.outcome = Outcome::kRevoked};
  }
  RK_ASSIGN_OR_RETURN(auto known, enrollments.FindEnrollment(op.asked.id));
  if (known.has_value()) {
    return AnswerAgain(*std::move(known), op.asked, brands);
  }
  if (op.now >= code->expires_at) {
    return ExchangeCode::Result{.outcome = Outcome::kExpired};
  }
  if (code->uses >= code->uses_max) {
    return ExchangeCode::Result{.outcome = Outcome::kUsedUp};
  }
  ExchangeCode::Result result = {.enrollment = op.asked};
  Enrollment& made = result.enrollment;
  made.mismatch = MismatchOf(*code, op.asked);
  const EnrollmentPolicy policy = made.mismatch.empty() ? code->policy : code->otherwise;
  if (policy == EnrollmentPolicy::kRefuse) {
    return ExchangeCode::Result{.outcome = Outcome::kMismatch, .problem = made.mismatch};
  }
  RK_ASSIGN_OR_RETURN(const bool taken, IsTaken(op.asked, brands));
  if (taken) {
    return ExchangeCode::Result{.outcome = Outcome::kTaken};
  }
  const bool approved = policy == EnrollmentPolicy::kApprove;
  made.state = approved ? EnrollmentState::kApproved : EnrollmentState::kHeld;
  made.created_at = op.now;
  made.decided_at = approved ? std::optional(op.now) : std::nullopt;
  result.outcome = approved ? Outcome::kEnrolled : Outcome::kHeld;
  if (approved) {
    result.install = InstallOf(*code, made, op.now);
    RK_RETURN_IF_ERROR(EnrollBy(*code, made, op.now));
  }
  ++code->uses;
  RK_RETURN_IF_ERROR(enrollments.UpdateCode(*code));
  RK_RETURN_IF_ERROR(enrollments.InsertEnrollment(made));
  RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = made.brand,
                                      .at = op.now,
                                      .method = "ExchangeCode",
                                      .resource = approved ? FormatName(made.brand, made.install)
                                                           : FormatName(made.id)}));
  return result;
}

absl::StatusOr<DecideEnrollment::Result> Rules::Run(const DecideEnrollment& op) {
  RK_ASSIGN_OR_RETURN(auto stored, enrollments.FindEnrollment(op.id));
  if (!stored.has_value()) {
    return absl::NotFoundError(absl::StrCat("no enrollment ", op.id.value()));
  }
  DecideEnrollment::Result result = {.enrollment = *std::move(stored)};
  Enrollment& held = result.enrollment;
  const auto wanted = op.approve ? EnrollmentState::kApproved : EnrollmentState::kRefused;
  if (held.state == wanted) {
    return result;
  }
  if (held.state != EnrollmentState::kHeld) {
    return absl::FailedPreconditionError(absl::StrCat(
        FormatName(op.id), op.approve ? " was refused before" : " is enrolled already"));
  }
  RK_ASSIGN_OR_RETURN(auto code, enrollments.FindCode(held.code));
  if (!code.has_value()) {
    return absl::DataLossError(absl::StrCat(FormatName(op.id), " names a code that is not stored"));
  }
  if (op.approve && code->revoked_at.has_value()) {
    return absl::FailedPreconditionError(absl::StrCat(FormatName(code->id), " was revoked"));
  }
  RK_ASSIGN_OR_RETURN(const bool taken, IsTaken(held, brands));
  if (op.approve && taken) {
    return absl::AlreadyExistsError(
        absl::StrCat("the install, or its metastore and workspace, are another's"));
  }
  held.state = wanted;
  held.decided_at = op.now;
  if (op.approve) {
    RK_RETURN_IF_ERROR(EnrollBy(*code, held, op.now));
  } else {
    --code->uses;
    RK_RETURN_IF_ERROR(enrollments.UpdateCode(*code));
  }
  RK_RETURN_IF_ERROR(enrollments.UpdateEnrollment(held));
  RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = held.brand,
                                      .at = op.now,
                                      .method = "DecideEnrollment",
                                      .resource = FormatName(op.id)}));
  return result;
}

}  // namespace roomkeeper
