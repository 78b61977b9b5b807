#include "lib/commands/brands/brands.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "lib/auth/caller_pins.h"
#include "lib/commands/page_token.h"
#include "lib/commands/refusals.h"
#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

constexpr char kBrandsQuery[] = "brands";

absl::Status Exists(const std::string& name, absl::string_view message) {
  return ToStatus({.code = absl::StatusCode::kAlreadyExists,
                   .reason = reason::kAlreadyExists,
                   .message = std::string(message),
                   .metadata = {{"resource", name}}});
}

void Apply(const BrandChange& change, Brand& brand) {
  brand.display_name = change.display_name.value_or(brand.display_name);
  brand.labels = change.labels.value_or(brand.labels);
  brand.jobs_in_flight_max = change.jobs_in_flight_max.value_or(brand.jobs_in_flight_max);
}

absl::Status CheckShard(const CommandContext& context, const Install& install) {
  std::vector<std::string> names;
  for (const ShardStatus& shard : context.shards.List()) {
    names.push_back(shard.id.value());
  }
  if (install.shard.empty() ||
      std::find(names.begin(), names.end(), install.shard.value()) != names.end()) {
    return absl::OkStatus();
  }
  return InvalidField("install.shard", absl::StrCat("must be empty or a configured shard (",
                                                    absl::StrJoin(names, ", "), "), got \"",
                                                    install.shard.value(), "\""));
}

absl::Status CheckIssuer(const CommandContext& context, const TokenPin& token) {
  const absl::Status fit = CheckNotOperators(token, context.settings.operator_issuer);
  return fit.ok() ? fit : InvalidField("install.token_identity", std::string(fit.message()));
}

}  // namespace

std::string DefaultAlias(const BrandId& brand) {
  return absl::StrReplaceAll(brand.value(), {{"-", "_"}});
}

void CreateBrandRow(const CommandContext& context, const Principal& principal, Brand brand,
                    bool validate_only, StoreDone<Brand> done) {
  if (brand.collaborator_alias.empty()) {
    brand.collaborator_alias = DefaultAlias(brand.id);
  }
  if (brand.jobs_in_flight_max == 0) {
    brand.jobs_in_flight_max = context.settings.brand_jobs_in_flight_max;
  }
  brand.created_at = context.clock.Now();
  brand.updated_at = brand.created_at;
  if (validate_only) {
    done(std::move(brand));
    return;
  }
  const std::string name = FormatName(brand.id);
  context.brands.Create(CreateBrand{.brand = std::move(brand), .audit = principal.stamp},
                        [name, done = std::move(done)](absl::StatusOr<CreateBrand::Result> made) {
                          if (made.ok()) {
                            done(std::move(made->brand));
                            return;
                          }
                          done(absl::IsAlreadyExists(made.status())
                                   ? Exists(name, absl::StrCat(name, " exists and differs"))
                                   : made.status());
                        });
}

void GetBrandWithInstalls(const CommandContext& context, BrandId id,
                          StoreDone<BrandWithInstalls> done) {
  context.brands.GetBrand(id, [&context, id, done = std::move(done)](absl::StatusOr<Brand> brand) {
    if (!brand.ok()) {
      done(NotFoundOr(brand.status(), FormatName(id)));
      return;
    }
    context.brands.ListInstalls(
        id, [brand = *std::move(brand), done](absl::StatusOr<std::vector<Install>> installs) {
          if (!installs.ok()) {
            done(installs.status());
            return;
          }
          done(BrandWithInstalls{.brand = brand, .installs = *std::move(installs)});
        });
  });
}

void ListBrandRows(const CommandContext& context, std::int32_t limit, const std::string& page_token,
                   StoreDone<ListBrandsOutput> done) {
  const Secret& key = context.settings.page_token_key;
  const auto after = ParsePageToken(key, kBrandsQuery, page_token);
  if (!after.ok()) {
    done(after.status());
    return;
  }
  context.brands.ListBrands(
      *after, limit, [&key, done = std::move(done)](absl::StatusOr<BrandPage> page) {
        if (!page.ok()) {
          done(page.status());
          return;
        }
        done(ListBrandsOutput{.brands = std::move(page->brands),
                              .next_page_token = MakePageToken(key, kBrandsQuery, page->next)});
      });
}

void UpdateBrandRow(const CommandContext& context, const Principal& principal, BrandChange change,
                    StoreDone<Brand> done) {
  const BrandId id = change.id;
  context.brands.GetBrand(id, [&context, stamp = principal.stamp, change = std::move(change),
                               done = std::move(done)](absl::StatusOr<Brand> stored) {
    if (!stored.ok()) {
      done(NotFoundOr(stored.status(), FormatName(change.id)));
      return;
    }
    const std::string name = FormatName(change.id);
    const std::int64_t revision = stored->revision;
    if (change.revision != 0 && change.revision != revision) {
      done(EtagMismatch(name, revision));
      return;
    }
    Apply(change, *stored);
    if (change.validate_only) {
      done(std::move(stored));
      return;
    }
    stored->updated_at = context.clock.Now();
    context.brands.Update(
        {.brand = *std::move(stored), .audit = stamp},
        [&context, name, revision, done](absl::StatusOr<UpdateBrand::Result> updated) {
          context.enrolled->Forget();
          if (updated.ok()) {
            done(std::move(updated->brand));
            return;
          }
          done(absl::IsAborted(updated.status()) ? EtagMismatch(name, revision)
                                                 : NotFoundOr(updated.status(), name));
        });
  });
}

void EnrollInstall(const CommandContext& context, const Principal& principal, Install install,
                   bool validate_only, StoreDone<Install> done) {
  absl::Status fit = CheckShard(context, install);
  fit = fit.ok() ? CheckIssuer(context, install.token) : fit;
  if (!fit.ok()) {
    done(std::move(fit));
    return;
  }
  install.created_at = context.clock.Now();
  if (validate_only) {
    done(std::move(install));
    return;
  }
  const std::string brand = FormatName(install.brand);
  const std::string name = FormatName(install.brand, install.id);
  context.brands.Create(
      CreateInstall{.install = std::move(install), .audit = principal.stamp},
      [brand, name, done = std::move(done)](absl::StatusOr<CreateInstall::Result> made) {
        if (made.ok()) {
          done(std::move(made->install));
          return;
        }
        if (absl::IsAlreadyExists(made.status())) {
          done(Exists(name, absl::StrCat(name,
                                         " exists, or another install has its metastore and "
                                         "workspace, its token_identity or its certificate_san")));
          return;
        }
        done(NotFoundOr(made.status(), brand));
      });
}

void UpdateInstallRow(const CommandContext& context, const Principal& principal,
                      InstallChange change, StoreDone<Install> done) {
  if (absl::Status fit = CheckIssuer(context, change.token.value_or(TokenPin())); !fit.ok()) {
    done(std::move(fit));
    return;
  }
  const BrandPath path = change.install;
  const std::string name = FormatName(path.brand, path.install);
  if (change.validate_only) {
    context.brands.GetInstall(path.brand, path.install,
                              [name, change = std::move(change),
                               done = std::move(done)](absl::StatusOr<Install> install) {
                                if (!install.ok()) {
                                  done(NotFoundOr(install.status(), name));
                                  return;
                                }
                                install->token = change.token.value_or(install->token);
                                install->certificate_san =
                                    change.certificate_san.value_or(install->certificate_san);
                                install->packages = change.packages.value_or(install->packages);
                                install->rooms_max = change.rooms_max.value_or(install->rooms_max);
                                done(std::move(install));
                              });
    return;
  }
  context.brands.Set(
      {.brand = path.brand,
       .install = path.install,
       .token = std::move(change.token),
       .certificate_san = std::move(change.certificate_san),
       .packages = std::move(change.packages),
       .rooms_max = change.rooms_max,
       .now = context.clock.Now(),
       .audit = principal.stamp},
      [&context, name, done = std::move(done)](absl::StatusOr<SetCallers::Result> set) {
        context.enrolled->Forget();
        if (set.ok()) {
          done(std::move(set->install));
        } else if (absl::IsAlreadyExists(set.status())) {
          done(Exists(name, set.status().message()));
        } else {
          done(NotFoundOr(set.status(), name));
        }
      });
}

}  // namespace roomkeeper
