#include <algorithm>

#include "lib/store/memory/memory_rows.h"

namespace roomkeeper {

absl::StatusOr<std::optional<Brand>> MemoryRows::FindBrand(const BrandId& id) {
  const auto it = brand_pos_.find(id);
  if (it == brand_pos_.end()) {
    return std::nullopt;
  }
  return brands_.at(it->second);
}

absl::Status MemoryRows::InsertBrand(const Brand& brand) {
  brand_pos_[brand.id] = next_pos_;
  brands_.emplace(next_pos_++, brand);
  return absl::OkStatus();
}

absl::Status MemoryRows::UpdateBrand(const Brand& brand) {
  brands_.at(brand_pos_.at(brand.id)) = brand;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Install>> MemoryRows::FindInstall(const BrandId& brand,
                                                               const InstallId& id) {
  const auto it = std::find_if(installs_.begin(), installs_.end(), [&](const Install& install) {
    return install.brand == brand && install.id == id;
  });
  if (it == installs_.end()) {
    return std::nullopt;
  }
  return *it;
}

absl::StatusOr<bool> MemoryRows::HasInstall(const std::string& global_metastore_id,
                                            std::int64_t workspace_id) {
  return std::any_of(installs_.begin(), installs_.end(), [&](const Install& install) {
    return install.global_metastore_id == global_metastore_id &&
           install.workspace_id == workspace_id;
  });
}

absl::StatusOr<std::optional<Install>> MemoryRows::FindInstallOf(const CallerPin& pin) {
  const auto it = std::find_if(installs_.begin(), installs_.end(),
                               [&](const Install& install) { return Matches(install, pin); });
  return it == installs_.end() ? std::nullopt : std::optional<Install>(*it);
}

absl::Status MemoryRows::InsertInstall(const Install& install) {
  installs_.push_back(install);
  return absl::OkStatus();
}

absl::Status MemoryRows::UpdateInstall(const Install& install) {
  *std::find_if(installs_.begin(), installs_.end(), [&](const Install& stored) {
    return stored.brand == install.brand && stored.id == install.id;
  }) = install;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<ApiKey>> MemoryRows::FindApiKey(const ApiKeyId& id) {
  const auto it = keys_.find(id);
  if (it == keys_.end()) {
    return std::nullopt;
  }
  return it->second;
}

absl::StatusOr<bool> MemoryRows::HasLiveAdminKey(absl::Time now) {
  return std::any_of(keys_.begin(), keys_.end(), [&](const auto& entry) {
    const ApiKey& key = entry.second;
    return key.role == Role::kAdmin && !key.revoked_at.has_value() &&
           (!key.expires_at.has_value() || *key.expires_at > now);
  });
}

absl::Status MemoryRows::InsertApiKey(const ApiKey& key) {
  keys_.emplace(key.id, key);
  return absl::OkStatus();
}

absl::Status MemoryRows::UpdateApiKey(const ApiKey& key) {
  keys_.at(key.id) = key;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Freeze>> MemoryRows::ListFreezes() {
  std::vector<Freeze> freezes;
  freezes.reserve(freezes_.size());
  for (const auto& [scope, freeze] : freezes_) {
    freezes.push_back(freeze);
  }
  return freezes;
}

absl::Status MemoryRows::PutFreeze(const Freeze& freeze) {
  freezes_[freeze.scope] = freeze;
  return absl::OkStatus();
}

absl::Status MemoryRows::EraseFreeze(const std::string& scope) {
  freezes_.erase(scope);
  return absl::OkStatus();
}

BrandPage MemoryRows::ListBrands(std::int64_t after, std::int32_t limit) const {
  BrandPage page;
  std::int64_t last = 0;
  for (auto it = brands_.upper_bound(after); it != brands_.end(); ++it) {
    if (static_cast<std::int32_t>(page.brands.size()) == limit) {
      page.next = last;
      break;
    }
    page.brands.push_back(it->second);
    last = it->first;
  }
  return page;
}

std::vector<Install> MemoryRows::ListInstalls(const BrandId& brand) const {
  std::vector<Install> found;
  std::copy_if(installs_.begin(), installs_.end(), std::back_inserter(found),
               [&](const Install& install) { return install.brand == brand; });
  return found;
}

}  // namespace roomkeeper
