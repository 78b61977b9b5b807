#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/model/package.h"

namespace roomkeeper {

// The desired clean room, fully resolved: a pure function of package version, install, shard and
// stored generation. Pinned in the row as canonical JSON, so a later edit of the package or the
// config never changes a running job.

struct Collaborator {
  std::string collaborator_alias = {};
  std::string global_metastore_id = {};
  std::string invite_recipient_email = {};  // empty for the creator (us)
  std::int64_t invite_recipient_workspace_id =
      0;  // 0 for the creator; never echoed by the platform
  friend bool operator==(const Collaborator&, const Collaborator&) = default;
};

struct AssetSpec {
  AssetType type = AssetType::kTable;
  std::string name = {};        // "<provider alias>.<schema>.<asset>"
  std::string local_name = {};  // in our metastore
  std::vector<Partition> partitions = {};
  friend bool operator==(const AssetSpec&, const AssetSpec&) = default;
};

struct NotebookSpec {
  std::string name = {};
  std::string description = {};
  std::string environment_version = {};
  std::string content_digest = {};  // the content itself stays in the package catalog
  std::vector<std::string> runner_collaborator_aliases = {};
  friend bool operator==(const NotebookSpec&, const NotebookSpec&) = default;
};

struct RoomSpec {
  std::string room_name = {};  // platform name, [a-z0-9_], fixed before any call
  std::string comment = {};    // carries the provenance mark (lib/cleanroom/provenance.h)
  std::string cloud_vendor = {};
  std::string region = {};
  Collaborator provider = {};  // we: creator and package provider
  Collaborator brand = {};     // invitee and only runner
  bool enable_shared_output = false;
  EgressPolicy egress = {};
  PackageName package = {};
  std::string package_version = {};
  std::string package_digest = {};
  std::vector<AssetSpec> assets = {};
  std::vector<NotebookSpec> notebooks = {};
  friend bool operator==(const RoomSpec&, const RoomSpec&) = default;
};

}  // namespace roomkeeper
