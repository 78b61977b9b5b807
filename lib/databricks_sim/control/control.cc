#include "lib/databricks_sim/control/control.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "lib/base/status_macros.h"
#include "lib/databricks_sim/control/control_args.h"

namespace roomkeeper::sim {
namespace {

std::vector<ControlRow> AllActions() {
  std::vector<ControlRow> all;
  for (const auto part : {RoomActions(), CatalogActions(), AuthActions(), WorldActions()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace

std::string ControlArgs::TextOr(const std::string& name, const std::string& otherwise) const {
  const std::string text = Str(json_, name);
  return text.empty() ? otherwise : text;
}

std::int64_t ControlArgs::IntOr(const std::string& name, std::int64_t otherwise) const {
  return Has(json_, name) ? Int(&json_, name) : otherwise;
}

absl::StatusOr<std::string> ControlArgs::Text(const std::string& name) const {
  std::string text = Str(json_, name);
  if (text.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(Str(json_, "action"), " needs \"", name, "\", a text"));
  }
  return text;
}

absl::StatusOr<absl::Duration> ControlArgs::Duration(const std::string& name,
                                                     absl::Duration otherwise) const {
  if (!Has(json_, name)) {
    return otherwise;
  }
  absl::Duration parsed;
  if (!absl::ParseDuration(Str(json_, name), &parsed) || parsed < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", name, "\" must be a duration such as \"1.5s\", not negative, got ",
                     Find(json_, name)->dump()));
  }
  return parsed;
}

absl::StatusOr<Workspace*> ControlArgs::FindWorkspace() const {
  RK_ASSIGN_OR_RETURN(const std::string name, Text("workspace"));
  Workspace* workspace = world_.FindWorkspace(name);
  if (workspace == nullptr) {
    return absl::NotFoundError(absl::StrCat("no workspace is named \"", name, "\""));
  }
  return workspace;
}

absl::StatusOr<std::shared_ptr<Room>> ControlArgs::FindRoom() const {
  RK_ASSIGN_OR_RETURN(Workspace * workspace, FindWorkspace());
  RK_ASSIGN_OR_RETURN(const std::string name, Text("room"));
  const auto it = workspace->metastore->rooms.find(absl::AsciiStrToLower(name));
  if (it == workspace->metastore->rooms.end()) {
    return absl::NotFoundError(absl::StrCat("no room \"", name, "\" in the metastore of \"",
                                            workspace->config.name, "\""));
  }
  return it->second;
}

absl::StatusOr<Account*> ControlArgs::FindAccount() const {
  RK_ASSIGN_OR_RETURN(Workspace * workspace, FindWorkspace());
  RK_ASSIGN_OR_RETURN(const std::string name, Text("principal"));
  for (Account& account : workspace->accounts) {
    if (account.config.name == name || account.identity == name) {
      return &account;
    }
  }
  return absl::NotFoundError(
      absl::StrCat("no principal \"", name, "\" in workspace \"", workspace->config.name, "\""));
}

absl::StatusOr<std::string> RunControl(World& world, const std::string& json) {
  const Json request = Json::parse(json, nullptr, false);
  if (!request.is_object()) {
    return absl::InvalidArgumentError("a control request must be a JSON object with \"action\"");
  }
  const std::string action = Str(request, "action");
  const std::vector<ControlRow> actions = AllActions();
  for (const ControlRow& row : actions) {
    if (action == row.action) {
      RK_ASSIGN_OR_RETURN(const Json answer, row.run(ControlArgs(world, request)));
      return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "no action is named \"", action,
      "\"; there are: ", absl::StrJoin(actions, ", ", [](std::string* out, const ControlRow& row) {
        absl::StrAppend(out, row.action);
      })));
}

}  // namespace roomkeeper::sim
