#include <optional>

#include "absl/strings/str_cat.h"

#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/proto_codec.h"

namespace roomkeeper {

void PackagesToProto(const std::vector<PackageName>& packages, TextList& out) {
  for (const PackageName& package : packages) {
    out.Add(FormatName(package));
  }
}

std::vector<PackageName> PackagesFromProto(const TextList& names) {
  std::vector<PackageName> packages;
  for (const std::string& name : names) {
    packages.push_back(ParsePackagePath(name).value_or(PackagePath()).package);
  }
  return packages;
}

void ToProto(const Brand& brand, v1::Brand& out) {
  out.set_name(FormatName(brand.id));
  out.set_display_name(brand.display_name);
  out.set_collaborator_alias(brand.collaborator_alias);
  out.mutable_labels()->insert(brand.labels.begin(), brand.labels.end());
  out.set_jobs_in_flight_max(brand.jobs_in_flight_max);
  ToProto(brand.created_at, *out.mutable_create_time());
  ToProto(brand.updated_at, *out.mutable_update_time());
  out.set_etag(absl::StrCat(brand.revision));
}

void ToProto(const Install& install, v1::Install& out) {
  out.set_name(FormatName(install.brand, install.id));
  out.set_global_metastore_id(install.global_metastore_id);
  out.set_invite_recipient_workspace_id(install.workspace_id);
  out.set_invite_recipient_email(install.invite_recipient_email);
  out.set_shard(install.shard.value());
  if (!install.token.issuer.empty()) {
    v1::TokenIdentity& token = *out.mutable_token_identity();
    token.set_issuer(install.token.issuer);
    token.set_client_id(install.token.subject);
    token.set_audience(install.token.audience);
    token.set_accept_tokens_that_could_act_as_the_app(install.token.accept_all_apis);
  }
  out.set_certificate_san(install.certificate_san);
  PackagesToProto(install.packages, *out.mutable_packages());
  out.set_rooms_max(install.rooms_max);
  ToProto(install.created_at, *out.mutable_create_time());
}

v1::OperatorRole ToProto(Role role) {
  switch (role) {
    case Role::kAdmin:
      return v1::OPERATOR_ROLE_ADMIN;
    case Role::kOperator:
      return v1::OPERATOR_ROLE_OPERATOR;
    case Role::kViewer:
      return v1::OPERATOR_ROLE_VIEWER;
    case Role::kBrand:
    case Role::kCi:
      break;
  }
  return v1::OPERATOR_ROLE_UNSPECIFIED;
}

std::optional<Role> FromProto(v1::OperatorRole role) {
  for (const Role known : {Role::kAdmin, Role::kOperator, Role::kViewer}) {
    if (ToProto(known) == role) {
      return known;
    }
  }
  return std::nullopt;
}

void ToProto(const CiScope& ci, v1::CiScope& out) {
  out.set_label_key(ci.label_key);
  out.set_label_value(ci.label_value);
  out.set_rooms_max(ci.rooms_max);
  ToProto(ci.ttl_max, *out.mutable_ttl_max());
}

CiScope FromProto(const v1::CiScope& ci) {
  return {.label_key = ci.label_key(),
          .label_value = ci.label_value(),
          .rooms_max = ci.rooms_max(),
          .ttl_max = FromProto(ci.ttl_max())};
}

void ToProto(const ApiKey& key, v1::ApiKey& out) {
  out.set_name(FormatName(key.id));
  out.set_display_name(key.display_name);
  if (!key.brand.empty()) {
    out.set_parent(FormatName(key.brand, key.install));
  }
  out.set_operator_role(ToProto(key.role));
  if (key.role == Role::kCi) {
    ToProto(key.ci, *out.mutable_ci());
  }
  ToProto(key.created_at, *out.mutable_create_time());
  if (key.expires_at) {
    ToProto(*key.expires_at, *out.mutable_expire_time());
  }
  if (key.revoked_at) {
    ToProto(*key.revoked_at, *out.mutable_revoke_time());
  }
}

}  // namespace roomkeeper
