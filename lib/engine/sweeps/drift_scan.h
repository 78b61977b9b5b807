#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/engine/decide_limits.h"
#include "lib/engine/engine.h"
#include "lib/engine/sweeps/corrupt_rooms.h"
#include "lib/engine/workflows/repair.h"

namespace roomkeeper {

struct DriftScanOptions {
  std::string owner = {};  // replica that takes the jobs it makes
  DecideLimits limits = {};
  std::int32_t repairs_per_day_max = 3;
  absl::Duration repair_deadline = absl::Hours(1);
  std::size_t looks_max = 2;                // under way at once, of all shards
  absl::Duration pace = absl::Seconds(2);   // from the begin of one look to that of the next
  absl::Duration idle = absl::Seconds(30);  // … when no room is due
};

// Looks at every READY and DEGRADED room from time to time, with what nobody else needs of the
// request budget: at the room, its assets and its notebooks, by the rule that made it READY. What a
// repair can mend gets one (workflows/repair.h). What it cannot makes the room DEGRADED, with the
// reason and whose move it is, until a later look sees it whole. When a room is looked at next is
// in its row, so a restart goes on where it was. A look that fails says nothing of the room and is
// made again later; one of a room that changed meanwhile is forgotten. Loop thread only.
class DriftScan : public std::enable_shared_from_this<DriftScan> {
 public:
  // What `deps` names outlives it, except that callbacks may come after it is gone.
  DriftScan(const EngineDeps& deps, DriftScanOptions options);

  void Start();
  void Stop() { stopped_ = true; }

 private:
  struct Look {
    CleanRoom room = {};  // as read before
    std::optional<ObservedRoom> seen = {};
    std::vector<std::string> read = {};  // assets whose own answer is in `seen`
  };
  using LookPtr = std::shared_ptr<Look>;

  void Scan();
  void ScanAfter(absl::Duration delay);
  void Due(absl::StatusOr<DueRooms> due);
  void Begin(CleanRoom room);
  void Observed(const LookPtr& look, CallResult<ObservedRoom> result);
  // Reads, one after the other, what LIST does not show of the assets.
  void ReadAssets(const LookPtr& look);
  void AssetRead(const LookPtr& look, const std::string& name, CallResult<ObservedAsset> result);
  void Conclude(const LookPtr& look, const std::vector<Action>& plan);
  void Mend(const LookPtr& look, const Problem& difference);
  void Submit(const LookPtr& look, const Problem& difference, std::int32_t number);
  void Submitted(const LookPtr& look, const Problem& difference,
                 const absl::StatusOr<SubmitJob::Result>& result);
  void NoteWhole(const LookPtr& look);
  void NoteDrift(const LookPtr& look, const Problem& problem);
  void NoteNothing(const LookPtr& look);
  void Note(const LookPtr& look, NoteLook op);
  void Noted(const LookPtr& look, const absl::StatusOr<NoteLook::Result>& result);
  void End(const LookPtr& look) { looking_.erase(look->room.key); }

  std::vector<Action> PlanOf(const Look& look) const;
  absl::Duration NextLook(RoomState state);
  absl::Time Now() const { return deps_.loop.clock().Now(); }
  // As Engine::Impl's: for callbacks on a thread of the store, and for those on the loop's.
  template <typename Task>
  auto OnLoop(Task task);
  template <typename Task>
  auto Here(Task task);

  EngineDeps deps_;
  const DriftScanOptions options_;
  CorruptRooms corrupt_;
  std::set<RoomKey> looking_;
  bool stopped_ = false;
};

}  // namespace roomkeeper
