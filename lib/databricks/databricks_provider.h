#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "lib/cleanroom/provider.h"
#include "lib/databricks/oauth/rotation/secret_rotation.h"
#include "lib/databricks/oauth/token_source.h"
#include "lib/databricks/preflight/shard_checks.h"
#include "lib/databricks/shard_options.h"

namespace roomkeeper {

// "acme_roomkeeper/0.1.0": the form that Databricks attributes a partner's calls by. Characters
// outside [0-9A-Za-z_.+-] are dropped.
// https://docs.databricks.com/en/integrations/partner-user-agent.html
std::string MakeUserAgent(absl::string_view isv_name, absl::string_view version);

// Provider over Databricks' REST API, for several workspaces (shards). As Provider: loop thread
// only; `done` runs once, never inside the call. A shard that is not configured answers kInvalid.
class DatabricksProvider final : public Provider {
 public:
  // The ports outlive the provider, and the provider outlives its requests: stop the loop first.
  DatabricksProvider(TokenSource::Ports ports, std::vector<ShardOptions> shards,
                     std::string user_agent);
  ~DatabricksProvider() override;

  void Preflight(const CallScope& scope, const RoomSpec& spec, bool fresh,
                 CallDone<PreflightReport> done) override;
  void ObserveRoom(const CallScope& scope, const std::string& room_name, Depth depth,
                   CallDone<ObservedRoom> done) override;
  void AwaitProvisioned(const CallScope& scope, const std::string& room_name, absl::Time created_at,
                        absl::Duration patience, CallDone<ObservedRoom> done) override;
  // A 429 while the metastore is full is answered as kLimitReached.
  void CreateRoom(const CallScope& scope, const RoomSpec& spec,
                  CallDone<ObservedRoom> done) override;
  void DeleteRoom(const CallScope& scope, const std::string& room_name,
                  CallDone<Empty> done) override;
  void AddAsset(const CallScope& scope, const RoomSpec& room, const AssetSpec& asset,
                CallDone<ObservedAsset> done) override;
  void UpdateAsset(const CallScope& scope, const RoomSpec& room, const AssetSpec& asset,
                   CallDone<ObservedAsset> done) override;
  void GetAsset(const CallScope& scope, const std::string& room_name, const std::string& asset_type,
                const std::string& asset_name, CallDone<ObservedAsset> done) override;
  void AddNotebook(const CallScope& scope, const RoomSpec& room, const NotebookSpec& notebook,
                   const std::string& content_base64, CallDone<ObservedAsset> done) override;
  void UpdateNotebook(const CallScope& scope, const RoomSpec& room, const NotebookSpec& notebook,
                      const std::string& content_base64, CallDone<ObservedAsset> done) override;
  void RemoveAsset(const CallScope& scope, const std::string& room_name, AssetType type,
                   const std::string& asset_name, CallDone<Empty> done) override;
  void UpdateComment(const CallScope& scope, const RoomSpec& room,
                     CallDone<ObservedRoom> done) override;
  void ListRooms(const CallScope& scope, CallDone<std::vector<ObservedRoom>> done) override;
  void ListTaskRuns(const CallScope& scope, const std::string& room_name, std::int32_t limit,
                    CallDone<std::vector<TaskRun>> done) override;

  // The same reads for callers of ours: in a class of their own (CallClass::kInteractive), so that
  // the engine never waits behind more of them than their share of the budget.
  PlatformReads& for_callers();
  PlatformReads& for_background() override;

  // Beyond the port, for operators and the package loader:

  // For roomctl doctor: asks everything afresh. Never fails as a call: what could not be asked is a
  // check that is not ok. `assets`: what the packages want to share from this shard.
  void ProbeShard(const ShardId& shard, std::vector<AssetSpec> assets,
                  std::function<void(std::vector<ShardCheck>)> done);
  // Tries each credential of the shard once; `done` gets the principal's client id with them.
  void ProveCredentials(
      const ShardId& shard,
      std::function<void(const std::string&, const std::vector<CredentialStatus>&)> done);
  // Replaces the OAuth secret of the shard's principal, or says how it would (`plan`). One at a
  // time for a shard: a second fails.
  void RotateSecrets(const ShardId& shard, bool plan, SecretRotation::Done done);
  // Rooms on the shard's metastore, ours or not, as last counted by a preflight or probe; 0 before.
  std::int64_t RoomsListed(const ShardId& shard) const;
  // The HTML export of a notebook in the shard's workspace, as base64.
  void ExportNotebook(const ShardId& shard, const std::string& path, CallDone<std::string> done);

 private:
  struct Lane;
  struct Shard;
  class Reads;

  // Null after having answered `done` with kInvalid.
  template <typename T>
  Shard* Find(const ShardId& id, const CallDone<T>& done);

  TokenSource::Ports ports_;
  std::map<ShardId, std::unique_ptr<Shard>> shards_;
  std::set<std::string> rotating_;  // client ids of the principals whose secrets are replaced now
  std::unique_ptr<Reads> for_engine_;
  std::unique_ptr<Reads> for_callers_;
  std::unique_ptr<Reads> for_background_;
};

}  // namespace roomkeeper
