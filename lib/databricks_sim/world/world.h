#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/base/clock.h"
#include "lib/databricks_sim/knobs.h"
#include "lib/databricks_sim/sim_config.h"
#include "lib/databricks_sim/world/grants.h"
#include "lib/databricks_sim/world/room.h"
#include "lib/databricks_sim/world/signing_key.h"

namespace roomkeeper::sim {

struct ClientSecret {
  std::string id = {};
  std::string value = {};
  absl::Time created_at = {};
  absl::Time expires_at = {};
};

// Whose tokens stand for a principal: one of an issuer that this world serves, and its subject.
struct FederationPolicy {
  std::string issuer = {};
  std::string subject = {};
  std::string audience = {};  // empty: any
};

// A principal as one workspace knows it.
struct Account {
  Principal config = {};
  std::string identity = {};  // application id of a service principal, e-mail of a user
  std::int64_t scim_id = 0;
  std::vector<ClientSecret> secrets = {};
  std::vector<FederationPolicy> federation = {};
};

// Of a service principal, and how long one lives unless its creator says less.
inline constexpr std::size_t kSecretsMax = 5;
inline constexpr absl::Duration kSecretLifetime = absl::Hours(24 * 730);

struct Token {
  std::size_t account = 0;
  absl::Time expires_at = {};
};

struct Securable {
  std::string type = {};  // TABLE, VIEW, VOLUME, FOREIGN_TABLE
  std::string full_name = {};
  std::vector<ColumnConfig> columns = {};
  std::optional<absl::Time> expires_at = {};
};

struct Metastore {
  MetastoreConfig config = {};
  std::string uuid = {};
  Grants grants = {};
  std::map<std::string, Securable> securables = {};         // by lower-case full name
  std::map<std::string, std::shared_ptr<Room>> rooms = {};  // by lower-case name
};

struct Workspace {
  WorkspaceConfig config = {};
  Metastore* metastore = nullptr;
  std::vector<Account> accounts = {};
  std::map<std::string, Token> tokens = {};
  std::map<std::string, std::string> files = {};          // path → HTML
  std::map<std::string, std::int64_t> run_of_token = {};  // idempotency_token → run_id
  double bucket = 0;                                      // row 45
  absl::Time bucket_at = {};
};

// How the next runs end, set by hand.
struct RunPlan {
  std::string result_state = "SUCCESS";
  std::string result = {};
  std::string message = {};
  std::int64_t times = 0;  // -1: until set again
};

// kInvalidArgument, with `place` in front, unless type and full name are well-formed.
absl::Status CheckSecurable(const SecurableConfig& securable, const std::string& place);

// Everything the simulator knows. Not thread-safe. All chance comes from one seeded generator, all
// time from Now().
class World {
 public:
  static absl::StatusOr<std::unique_ptr<World>> Make(SimConfig config, const Clock& clock);

  absl::Time Now() const { return clock_.Now(); }
  std::uint64_t Random() { return random_(); }
  absl::Duration Sample(const DurationRange& range);
  std::string NewUuid();
  std::string NewHex(std::size_t digits);

  Workspace* FindWorkspace(const std::string& name);
  Metastore* FindMetastore(const std::string& global_metastore_id);
  // The application id or e-mail of the principal that people call `name` in this metastore; names
  // of groups and ids stand for themselves.
  std::string IdentityOf(const Metastore& metastore, const std::string& name) const;
  // An account and the groups it is in.
  static std::vector<std::string> Identities(const Account& account);
  // The same for an identity that may be in several workspaces, or be a group.
  std::vector<std::string> IdentitiesOf(const std::string& identity) const;
  // The metastore's first admin, or empty.
  std::string AdminOf(const Metastore& metastore) const;
  const SigningKey& NewestKey();  // made on first use
  const std::string* KeepContent(const std::string& content);
  // `value` empty: a new one. The caller has checked the number there may be.
  const ClientSecret& AddSecret(Account& account, const std::string& value,
                                absl::Duration lifetime);

  SimConfig config;
  KnobSettings knobs;
  std::map<std::string, std::unique_ptr<Metastore>> metastores;
  std::map<std::string, std::unique_ptr<Workspace>> workspaces;
  std::map<std::int64_t, std::shared_ptr<Run>> runs;  // by run id and by task run id
  std::vector<SigningKey> keys;                       // newest last
  std::set<std::string> contents;                     // notebook contents, each kept once
  std::int64_t next_failures = 0;                     // rooms that will fail, set by hand
  RunPlan run_plan;

 private:
  World(SimConfig c, const Clock& clock) : config(std::move(c)), clock_(clock) {
    random_.seed(config.seed);
  }
  absl::Status AddMetastore(const MetastoreConfig& metastore);
  absl::Status AddWorkspace(WorkspaceConfig& workspace);
  absl::Status AddGrants(const MetastoreConfig& metastore);
  void CompletePrincipal(Principal& principal);

  const Clock& clock_;
  std::mt19937_64 random_;
};

}  // namespace roomkeeper::sim
