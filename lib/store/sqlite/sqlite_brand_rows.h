#pragma once

#include <string>

#include "lib/store/rows.h"
#include "lib/store/sqlite/sqlite_db.h"

namespace roomkeeper {

// The brand, install, key and freeze tables, inside the open transaction of `db`.
class SqliteBrandRows final : public BrandRows {
 public:
  explicit SqliteBrandRows(SqliteDb& db) : db_(db) {}

  absl::StatusOr<std::optional<Brand>> FindBrand(const BrandId& id) override;
  absl::Status InsertBrand(const Brand& brand) override;
  absl::Status UpdateBrand(const Brand& brand) override;
  absl::StatusOr<std::optional<Install>> FindInstall(const BrandId& brand,
                                                     const InstallId& id) override;
  absl::StatusOr<bool> HasInstall(const std::string& global_metastore_id,
                                  std::int64_t workspace_id) override;
  absl::StatusOr<std::optional<Install>> FindInstallOf(const CallerPin& pin) override;
  absl::Status InsertInstall(const Install& install) override;
  absl::Status UpdateInstall(const Install& install) override;
  absl::StatusOr<std::optional<ApiKey>> FindApiKey(const ApiKeyId& id) override;
  absl::StatusOr<bool> HasLiveAdminKey(absl::Time now) override;
  absl::Status InsertApiKey(const ApiKey& key) override;
  absl::Status UpdateApiKey(const ApiKey& key) override;
  absl::StatusOr<std::vector<Freeze>> ListFreezes() override;
  absl::Status PutFreeze(const Freeze& freeze) override;
  absl::Status EraseFreeze(const std::string& scope) override;

 private:
  SqliteDb& db_;
};

}  // namespace roomkeeper
