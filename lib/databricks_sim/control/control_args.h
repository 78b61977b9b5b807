#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "lib/databricks_sim/core/json_fields.h"
#include "lib/databricks_sim/world/world.h"

namespace roomkeeper::sim {

// The fields of one control request.
class ControlArgs {
 public:
  ControlArgs(World& world, const Json& json) : world_(world), json_(json) {}

  World& world() const { return world_; }
  const Json& json() const { return json_; }
  std::string TextOr(const std::string& name, const std::string& otherwise) const;
  std::int64_t IntOr(const std::string& name, std::int64_t otherwise) const;

  // kInvalidArgument: missing, empty or of another type.
  absl::StatusOr<std::string> Text(const std::string& name) const;
  absl::StatusOr<absl::Duration> Duration(const std::string& name, absl::Duration otherwise) const;
  // kNotFound: what "workspace" (and "room", "principal") name is not there.
  absl::StatusOr<Workspace*> FindWorkspace() const;
  absl::StatusOr<std::shared_ptr<Room>> FindRoom() const;
  absl::StatusOr<Account*> FindAccount() const;

 private:
  World& world_;
  const Json& json_;
};

using ControlAction = absl::StatusOr<Json> (*)(const ControlArgs& args);
struct ControlRow {
  const char* action = "";
  ControlAction run = nullptr;
};

// The actions there are, by what they touch.
absl::Span<const ControlRow> RoomActions();
absl::Span<const ControlRow> CatalogActions();
absl::Span<const ControlRow> AuthActions();
absl::Span<const ControlRow> WorldActions();

// Everything that is true, per metastore: rooms with status, assets, runs; for tests.
Json StateOf(const World& world);

}  // namespace roomkeeper::sim
