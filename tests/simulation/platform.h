#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/base/secret.h"
#include "lib/cleanroom/provenance.h"
#include "lib/databricks/shard_options.h"
#include "lib/databricks_sim/simulator.h"
#include "lib/model/clean_room.h"
#include "lib/model/package.h"
#include "tests/simulation/scheduler.h"

namespace roomkeeper::testing {

inline constexpr int kBrands = 3;
inline constexpr double kRequestsPerSecond = 10;
inline constexpr int kRoomLimit = 12;

std::string BrandName(int brand);  // "brand0"
std::string BrandMetastore(int brand);

// The package that every room is made of.
std::shared_ptr<const PackageVersion> SimulatedPackage();

// A room as it truly is in the provider's metastore.
struct TrueRoom {
  std::string name = {};
  std::string comment = {};
  std::string status = {};
  std::string everything = {};  // as JSON
  nlohmann::json json = {};
};

// The simulated platform, what people do there by hand, and what is true there.
class Platform {
 public:
  explicit Platform(Scheduler& scheduler);

  sim::SimResponse Handle(const sim::SimRequest& request) { return simulator_->Handle(request); }
  // The next request meets this fault and no other.
  void Arm(sim::Fault fault);
  void Disarm() { simulator_->ClearFaults(); }

  ShardOptions Shard();
  std::map<std::string, TrueRoom> Rooms() const;  // by name

  // By hand. What a room looks like or whether it can be used may change with each: `touched` says
  // when that last happened, by true time.
  void Damage(const std::string& room);  // deleted, failed, emptied, or deleted by the brand
  void RevokeGrant();
  void RevokeSecret();
  void ExpireTokens();
  void FillMetastore();
  void CloseSharing();
  void FailNextRooms(int n);
  // A room of somebody else under a name that we want, equal to ours in all but the comment.
  void Squat(const std::string& room, int brand, const std::string& comment);
  // Everything that people have to put right is put right, except rooms.
  void Heal();

  absl::Duration touched(const std::string& room) const;
  // Rooms of strangers, as they were made.
  const std::map<std::string, std::string>& strangers() const { return strangers_; }
  // Was credential `text` ever valid?
  const std::set<std::string>& secrets() const { return secrets_; }
  std::string KnobsTaken() const { return knobs_taken_; }

 private:
  sim::SimConfig DrawConfig();
  nlohmann::json Do(const nlohmann::json& action);
  void Touch(const std::string& room) { touched_[room] = scheduler_.now(); }
  void TouchAll() { touched_all_ = scheduler_.now(); }

  Scheduler& scheduler_;
  TrueClock clock_{scheduler_};
  std::string knobs_taken_;
  std::unique_ptr<sim::Simulator> simulator_;
  std::string secret_;  // that the operator has given to Roomkeeper
  std::set<std::string> secrets_;
  bool grant_revoked_ = false;
  std::map<std::string, absl::Duration> touched_;
  absl::Duration touched_all_ = -absl::InfiniteDuration();
  std::map<std::string, std::string> strangers_;
};

}  // namespace roomkeeper::testing
