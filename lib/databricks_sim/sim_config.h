#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace roomkeeper::sim {

// The world to simulate, as read from YAML by services/databricks_sim or written by a test. Every
// default is one reading of an unknown; knobs choose another. Numbers in comments are rows of
// docs/simulator.md.

struct Principal {
  enum class Kind : std::uint8_t { kServicePrincipal, kUser };
  Kind kind = Kind::kServicePrincipal;
  std::string name = {};       // for people; of a user: the e-mail address
  std::string client_id = {};  // application UUID; generated from the name when empty
  // Generated when empty. Of a service principal: the first of up to 5 OAuth secrets. Of a user:
  // the personal access token, sent as a bearer.
  std::string client_secret = {};
  bool metastore_admin = false;
  std::vector<std::string> groups = {};  // an owner or a grant may name a group
  bool secrets_manager = false;          // of a service principal: of its own OAuth secrets
};

struct ColumnConfig {
  std::string name = {};
  std::string type_text = {};
};

struct SecurableConfig {
  std::string type = {};       // TABLE | VIEW | VOLUME | FOREIGN_TABLE
  std::string full_name = {};  // catalog.schema.name
  std::vector<ColumnConfig> columns = {};
  std::vector<std::string> select_principals =
      {};  // names of principals that hold SELECT or READ VOLUME, with USE
};

struct MetastoreConfig {
  std::string global_metastore_id = {};  // cloud:region:uuid
  std::string organization_name = {};
  std::string delta_sharing_scope = "INTERNAL_AND_EXTERNAL";
  std::int32_t clean_rooms_max = 100;  // row 20
  std::vector<std::string> create_clean_room =
      {};  // names of principals with CREATE_CLEAN_ROOM (row 49)
  std::vector<SecurableConfig> securables = {};
};

struct WorkspaceFile {
  std::string path = {};
  std::string html = {};  // what export?format=HTML returns, before base64
};

struct WorkspaceConfig {
  std::string name = {};
  std::int64_t workspace_id = 0;
  std::string global_metastore_id = {};  // of a metastore in SimConfig
  std::vector<Principal> principals = {};
  std::vector<WorkspaceFile> files = {};
};

// A distribution of durations: uniform in [mean - spread, mean + spread], not below zero.
struct DurationRange {
  absl::Duration mean = absl::ZeroDuration();
  absl::Duration spread = absl::ZeroDuration();
};

// Names and values are those of the YAML and of the control API: knobs["duplicate_room"] = "400".
// The table with every knob, its values and its default is in knobs.h.
using Knobs = std::map<std::string, std::string>;

struct SimConfig {
  std::vector<MetastoreConfig> metastores = {};
  std::vector<WorkspaceConfig> workspaces = {};
  Knobs knobs = {};
  DurationRange latency = {};                                         // of each API answer
  DurationRange provisioning = {absl::Seconds(3), absl::Seconds(1)};  // row 3
  DurationRange asset_pending = {};                                   // row 26
  DurationRange run_duration = {absl::Seconds(2), absl::ZeroDuration()};
  double rate_limit_per_second = 0;  // of each workspace; 0: none (row 45)
  absl::Duration token_lifetime = absl::Hours(1);
  std::uint64_t seed = 1;
  std::size_t request_log_max = 100000;
};

}  // namespace roomkeeper::sim
