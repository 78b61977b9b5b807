#include "services/databricks_sim/world_config.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/config/secret_source.h"
#include "lib/databricks_sim/knobs.h"
#include "services/databricks_sim/files.h"

namespace roomkeeper::sim {
namespace {

constexpr std::int64_t kRoomsMax = 1'000'000;

void ReadKnobs(YamlFields& top, YamlProblems& problems, Knobs& knobs) {
  const YamlNode* node = top.Find("knobs");
  if (node == nullptr) {
    return;
  }
  if (node->kind != YamlNode::Kind::kMapping) {
    top.Problem("knobs", "must be a mapping of knob names to values");
    return;
  }
  KnobSettings settings;
  for (std::size_t i = 0; i < node->keys.size(); ++i) {
    const std::string& value = node->items[i].scalar;
    if (const absl::Status set = settings.Set(node->keys[i].name, value); !set.ok()) {
      problems.Add(node->keys[i].line, set.message());
    }
    knobs[node->keys[i].name] = value;
  }
}

SecurableConfig ReadSecurable(const YamlNode& node, std::string path, YamlProblems& problems) {
  YamlFields fields(node, std::move(path), problems);
  SecurableConfig securable;
  securable.type = fields.ChoiceOr("type", "TABLE", {"TABLE", "VIEW", "VOLUME", "FOREIGN_TABLE"});
  securable.full_name = fields.Text("full_name");
  securable.select_principals = fields.TextList("select");
  fields.ForEach("columns", [&](const YamlNode& item, std::string item_path) {
    YamlFields column(item, std::move(item_path), problems);
    std::string name = column.Text("name");
    securable.columns.push_back({.name = std::move(name), .type_text = column.Text("type")});
    column.Finish();
  });
  fields.Finish();
  return securable;
}

MetastoreConfig ReadMetastore(const YamlNode& node, std::string path, YamlProblems& problems) {
  YamlFields fields(node, std::move(path), problems);
  MetastoreConfig metastore;
  metastore.global_metastore_id = fields.Text("global_metastore_id");
  metastore.organization_name = fields.TextOr("organization_name", "");
  metastore.delta_sharing_scope = fields.ChoiceOr(
      "delta_sharing_scope", metastore.delta_sharing_scope, {"INTERNAL_AND_EXTERNAL", "INTERNAL"});
  metastore.clean_rooms_max = static_cast<std::int32_t>(
      fields.IntOr("clean_rooms_max", metastore.clean_rooms_max, 0, kRoomsMax));
  metastore.create_clean_room = fields.TextList("create_clean_room");
  fields.ForEach("securables", [&](const YamlNode& item, std::string item_path) {
    metastore.securables.push_back(ReadSecurable(item, std::move(item_path), problems));
  });
  fields.Finish();
  return metastore;
}

// The secret of a principal; empty: the simulator makes one.
std::string ReadClientSecret(YamlFields& fields, const std::string& config_file) {
  if (fields.Find("client_secret") != nullptr) {
    fields.Problem("client_secret",
                   "must not be in this file: name client_secret_file or client_secret_env, or "
                   "leave it out and read the generated one from the ready line");
  }
  const SecretSource source = {
      .file = PathBeside(config_file, fields.TextOr("client_secret_file", "")),
      .env = fields.TextOr("client_secret_env", "")};
  if (source.file.empty() && source.env.empty()) {
    return "";
  }
  const absl::StatusOr<Secret> secret = ReadSecret(source);
  if (!secret.ok()) {
    fields.Problem(source.file.empty() ? "client_secret_env" : "client_secret_file",
                   absl::StrCat("is refused: ", secret.status().message()));
    return "";
  }
  return secret->Reveal();
}

Principal ReadPrincipal(const YamlNode& node, std::string path, YamlProblems& problems) {
  YamlFields fields(node, std::move(path), problems);
  Principal principal;
  principal.name = fields.Text("name");
  const std::string kind =
      fields.ChoiceOr("kind", "service_principal", {"service_principal", "user"});
  principal.kind = kind == "user" ? Principal::Kind::kUser : Principal::Kind::kServicePrincipal;
  principal.client_id = fields.TextOr("client_id", "");
  principal.client_secret = ReadClientSecret(fields, problems.file());
  principal.metastore_admin = fields.FlagOr("metastore_admin", false);
  principal.secrets_manager = fields.FlagOr("secrets_manager", false);
  principal.groups = fields.TextList("groups");
  if (absl::StrContains(principal.name, '/')) {
    fields.Problem("name", "must not hold a slash: it names a file in secrets_dir");
  }
  fields.Finish();
  return principal;
}

WorkspaceFile ReadWorkspaceFile(const YamlNode& node, std::string path, YamlProblems& problems) {
  YamlFields fields(node, std::move(path), problems);
  WorkspaceFile file;
  file.path = fields.Text("path");
  file.html = fields.TextOr("html", "");
  const std::string source = fields.TextOr("html_file", "");
  if (file.html.empty() == source.empty()) {
    fields.Problem("path", "needs either html or html_file");
  } else if (!source.empty()) {
    absl::StatusOr<std::string> html = ReadFile(PathBeside(problems.file(), source));
    if (html.ok()) {
      file.html = *std::move(html);
    } else {
      fields.Problem("html_file", absl::StrCat("is refused: ", html.status().message()));
    }
  }
  fields.Finish();
  return file;
}

void ReadWorkspace(const YamlNode& node, std::string path, YamlProblems& problems,
                   ShellConfig& config) {
  YamlFields fields(node, std::move(path), problems);
  WorkspaceConfig workspace;
  workspace.name = fields.Text("name");
  workspace.workspace_id =
      fields.IntOr("workspace_id", 0, 0, std::numeric_limits<std::int64_t>::max());
  workspace.global_metastore_id = fields.Text("global_metastore_id");
  config.ports[workspace.name] = static_cast<int>(fields.IntOr("port", 0, 0, 65535));
  fields.ForEach("principals", [&](const YamlNode& item, std::string item_path) {
    workspace.principals.push_back(ReadPrincipal(item, std::move(item_path), problems));
  });
  fields.ForEach("files", [&](const YamlNode& item, std::string item_path) {
    workspace.files.push_back(ReadWorkspaceFile(item, std::move(item_path), problems));
  });
  fields.Finish();
  if (absl::StrContains(workspace.name, '/')) {
    fields.Problem("name", "must not hold a slash: it names a file in secrets_dir");
  }
  config.world.workspaces.push_back(std::move(workspace));
}

}  // namespace

void ReadWorld(YamlFields& top, YamlProblems& problems, ShellConfig& config) {
  ReadKnobs(top, problems, config.world.knobs);
  top.ForEach("metastores", [&](const YamlNode& item, std::string path) {
    config.world.metastores.push_back(ReadMetastore(item, std::move(path), problems));
  });
  top.ForEach("workspaces", [&](const YamlNode& item, std::string path) {
    ReadWorkspace(item, std::move(path), problems, config);
  });
  if (config.world.workspaces.empty()) {
    top.Problem("workspaces", "must list at least one workspace");
  }
}

}  // namespace roomkeeper::sim
