#include "lib/commands/packages.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/commands/page_token.h"
#include "lib/commands/refusals.h"
#include "lib/commands/submit.h"

namespace roomkeeper {
namespace {

// What a page token is bound to.
std::string TextOf(const Principal& principal) {
  return absl::StrCat("packages\n", CallerScope(principal));
}

// The catalog lists by name, then version ascending.
std::vector<PackageView> AllPackages(const PackageCatalog& catalog) {
  std::vector<PackageView> packages;
  for (const auto& version : catalog.List()) {
    if (packages.empty() || packages.back().newest->name != version->name) {
      packages.emplace_back();
    }
    packages.back().newest = version;
    packages.back().versions.push_back(version);
  }
  for (PackageView& package : packages) {
    std::reverse(package.versions.begin(), package.versions.end());
  }
  return packages;
}

}  // namespace

absl::StatusOr<PackageView> GetPackage(const CommandContext& context, const PackagePath& path) {
  for (PackageView& package : AllPackages(context.packages)) {
    if (package.newest->name != path.package) {
      continue;
    }
    std::erase_if(package.versions, [&](const auto& version) {
      return !path.version.empty() && version->version != path.version;
    });
    if (!package.versions.empty()) {
      return package;
    }
  }
  return NotFound(path.version.empty() ? FormatName(path.package)
                                       : FormatName(path.package, path.version));
}

absl::StatusOr<ListPackagesOutput> ListPackages(const CommandContext& context,
                                                const Principal& principal, std::int32_t limit,
                                                const std::string& page_token) {
  const Secret& key = context.settings.page_token_key;
  const std::string query = TextOf(principal);
  RK_ASSIGN_OR_RETURN(const std::int64_t after, ParsePageToken(key, query, page_token));
  std::vector<PackageView> all = AllPackages(context.packages);
  const std::size_t begin = std::min(static_cast<std::size_t>(after), all.size());
  const std::size_t end = std::min(begin + static_cast<std::size_t>(limit), all.size());
  ListPackagesOutput page;
  for (std::size_t i = begin; i < end; ++i) {
    page.packages.push_back(std::move(all[i]));
  }
  page.next_page_token =
      MakePageToken(key, query, end < all.size() ? static_cast<std::int64_t>(end) : 0);
  return page;
}

}  // namespace roomkeeper
