#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/commands/command_context.h"
#include "lib/model/room_spec.h"

namespace roomkeeper {

// One line of roomctl doctor.
struct ShardCheckRow {
  ShardId shard = {};
  std::string name = {};  // "credentials", "table prod.identity.graph", …
  bool ok = false;
  std::string message = {};
  std::string fix = {};  // empty when ok
};

// One credential of a provider workspace's principal, and how it did when it was tried just now.
struct CredentialRow {
  enum class State : std::uint8_t { kUntried, kAbsent, kAccepted, kRefused, kUnreadable };

  ShardId shard = {};
  std::string name = {};  // as in the config: "client_secret", "client_secret_2", …
  std::string client_id = {};
  State state = State::kUntried;
  std::string message = {};
  bool in_use = false;  // it got the access token of now
  std::optional<absl::Time> accepted_at = {};
  std::optional<absl::Time> refused_at = {};
  std::optional<absl::Time> written_at = {};
  std::optional<absl::Time> expires_at = {};  // of a federation token only
};

// What came of the rotation of a principal's OAuth secret.
struct RotationRow {
  enum class Outcome : std::uint8_t { kRotated, kPlanned, kFailed };
  struct Secret {
    std::string id = {};
    absl::Time created_at = absl::InfinitePast();
    absl::Time expires_at = absl::InfiniteFuture();
    bool known = false;  // a file of ours holds it
  };

  ShardId shard = {};
  Outcome outcome = Outcome::kFailed;
  std::string message = {};             // why it failed, and whose move it is
  std::vector<std::string> steps = {};  // done, or of a plan to be done
  std::vector<Secret> secrets = {};     // of the principal on the platform, as last seen
};

// Port: what can be asked of a provider workspace. Loop thread only; `done` runs once, on the
// loop's thread. What could not be asked is a row that is not ok, or says why.
class ShardProber {
 public:
  virtual ~ShardProber() = default;
  virtual void Probe(const ShardId& shard, std::vector<AssetSpec> assets,
                     std::function<void(std::vector<ShardCheckRow>)> done) = 0;
  // Tries each credential of the shard once.
  virtual void ProveCredentials(const ShardId& shard,
                                std::function<void(std::vector<CredentialRow>)> done) = 0;
  // Replaces the secret of the shard's principal; with `plan` reads only.
  virtual void RotateSecret(const ShardId& shard, bool plan,
                            std::function<void(RotationRow)> done) = 0;
};

// Probes the shard, or all when it is empty, with the assets of the newest version of each package.
// RESOURCE_NOT_FOUND: no such shard.
void CheckShards(const CommandContext& context, ShardProber& prober, const ShardId& shard,
                 StoreDone<std::vector<ShardCheckRow>> done);

// Tries the credentials of the shard, or of all when it is empty. RESOURCE_NOT_FOUND: no such
// shard.
void CheckCredentials(const CommandContext& context, ShardProber& prober, const ShardId& shard,
                      StoreDone<std::vector<CredentialRow>> done);

}  // namespace roomkeeper
