#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "lib/databricks_sim/core/errors.h"

namespace roomkeeper::sim {

struct Collaborator {
  std::string alias = {};
  std::string global_metastore_id = {};
  std::string invite_recipient_email = {};
  std::int64_t invite_recipient_workspace_id = 0;
  std::string room_name = {};  // of this party's view
};

struct Review {
  std::string reviewer_alias = {};
  std::string state = {};  // PENDING, APPROVED, REJECTED
  std::string sub_reason = {};
  std::string comment = {};
  absl::Time created_at = {};
};

// One version of a notebook or a JAR analysis.
struct Revision {
  std::string etag = {};                    // 64 hex digits
  const std::string* content = nullptr;     // base64, in World::contents; null for a JAR
  std::string main_class_name = {};         // JAR only
  std::vector<std::string> jar_paths = {};  // JAR only
  std::string description = {};
  std::string environment_version = {};
  std::vector<std::string> runners = {};
  std::vector<Review> reviews = {};
  absl::Time created_at = {};
};

struct Asset {
  std::string name = {};
  std::string type = {};
  std::size_t owner = 0;  // index into CentralRoom::collaborators
  absl::Time added_at = {};
  absl::Time ready_at = {};
  Json local_details = {};               // data assets: as sent
  std::vector<Revision> revisions = {};  // analyses: the last one counts
  bool hidden_once = false;              // row 46
  std::optional<Json> stale_once = {};

  bool is_analysis() const { return !revisions.empty(); }
};

struct ApprovalRule {
  std::string id = {};
  std::size_t owner = 0;
  std::string author_alias = {};
  std::string author_scope = {};
  std::string runner_alias = {};
  absl::Time created_at = {};
};

struct Run;

// What all parties of a clean room share.
struct CentralRoom {
  std::string id = {};
  std::string cloud = {};
  std::string region = {};
  std::vector<Collaborator> collaborators = {};
  std::size_t creator = 0;
  std::string package_provider_alias = {};
  bool shared_output = false;
  Json egress = {};
  Json compliance = {};
  absl::Time created_at = {};
  absl::Time ready_at = {};
  std::string outcome = "active";  // active, failed, stuck: what follows PROVISIONING
  bool voided = false;             // a party has deleted it
  std::map<std::pair<std::string, std::string>, Asset> assets = {};  // by type and name
  std::vector<ApprovalRule> rules = {};
  std::vector<std::shared_ptr<Run>> runs = {};  // oldest first

  bool packaged() const { return !package_provider_alias.empty(); }
};

// One party's view: what its metastore holds.
struct Room {
  std::string name = {};
  std::string comment = {};
  std::string owner = {};
  std::size_t party = 0;  // index into CentralRoom::collaborators
  bool enable_shared_output = false;
  absl::Time updated_at = {};
  std::string output_catalog = {};
  absl::Time visible_from = absl::InfinitePast();
  std::shared_ptr<CentralRoom> central = nullptr;
  bool hidden_once = false;  // row 46
  std::optional<Json> stale_once = {};

  const Collaborator& self() const { return central->collaborators[party]; }
  bool is_package_provider() const {
    return central->packaged() && self().alias == central->package_provider_alias;
  }
};

// One run of a notebook by a job of a workspace.
struct Run {
  std::int64_t run_id = 0;
  std::int64_t task_run_id = 0;
  std::int64_t job_id = 0;
  std::string run_name = {};
  std::string task_key = {};
  std::string workspace = {};
  std::int64_t workspace_id = 0;
  std::string room_name = {};  // in the runner's metastore
  std::size_t runner = 0;      // collaborator
  std::string notebook = {};
  std::string etag = {};
  absl::Time etag_at = {};
  std::map<std::string, std::string> parameters = {};
  std::string creator = {};
  std::string idempotency_token = {};
  absl::Time start = {};
  absl::Time end = {};
  std::string life_cycle_at_end = "TERMINATED";  // or SKIPPED
  std::string result_state = "SUCCESS";
  std::string message = {};
  std::string result = {};  // what the notebook hands back
  std::string output_catalog = {};
  std::string output_schema = {};
  std::string shared_output_schema = {};
};

// PROVISIONING, ACTIVE, FAILED or DELETED.
std::string StatusAt(const CentralRoom& central, absl::Time now);

}  // namespace roomkeeper::sim
