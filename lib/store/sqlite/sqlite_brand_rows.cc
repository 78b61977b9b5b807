#include "lib/store/sqlite/sqlite_brand_rows.h"

#include "lib/base/status_macros.h"
#include "lib/model/json/clean_room_json.h"
#include "lib/store/sqlite/row_codec.h"

namespace roomkeeper {
namespace {

constexpr char kFindBrand[] = "SELECT " RK_BRAND_COLUMNS " FROM brand WHERE id = ?1";
constexpr char kInsertBrand[] =
    "INSERT INTO brand (id, display_name, collaborator_alias, labels, jobs_in_flight_max, "
    "created_at, updated_at, revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
constexpr char kUpdateBrand[] =
    "UPDATE brand SET display_name = ?2, collaborator_alias = ?3, labels = ?4, "
    "jobs_in_flight_max = ?5, updated_at = ?6, revision = ?7 WHERE id = ?1";
constexpr char kFindInstall[] =
    "SELECT " RK_INSTALL_COLUMNS " FROM install WHERE brand = ?1 AND id = ?2";
constexpr char kHasInstall[] =
    "SELECT 1 FROM install WHERE global_metastore_id = ?1 AND workspace_id = ?2";
constexpr char kInsertInstall[] =
    "INSERT INTO install (brand, id, global_metastore_id, workspace_id, invite_recipient_email, "
    "shard, created_at, revision, token_issuer, token_subject, token_audience, "
    "token_accept_all_apis, certificate_san, packages, rooms_max) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
constexpr char kUpdateInstall[] =
    "UPDATE install SET revision = ?3, token_issuer = ?4, token_subject = ?5, token_audience = ?6, "
    "token_accept_all_apis = ?7, certificate_san = ?8, packages = ?9, rooms_max = ?10 "
    "WHERE brand = ?1 AND id = ?2";
constexpr char kFindApiKey[] = "SELECT " RK_API_KEY_COLUMNS " FROM api_key WHERE id = ?1";
constexpr char kHasLiveAdminKey[] =
    "SELECT 1 FROM api_key WHERE role = 2 AND revoked_at IS NULL "
    "AND (expires_at IS NULL OR expires_at > ?1) LIMIT 1";
constexpr char kInsertApiKey[] =
    "INSERT INTO api_key (" RK_API_KEY_COLUMNS
    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
constexpr char kUpdateApiKey[] = "UPDATE api_key SET revoked_at = ?2 WHERE id = ?1";
constexpr char kPutFreeze[] =
    "INSERT INTO freeze (scope, reason, frozen_by, since) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT (scope) DO UPDATE SET reason = ?2, frozen_by = ?3, since = ?4";
constexpr char kEraseFreeze[] = "DELETE FROM freeze WHERE scope = ?1";

}  // namespace

absl::StatusOr<std::optional<Brand>> SqliteBrandRows::FindBrand(const BrandId& id) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_.Query(kFindBrand, id));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return std::nullopt;
  }
  return ReadBrand(row);
}

absl::Status SqliteBrandRows::InsertBrand(const Brand& brand) {
  return db_
      .Run(kInsertBrand, brand.id, brand.display_name, brand.collaborator_alias,
           FormatLabels(brand.labels), brand.jobs_in_flight_max, brand.created_at, brand.updated_at,
           brand.revision)
      .status();
}

absl::Status SqliteBrandRows::UpdateBrand(const Brand& brand) {
  return db_
      .Run(kUpdateBrand, brand.id, brand.display_name, brand.collaborator_alias,
           FormatLabels(brand.labels), brand.jobs_in_flight_max, brand.updated_at, brand.revision)
      .status();
}

absl::StatusOr<std::optional<Install>> SqliteBrandRows::FindInstall(const BrandId& brand,
                                                                    const InstallId& id) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_.Query(kFindInstall, brand, id));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return std::nullopt;
  }
  return ReadInstall(row);
}

absl::StatusOr<bool> SqliteBrandRows::HasInstall(const std::string& global_metastore_id,
                                                 std::int64_t workspace_id) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_.Query(kHasInstall, global_metastore_id, workspace_id));
  return row.Next();
}

absl::StatusOr<std::optional<Install>> SqliteBrandRows::FindInstallOf(const CallerPin& pin) {
  return roomkeeper::FindInstallOf(db_, pin);
}

absl::Status SqliteBrandRows::InsertInstall(const Install& install) {
  const TokenPin& token = install.token;
  return db_
      .Run(kInsertInstall, install.brand, install.id, install.global_metastore_id,
           install.workspace_id, install.invite_recipient_email, install.shard, install.created_at,
           install.revision, token.issuer, token.subject, token.audience, token.accept_all_apis,
           install.certificate_san, JoinPackages(install.packages), install.rooms_max)
      .status();
}

absl::Status SqliteBrandRows::UpdateInstall(const Install& install) {
  const TokenPin& token = install.token;
  return db_
      .Run(kUpdateInstall, install.brand, install.id, install.revision, token.issuer, token.subject,
           token.audience, token.accept_all_apis, install.certificate_san,
           JoinPackages(install.packages), install.rooms_max)
      .status();
}

absl::StatusOr<std::optional<ApiKey>> SqliteBrandRows::FindApiKey(const ApiKeyId& id) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_.Query(kFindApiKey, id));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return std::nullopt;
  }
  return ReadApiKey(row);
}

absl::StatusOr<bool> SqliteBrandRows::HasLiveAdminKey(absl::Time now) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_.Query(kHasLiveAdminKey, now));
  return row.Next();
}

absl::Status SqliteBrandRows::InsertApiKey(const ApiKey& key) {
  return db_
      .Run(kInsertApiKey, key.id, key.role, key.brand, key.install, key.display_name,
           key.secret_sha256, key.created_at, key.expires_at, key.revoked_at, key.ci.label_key,
           key.ci.label_value, key.ci.rooms_max, absl::ToInt64Nanoseconds(key.ci.ttl_max))
      .status();
}

absl::Status SqliteBrandRows::UpdateApiKey(const ApiKey& key) {
  return db_.Run(kUpdateApiKey, key.id, key.revoked_at).status();
}

absl::StatusOr<std::vector<Freeze>> SqliteBrandRows::ListFreezes() {
  return ReadFreezes(db_);
}

absl::Status SqliteBrandRows::PutFreeze(const Freeze& freeze) {
  return db_.Run(kPutFreeze, freeze.scope, freeze.reason, freeze.by, freeze.since).status();
}

absl::Status SqliteBrandRows::EraseFreeze(const std::string& scope) {
  return db_.Run(kEraseFreeze, scope).status();
}

}  // namespace roomkeeper
