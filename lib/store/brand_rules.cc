#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/model/resource_name.h"
#include "lib/store/op_rules.h"

namespace roomkeeper {
namespace {

bool SameForCaller(const Brand& a, const Brand& b) {
  return a.display_name == b.display_name && a.collaborator_alias == b.collaborator_alias &&
         a.labels == b.labels && a.jobs_in_flight_max == b.jobs_in_flight_max;
}

absl::Status NoBrand(const BrandId& id) {
  return absl::NotFoundError(absl::StrCat("no brand ", id.value()));
}

// kAlreadyExists when another install has one of this one's pins: who calls must be one app.
absl::Status CheckPinsAreFree(const Install& install, BrandRows& brands) {
  const CallerPin token = {.issuer = install.token.issuer, .subject = install.token.subject};
  const CallerPin certificate = {.certificate_san = install.certificate_san};
  for (const CallerPin& pin : {token, certificate}) {
    if (pin.issuer.empty() && pin.certificate_san.empty()) {
      continue;
    }
    RK_ASSIGN_OR_RETURN(const auto holder, brands.FindInstallOf(pin));
    if (holder.has_value() && (holder->brand != install.brand || holder->id != install.id)) {
      return absl::AlreadyExistsError(
          pin.certificate_san.empty()
              ? absl::StrCat("another install has subject ", pin.subject, " of ", pin.issuer)
              : absl::StrCat("another install has certificate ", pin.certificate_san));
    }
  }
  return absl::OkStatus();
}

// The first answer again, when the request_id was used before.
absl::StatusOr<std::optional<CreateApiKey::Result>> FindReplay(const CreateApiKey& op,
                                                               JobRows& jobs, BrandRows& brands) {
  using Outcome = CreateApiKey::Result::Outcome;
  if (op.request_id.empty()) {
    return std::nullopt;
  }
  RK_ASSIGN_OR_RETURN(const auto request, jobs.FindRequest(op.caller_scope, op.request_id));
  if (!request.has_value()) {
    return std::nullopt;
  }
  if (request->hash != op.request_hash) {
    return CreateApiKey::Result{.outcome = Outcome::kRequestIdReused};
  }
  RK_ASSIGN_OR_RETURN(auto made, brands.FindApiKey(ApiKeyId(request->answer)));
  if (!made.has_value()) {
    return absl::DataLossError(
        absl::StrCat("a request names key ", request->answer, ", which is not stored"));
  }
  return CreateApiKey::Result{.outcome = Outcome::kReplayed, .key = *std::move(made)};
}

}  // namespace

absl::StatusOr<CreateBrand::Result> Rules::Run(const CreateBrand& op) {
  RK_ASSIGN_OR_RETURN(auto stored, brands.FindBrand(op.brand.id));
  if (stored.has_value() && SameForCaller(*stored, op.brand)) {
    return CreateBrand::Result{.brand = *std::move(stored)};
  }
  if (stored.has_value()) {
    return absl::AlreadyExistsError(
        absl::StrCat("brand ", op.brand.id.value(), " exists and differs"));
  }
  CreateBrand::Result result = {.brand = op.brand};
  result.brand.revision = 1;
  RK_RETURN_IF_ERROR(brands.InsertBrand(result.brand));
  RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = op.brand.id,
                                      .at = op.brand.created_at,
                                      .method = "CreateBrand",
                                      .resource = FormatName(op.brand.id)}));
  return result;
}

absl::StatusOr<UpdateBrand::Result> Rules::Run(const UpdateBrand& op) {
  RK_ASSIGN_OR_RETURN(const auto stored, brands.FindBrand(op.brand.id));
  if (!stored.has_value()) {
    return NoBrand(op.brand.id);
  }
  if (op.brand.revision != 0 && op.brand.revision != stored->revision) {
    return absl::AbortedError(absl::StrCat("brand ", op.brand.id.value(), " is at revision ",
                                           stored->revision, ", not ", op.brand.revision));
  }
  UpdateBrand::Result result = {.brand = op.brand};
  result.brand.created_at = stored->created_at;
  result.brand.revision = stored->revision + 1;
  RK_RETURN_IF_ERROR(brands.UpdateBrand(result.brand));
  RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = op.brand.id,
                                      .at = op.brand.updated_at,
                                      .method = "UpdateBrand",
                                      .resource = FormatName(op.brand.id)}));
  return result;
}

absl::StatusOr<CreateInstall::Result> Rules::Run(const CreateInstall& op) {
  RK_ASSIGN_OR_RETURN(const auto brand, brands.FindBrand(op.install.brand));
  if (!brand.has_value()) {
    return NoBrand(op.install.brand);
  }
  RK_ASSIGN_OR_RETURN(const auto stored, brands.FindInstall(op.install.brand, op.install.id));
  if (stored.has_value()) {
    return absl::AlreadyExistsError(absl::StrCat("install ", op.install.id.value(), " of brand ",
                                                 op.install.brand.value(), " exists"));
  }
  RK_ASSIGN_OR_RETURN(const bool taken,
                      brands.HasInstall(op.install.global_metastore_id, op.install.workspace_id));
  if (taken) {
    return absl::AlreadyExistsError(absl::StrCat("another install has workspace ",
                                                 op.install.workspace_id, " of metastore ",
                                                 op.install.global_metastore_id));
  }
  RK_RETURN_IF_ERROR(CheckPinsAreFree(op.install, brands));
  CreateInstall::Result result = {.install = op.install};
  result.install.revision = 1;
  RK_RETURN_IF_ERROR(brands.InsertInstall(result.install));
  RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = op.install.brand,
                                      .at = op.install.created_at,
                                      .method = "CreateInstall",
                                      .resource = FormatName(op.install.brand, op.install.id)}));
  return result;
}

absl::StatusOr<SetCallers::Result> Rules::Run(const SetCallers& op) {
  RK_ASSIGN_OR_RETURN(auto stored, brands.FindInstall(op.brand, op.install));
  if (!stored.has_value()) {
    return absl::NotFoundError(
        absl::StrCat("no install ", op.install.value(), " of brand ", op.brand.value()));
  }
  SetCallers::Result result = {.install = *std::move(stored)};
  result.install.token = op.token.value_or(result.install.token);
  result.install.certificate_san = op.certificate_san.value_or(result.install.certificate_san);
  result.install.packages = op.packages.value_or(result.install.packages);
  result.install.rooms_max = op.rooms_max.value_or(result.install.rooms_max);
  RK_RETURN_IF_ERROR(CheckPinsAreFree(result.install, brands));
  ++result.install.revision;
  RK_RETURN_IF_ERROR(brands.UpdateInstall(result.install));
  RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = op.brand,
                                      .at = op.now,
                                      .method = "SetCallers",
                                      .resource = FormatName(op.brand, op.install)}));
  return result;
}

absl::StatusOr<CreateApiKey::Result> Rules::Run(const CreateApiKey& op) {
  RK_ASSIGN_OR_RETURN(auto replay, FindReplay(op, jobs, brands));
  if (replay.has_value()) {
    return *std::move(replay);
  }
  RK_ASSIGN_OR_RETURN(const auto stored, brands.FindApiKey(op.key.id));
  if (stored.has_value()) {
    return absl::AlreadyExistsError(absl::StrCat("key ", op.key.id.value(), " exists"));
  }
  if (!op.key.brand.empty()) {
    RK_ASSIGN_OR_RETURN(const auto brand, brands.FindBrand(op.key.brand));
    if (!brand.has_value()) {
      return NoBrand(op.key.brand);
    }
  }
  if (!op.key.install.empty()) {
    RK_ASSIGN_OR_RETURN(const auto install, brands.FindInstall(op.key.brand, op.key.install));
    if (!install.has_value()) {
      return absl::NotFoundError(
          absl::StrCat("no install ", op.key.install.value(), " of brand ", op.key.brand.value()));
    }
  }
  if (op.only_if_no_admin_key) {
    RK_ASSIGN_OR_RETURN(const bool live, brands.HasLiveAdminKey(op.key.created_at));
    if (live) {
      return absl::AlreadyExistsError("the store already has an admin key");
    }
  }
  RK_RETURN_IF_ERROR(brands.InsertApiKey(op.key));
  if (!op.request_id.empty()) {
    RK_RETURN_IF_ERROR(jobs.InsertRequest(op.caller_scope, op.request_id,
                                          {.hash = op.request_hash, .answer = op.key.id.value()}));
  }
  RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = op.key.brand,
                                      .at = op.key.created_at,
                                      .method = "CreateApiKey",
                                      .resource = FormatName(op.key.id)}));
  notice.api_keys.push_back(op.key.id);
  return CreateApiKey::Result{.key = op.key};
}

absl::StatusOr<RevokeApiKey::Result> Rules::Run(const RevokeApiKey& op) {
  RK_ASSIGN_OR_RETURN(auto stored, brands.FindApiKey(op.id));
  if (!stored.has_value()) {
    return absl::NotFoundError(absl::StrCat("no key ", op.id.value()));
  }
  RevokeApiKey::Result result = {.key = *std::move(stored)};
  if (result.key.revoked_at.has_value()) {
    return result;
  }
  result.key.revoked_at = op.now;
  RK_RETURN_IF_ERROR(brands.UpdateApiKey(result.key));
  RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = result.key.brand,
                                      .at = op.now,
                                      .method = "RevokeApiKey",
                                      .resource = FormatName(op.id)}));
  notice.api_keys.push_back(op.id);
  return result;
}

}  // namespace roomkeeper
