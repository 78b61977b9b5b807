#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/cleanroom/provider.h"
#include "lib/io/loop.h"

namespace roomkeeper::testing {

// A small platform in memory behind the Provider port, under virtual time. It holds state (rooms
// and their assets), which outlives the engine that uses it, and can fail any call in any way,
// before, after or long after its effect.
class FakeProvider final : public Provider {
 public:
  struct Options {
    absl::Duration latency = absl::Milliseconds(50);  // the effect lands halfway
    absl::Duration provisioning = absl::Seconds(20);
    absl::Duration asset_pending = absl::ZeroDuration();  // until an asset is ACTIVE
    int rooms_max = 100;
    int provisionings_to_fail = 0;  // the next n rooms end as FAILED
    int provisionings_to_hang = 0;  // … or stay PROVISIONING
  };

  // Whether the effect of a failed call happens all the same.
  enum class Effect { kNone, kNow, kLate };
  struct Fault {
    int at_call = 1;  // the n-th call of all, counted from 1
    CallError error = CallError::kUnavailable;
    Effect effect = Effect::kNone;
    absl::Duration late_by = absl::Seconds(30);  // kLate
    std::string error_code = {};
    std::string platform_request_id = {};
  };

  struct Asset {
    ObservedAsset seen = {};
    std::string local_name = {};
    std::vector<Partition> partitions = {};  // never shown
    absl::Time active_at = {};
  };
  struct Room {
    ObservedRoom seen = {};  // without assets
    absl::Time active_at = absl::InfinitePast();
    bool fails = false;
    bool foreign = false;  // not made through this port: any write to it is a violation
    std::map<std::string, Asset> assets = {};
  };

  explicit FakeProvider(Loop& loop) : loop_(loop) {}

  Options options = {};
  std::vector<Fault> faults = {};
  std::vector<Problem> preflight_problems = {};
  std::vector<TaskRun> task_runs = {};
  std::map<std::string, Room> rooms = {};
  // While set, calls arrive and are not answered; AnswerAll() lets them go on.
  bool silent = false;
  void AnswerAll();
  // Runs as each call arrives, with its number and name.
  std::function<void(int, const std::string&)> on_call = {};

  int calls() const { return calls_; }
  int calls(const std::string& name) const;
  // How many calls of this name took effect, answered or not.
  int effects(const std::string& name) const;
  // Of each call, in order: on whose behalf.
  const std::vector<CallOrigin>& origins() const { return origins_; }
  int faults_fired() const { return faults_fired_; }
  const std::vector<std::string>& violations() const { return violations_; }
  // What GET shows now.
  std::optional<ObservedRoom> See(const std::string& room_name, Depth depth) const;

  void Preflight(const CallScope& scope, const RoomSpec& spec, bool fresh,
                 CallDone<PreflightReport> done) override;
  void ObserveRoom(const CallScope& scope, const std::string& room_name, Depth depth,
                   CallDone<ObservedRoom> done) override;
  void ListRooms(const CallScope& scope, CallDone<std::vector<ObservedRoom>> done) override;
  void AwaitProvisioned(const CallScope& scope, const std::string& room_name, absl::Time created_at,
                        absl::Duration patience, CallDone<ObservedRoom> done) override;
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
  void ListTaskRuns(const CallScope& scope, const std::string& room_name, std::int32_t limit,
                    CallDone<std::vector<TaskRun>> done) override;

 private:
  template <typename T>
  void Run(const std::string& name, const CallScope& scope, std::function<CallResult<T>()> effect,
           CallDone<T> done);
  template <typename T>
  void Answer(CallResult<T> result, CallDone<T> done, absl::Duration delay);
  std::optional<Fault> TakeFault();
  absl::Time Now() const { return loop_.clock().Now(); }
  std::string StatusOf(const Room& room) const;
  CallResult<ObservedRoom> Observe(const std::string& room_name, Depth depth) const;
  CallResult<ObservedRoom> Create(const RoomSpec& spec);
  CallResult<Empty> Delete(const std::string& room_name);
  // Puts an asset or notebook; `make` fills in what it is.
  CallResult<ObservedAsset> Put(const std::string& room_name, bool must_exist, Asset asset);
  CallResult<Empty> Remove(const std::string& room_name, AssetType type, const std::string& name);
  CallResult<ObservedRoom> Comment(const RoomSpec& spec);
  ObservedAsset Shown(const Asset& asset, bool full) const;
  Asset MakeNotebook(const NotebookSpec& notebook);

  Loop& loop_;
  int calls_ = 0;
  int faults_fired_ = 0;
  int etags_ = 0;
  std::map<std::string, int> calls_by_name_;
  std::map<std::string, int> effects_by_name_;
  std::vector<CallOrigin> origins_;
  std::vector<std::string> violations_;
  std::vector<std::function<void()>> unanswered_;
};

}  // namespace roomkeeper::testing
