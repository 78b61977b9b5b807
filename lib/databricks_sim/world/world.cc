#include "lib/databricks_sim/world/world.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

#include "lib/base/status_macros.h"
#include "lib/databricks_sim/world/names.h"

namespace roomkeeper::sim {
namespace {

absl::Status Wrong(const std::string& place, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(place, ": ", message));
}

}  // namespace

absl::Status CheckSecurable(const SecurableConfig& securable, const std::string& place) {
  static constexpr const char* kTypes[] = {"TABLE", "VIEW", "VOLUME", "FOREIGN_TABLE"};
  if (std::none_of(std::begin(kTypes), std::end(kTypes),
                   [&](const char* type) { return securable.type == type; })) {
    return Wrong(place, absl::StrCat("type must be TABLE, VIEW, VOLUME or FOREIGN_TABLE, got \"",
                                     securable.type, "\""));
  }
  const std::vector<std::string> parts = absl::StrSplit(securable.full_name, '.');
  if (parts.size() != 3 || !std::all_of(parts.begin(), parts.end(), IsUcName)) {
    return Wrong(place, absl::StrCat("full_name must be catalog.schema.name, got \"",
                                     securable.full_name, "\""));
  }
  return absl::OkStatus();
}

std::string StatusAt(const CentralRoom& central, absl::Time now) {
  if (central.voided) {
    return "DELETED";
  }
  if (now < central.ready_at || central.outcome == "stuck") {
    return "PROVISIONING";
  }
  return central.outcome == "failed" ? "FAILED" : "ACTIVE";
}

absl::StatusOr<std::unique_ptr<World>> World::Make(SimConfig config, const Clock& clock) {
  std::unique_ptr<World> world(new World(std::move(config), clock));
  for (const auto& [name, value] : world->config.knobs) {
    RK_RETURN_IF_ERROR(world->knobs.Set(name, value));
  }
  for (const MetastoreConfig& metastore : world->config.metastores) {
    RK_RETURN_IF_ERROR(world->AddMetastore(metastore));
  }
  for (WorkspaceConfig& workspace : world->config.workspaces) {
    RK_RETURN_IF_ERROR(world->AddWorkspace(workspace));
  }
  for (const MetastoreConfig& metastore : world->config.metastores) {
    RK_RETURN_IF_ERROR(world->AddGrants(metastore));
  }
  return world;
}

absl::Status World::AddMetastore(const MetastoreConfig& metastore) {
  const std::string place = absl::StrCat("metastore \"", metastore.global_metastore_id, "\"");
  if (!IsGlobalMetastoreId(metastore.global_metastore_id)) {
    return Wrong(place, "global_metastore_id must be cloud:region:uuid");
  }
  if (metastores.count(metastore.global_metastore_id) > 0) {
    return Wrong(place, "is there twice");
  }
  auto added = std::make_unique<Metastore>();
  added->config = metastore;
  added->uuid = metastore.global_metastore_id.substr(metastore.global_metastore_id.rfind(':') + 1);
  for (const SecurableConfig& securable : metastore.securables) {
    RK_RETURN_IF_ERROR(CheckSecurable(securable, place));
    added->securables[absl::AsciiStrToLower(securable.full_name)] = {
        .type = securable.type, .full_name = securable.full_name, .columns = securable.columns};
  }
  metastores[metastore.global_metastore_id] = std::move(added);
  return absl::OkStatus();
}

void World::CompletePrincipal(Principal& principal) {
  if (principal.client_id.empty()) {
    principal.client_id = NewUuid();
  }
  if (principal.client_secret.empty()) {
    const bool is_user = principal.kind == Principal::Kind::kUser;
    principal.client_secret = absl::StrCat(is_user ? "dapi" : "dose", NewHex(32));
  }
}

absl::Status World::AddWorkspace(WorkspaceConfig& workspace) {
  const std::string place = absl::StrCat("workspace \"", workspace.name, "\"");
  if (workspace.name.empty() || workspaces.count(workspace.name) > 0) {
    return Wrong(place, "needs a name of its own");
  }
  auto added = std::make_unique<Workspace>();
  added->metastore = FindMetastore(workspace.global_metastore_id);
  if (added->metastore == nullptr) {
    return Wrong(place, absl::StrCat("global_metastore_id \"", workspace.global_metastore_id,
                                     "\" is not one of the metastores"));
  }
  if (workspace.workspace_id == 0) {
    workspace.workspace_id = static_cast<std::int64_t>(1000000000000000 + Random() % 9000000000000);
  }
  for (Principal& principal : workspace.principals) {
    if (principal.name.empty()) {
      return Wrong(place, "has a principal without a name");
    }
    CompletePrincipal(principal);
    Account account;
    account.config = principal;
    account.identity =
        principal.kind == Principal::Kind::kUser ? principal.name : principal.client_id;
    account.scim_id = static_cast<std::int64_t>(100000000000 + Random() % 900000000000);
    AddSecret(account, principal.client_secret, kSecretLifetime);
    added->accounts.push_back(std::move(account));
  }
  for (const WorkspaceFile& file : workspace.files) {
    added->files[file.path] = file.html;
  }
  added->config = workspace;
  added->bucket = std::max(1.0, config.rate_limit_per_second);
  added->bucket_at = Now();
  workspaces[workspace.name] = std::move(added);
  return absl::OkStatus();
}

absl::Status World::AddGrants(const MetastoreConfig& metastore) {
  Metastore& target = *metastores[metastore.global_metastore_id];
  for (const std::string& name : metastore.create_clean_room) {
    target.grants.Add("metastore", target.uuid, IdentityOf(target, name), "CREATE_CLEAN_ROOM");
  }
  for (const SecurableConfig& securable : metastore.securables) {
    const bool volume = securable.type == "VOLUME";
    const std::string full_name = absl::AsciiStrToLower(securable.full_name);
    for (const std::string& name : securable.select_principals) {
      const std::string identity = IdentityOf(target, name);
      const auto lineage = Lineage(volume ? "volume" : "table", full_name);
      target.grants.Add(lineage[0].first, lineage[0].second, identity,
                        volume ? "READ_VOLUME" : "SELECT");
      target.grants.Add(lineage[1].first, lineage[1].second, identity, "USE_SCHEMA");
      target.grants.Add(lineage[2].first, lineage[2].second, identity, "USE_CATALOG");
    }
  }
  return absl::OkStatus();
}

absl::Duration World::Sample(const DurationRange& range) {
  const double unit = static_cast<double>(Random() >> 11U) * 0x1.0p-53;
  return std::max(absl::ZeroDuration(), range.mean - range.spread + range.spread * (2 * unit));
}

std::string World::NewUuid() {
  const std::uint64_t a = Random();
  const std::uint64_t b = Random();
  return absl::StrFormat("%08x-%04x-4%03x-%04x-%012x", a >> 32U, (a >> 16U) & 0xffffU, a & 0xfffU,
                         ((b >> 48U) & 0x3fffU) | 0x8000U, b & 0xffffffffffffU);
}

std::string World::NewHex(std::size_t digits) {
  std::string out;
  while (out.size() < digits) {
    absl::StrAppend(&out, absl::Hex(Random(), absl::kZeroPad16));
  }
  return out.substr(0, digits);
}

Workspace* World::FindWorkspace(const std::string& name) {
  const auto it = workspaces.find(name);
  return it == workspaces.end() ? nullptr : it->second.get();
}

Metastore* World::FindMetastore(const std::string& global_metastore_id) {
  const auto it = metastores.find(global_metastore_id);
  return it == metastores.end() ? nullptr : it->second.get();
}

std::string World::IdentityOf(const Metastore& metastore, const std::string& name) const {
  for (const auto& [workspace_name, workspace] : workspaces) {
    for (const Account& account : workspace->accounts) {
      if (workspace->metastore == &metastore && account.config.name == name) {
        return account.identity;
      }
    }
  }
  return name;
}

std::vector<std::string> World::Identities(const Account& account) {
  std::vector<std::string> out = {account.identity, "account users"};
  out.insert(out.end(), account.config.groups.begin(), account.config.groups.end());
  return out;
}

std::vector<std::string> World::IdentitiesOf(const std::string& identity) const {
  for (const auto& [name, workspace] : workspaces) {
    for (const Account& account : workspace->accounts) {
      if (account.identity == identity) {
        return Identities(account);
      }
    }
  }
  return {identity, "account users"};
}

std::string World::AdminOf(const Metastore& metastore) const {
  for (const auto& [name, workspace] : workspaces) {
    for (const Account& account : workspace->accounts) {
      if (workspace->metastore == &metastore && account.config.metastore_admin) {
        return account.identity;
      }
    }
  }
  return "";
}

const SigningKey& World::NewestKey() {
  if (keys.empty()) {
    keys.push_back(SigningKey::Generate());
  }
  return keys.back();
}

const ClientSecret& World::AddSecret(Account& account, const std::string& value,
                                     absl::Duration lifetime) {
  account.secrets.push_back({.id = NewUuid(),
                             .value = value.empty() ? absl::StrCat("dose", NewHex(32)) : value,
                             .created_at = Now(),
                             .expires_at = Now() + lifetime});
  return account.secrets.back();
}

const std::string* World::KeepContent(const std::string& content) {
  return &*contents.insert(content).first;
}

}  // namespace roomkeeper::sim
