#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {

// For operators; the RPC boundary lets nobody else in.

// The alias of a brand that was made without one.
std::string DefaultAlias(const BrandId& brand);

// RESOURCE_EXISTS if the brand exists and differs. Defaults: DefaultAlias.
void CreateBrandRow(const CommandContext& context, const Principal& principal, Brand brand,
                    bool validate_only, StoreDone<Brand> done);

struct BrandWithInstalls {
  Brand brand = {};
  std::vector<Install> installs = {};
};
void GetBrandWithInstalls(const CommandContext& context, BrandId id,
                          StoreDone<BrandWithInstalls> done);

struct ListBrandsOutput {
  std::vector<Brand> brands = {};
  std::string next_page_token = {};
};
void ListBrandRows(const CommandContext& context, std::int32_t limit, const std::string& page_token,
                   StoreDone<ListBrandsOutput> done);

// What is set replaces what is stored.
struct BrandChange {
  BrandId id = {};
  std::optional<std::string> display_name = {};
  std::optional<Labels> labels = {};
  std::optional<std::int32_t> jobs_in_flight_max = {};
  std::int64_t revision = 0;  // 0: any
  bool validate_only = false;
};
// RESOURCE_NOT_FOUND, ETAG_MISMATCH.
void UpdateBrandRow(const CommandContext& context, const Principal& principal, BrandChange change,
                    StoreDone<Brand> done);

// RESOURCE_NOT_FOUND (brand), RESOURCE_EXISTS (the id, the metastore and workspace, the tokens'
// principal or the certificate is taken), INVALID_REQUEST (unknown shard).
void EnrollInstall(const CommandContext& context, const Principal& principal, Install install,
                   bool validate_only, StoreDone<Install> done);

// As whom the install's app may call, and what it may have. What is set replaces what is stored.
struct InstallChange {
  BrandPath install = {};
  std::optional<TokenPin> token = {};
  std::optional<std::string> certificate_san = {};
  std::optional<std::vector<PackageName>> packages = {};
  std::optional<std::int32_t> rooms_max = {};
  bool validate_only = false;
};
// RESOURCE_NOT_FOUND, RESOURCE_EXISTS (another install has the principal or the certificate).
void UpdateInstallRow(const CommandContext& context, const Principal& principal,
                      InstallChange change, StoreDone<Install> done);

}  // namespace roomkeeper
