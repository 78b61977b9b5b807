#include "lib/engine/sweeps/drift_scan.h"

#include <algorithm>
#include <utility>

#include "absl/random/distributions.h"
#include "absl/strings/str_cat.h"

#include "lib/cleanroom/naming.h"
#include "lib/engine/sweeps/sweep_job.h"
#include "lib/engine/workflows/ensure_inside.h"
#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

CallScope ScopeOf(const CleanRoom& room) {
  return {.shard = room.shard, .origin = {.brand = room.key.brand}};
}

// For an operator: the scan leaves the difference as it is.
Problem NotRepaired(Problem difference, absl::string_view why) {
  absl::StrAppend(&difference.message, "; ", why);
  difference.move = Move::kProviderOperator;
  return difference;
}

Problem DoesNotSettle(const Problem& difference, std::int32_t repairs) {
  Problem problem = NotRepaired(
      difference, absl::StrCat("it was repaired ", repairs,
                               " times within a day: find out who changes it, and end that"));
  problem.reason = reason::kRoomDoesNotSettle;
  return problem;
}

}  // namespace

DriftScan::DriftScan(const EngineDeps& deps, DriftScanOptions options)
    : deps_(deps), options_(std::move(options)), corrupt_("drift", deps.metrics, deps.log) {}

template <typename Task>
auto DriftScan::Here(Task task) {
  return [weak = weak_from_this(), task = std::move(task)](auto result) {
    if (const auto self = weak.lock(); self != nullptr && !self->stopped_) {
      task(*self, std::move(result));
    }
  };
}

template <typename Task>
auto DriftScan::OnLoop(Task task) {
  return [loop = &deps_.loop, here = Here(std::move(task))](auto result) {
    loop->Post([here, result = std::move(result)]() mutable { here(std::move(result)); });
  };
}

void DriftScan::Start() {
  Scan();
}

void DriftScan::ScanAfter(absl::Duration delay) {
  deps_.loop.RunAfter(delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock(); self != nullptr && !self->stopped_) {
      self->Scan();
    }
  });
}

void DriftScan::Scan() {
  // Rooms that are being looked at are still due.
  const auto limit = static_cast<std::int32_t>(options_.looks_max) + 1;
  deps_.store.ListDueRooms(
      DueFor::kLook, Now(), limit,
      OnLoop([](DriftScan& self, absl::StatusOr<DueRooms> due) { self.Due(std::move(due)); }));
}

void DriftScan::Due(absl::StatusOr<DueRooms> due) {
  if (!due.ok()) {
    deps_.log.Warning("rooms to look at could not be read", {{"error", due.status().ToString()}});
    ScanAfter(options_.idle);
    return;
  }
  corrupt_.Tell(due->corrupt);
  std::vector<CleanRoom>& rooms = due->rooms;
  ScanAfter(rooms.empty() ? options_.idle : options_.pace);
  if (looking_.size() >= options_.looks_max) {
    return;
  }
  const auto next = std::find_if(rooms.begin(), rooms.end(), [this](const CleanRoom& room) {
    return !looking_.contains(room.key);
  });
  if (next != rooms.end()) {
    Begin(std::move(*next));
  }
}

void DriftScan::Begin(CleanRoom room) {
  const auto look = std::make_shared<Look>(Look{.room = std::move(room)});
  looking_.insert(look->room.key);
  deps_.provider.for_background().ObserveRoom(
      ScopeOf(look->room), look->room.spec.room_name, Provider::Depth::kFull,
      Here([look](DriftScan& self, CallResult<ObservedRoom> result) {
        self.Observed(look, std::move(result));
      }));
}

void DriftScan::Observed(const LookPtr& look, CallResult<ObservedRoom> result) {
  if (result.ok()) {
    look->seen = std::move(result.value);
  } else if (result.failure.error != CallError::kNotFound) {
    NoteNothing(look);
    return;
  }
  if (look->seen.has_value() && look->seen->status == "ACTIVE" &&
      (!look->seen->has_detail || !look->seen->has_assets)) {
    NoteNothing(look);
    return;
  }
  ReadAssets(look);
}

void DriftScan::ReadAssets(const LookPtr& look) {
  const std::vector<Action> plan = PlanOf(*look);
  const auto unread = std::find_if(plan.begin(), plan.end(), [](const Action& action) {
    return action.kind == ActionKind::kInspectAsset;
  });
  if (unread == plan.end()) {
    Conclude(look, plan);
    return;
  }
  const std::vector<AssetSpec>& assets = look->room.spec.assets;
  const auto spec = std::find_if(assets.begin(), assets.end(), [&](const AssetSpec& asset) {
    return asset.name == unread->subject;
  });
  deps_.provider.for_background().GetAsset(
      ScopeOf(look->room), look->room.spec.room_name, std::string(Name(spec->type)), spec->name,
      Here([look, name = spec->name](DriftScan& self, CallResult<ObservedAsset> result) {
        self.AssetRead(look, name, std::move(result));
      }));
}

void DriftScan::AssetRead(const LookPtr& look, const std::string& name,
                          CallResult<ObservedAsset> result) {
  if (!result.ok() && result.failure.error != CallError::kNotFound) {
    NoteNothing(look);
    return;
  }
  look->read.push_back(name);
  // Of an asset that is gone since the list was made, the plan says that it is to be added.
  std::erase_if(look->seen->assets, [&](const ObservedAsset& asset) {
    return SamePlatformName(asset.name, name) && asset.asset_type != Name(AssetType::kNotebookFile);
  });
  if (result.ok()) {
    look->seen->assets.push_back(std::move(result.value));
  }
  ReadAssets(look);
}

std::vector<Action> DriftScan::PlanOf(const Look& look) const {
  const RoomSpec& desired = look.room.spec;
  return MakePlan({.desired = desired,
                   .observed = look.seen,
                   .mark = look.seen.has_value()
                               ? deps_.provenance.Verify(look.seen->comment, desired.room_name)
                               : MarkVerdict::kNoMark,
                   .trusted = look.read,
                   .leaving = look.room.leaving.has_value() ? &*look.room.leaving : nullptr});
}

void DriftScan::Conclude(const LookPtr& look, const std::vector<Action>& plan) {
  const std::optional<Drift> drift =
      FindDrift(plan, look->seen.has_value() ? look->seen->status : "");
  if (!drift.has_value() && look->room.leaving.has_value()) {
    // Only a job can tell that nothing of the other version will land any more.
    Mend(look, {.reason = reason::kRoomDrifted,
                .message = absl::StrCat("an update to or from version ",
                                        look->room.leaving->package_version, " was left half-way"),
                .retryable = true});
  } else if (!drift.has_value()) {
    NoteWhole(look);
  } else if (drift->mendable) {
    Mend(look, drift->problem);
  } else {
    NoteDrift(look, drift->problem);
  }
}

void DriftScan::Mend(const LookPtr& look, const Problem& difference) {
  const std::int32_t most = options_.repairs_per_day_max;
  if (most == 0) {
    NoteDrift(look, NotRepaired(difference, "repairs are turned off"));
    return;
  }
  deps_.store.GetJob(look->room.job,
                     OnLoop([look, difference, most](DriftScan& self, absl::StatusOr<Job> last) {
                       if (!last.ok()) {
                         self.End(look);  // it is still due
                         return;
                       }
                       const bool in_a_row = self.Now() - last->created_at < absl::Hours(24);
                       const std::int32_t number = in_a_row ? last->repair + 1 : 1;
                       if (number > most) {
                         self.NoteDrift(look, DoesNotSettle(difference, most));
                       } else {
                         self.Submit(look, difference, number);
                       }
                     }));
}

void DriftScan::Submit(const LookPtr& look, const Problem& difference, std::int32_t number) {
  const absl::Time now = Now();
  SubmitJob op = MakeSweepJob("repair", look->room, options_.owner, now);
  op.event_message = absl::StrCat("repair: ", difference.message);
  op.room.state = RoomState::kDegraded;
  op.room.move = difference.move;
  op.room.problem = difference;
  op.job.kind = JobKind::kProvision;
  op.job.step = Step::kVerify;
  op.job.repair = number;
  op.job.deadline_at = now + options_.repair_deadline;
  deps_.store.Submit(
      std::move(op),
      OnLoop([look, difference](DriftScan& self, const absl::StatusOr<SubmitJob::Result>& result) {
        self.Submitted(look, difference, result);
      }));
}

void DriftScan::Submitted(const LookPtr& look, const Problem& difference,
                          const absl::StatusOr<SubmitJob::Result>& result) {
  using Outcome = SubmitJob::Result::Outcome;
  if (result.ok() && result->outcome == Outcome::kFrozen) {
    NoteDrift(look, NotRepaired(difference, "not repaired while changes are frozen"));
    return;
  }
  if (result.ok() && result->outcome == Outcome::kInserted) {
    deps_.log.Info("clean room is repaired", {{"clean_room", FormatName(look->room.key)},
                                              {"brand", look->room.key.brand.value()},
                                              {"shard", look->room.shard.value()},
                                              {"job", result->job.id.value()},
                                              {"detail", difference.message}});
  }
  End(look);  // else it changed meanwhile, or is still due
}

void DriftScan::NoteWhole(const LookPtr& look) {
  Note(look, {.state = RoomState::kReady,
              .look_at = Now() + NextLook(RoomState::kReady),
              .notebooks = NotebooksSeen(look->room.spec, *look->seen)});
}

void DriftScan::NoteDrift(const LookPtr& look, const Problem& problem) {
  Note(look, {.state = RoomState::kDegraded,
              .problem = problem,
              .look_at = Now() + NextLook(RoomState::kDegraded)});
}

void DriftScan::NoteNothing(const LookPtr& look) {
  Note(look, {.state = look->room.state,
              .problem = look->room.problem,
              .look_at = Now() + NextLook(RoomState::kDegraded)});
}

void DriftScan::Note(const LookPtr& look, NoteLook op) {
  op.key = look->room.key;
  op.seen_revision = look->room.revision;
  op.now = Now();
  deps_.store.Note(std::move(op),
                   OnLoop([look](DriftScan& self, const absl::StatusOr<NoteLook::Result>& result) {
                     self.Noted(look, result);
                   }));
}

void DriftScan::Noted(const LookPtr& look, const absl::StatusOr<NoteLook::Result>& result) {
  End(look);
  if (!result.ok()) {
    if (!absl::IsAborted(result.status())) {
      deps_.log.Warning(
          "look at a clean room not noted",
          {{"clean_room", FormatName(look->room.key)}, {"error", result.status().ToString()}});
    }
    return;
  }
  const CleanRoom& room = result->room;
  if (room.state != look->room.state || room.problem != look->room.problem) {
    deps_.log.Info("clean room seen in another state",
                   {{"clean_room", FormatName(room.key)},
                    {"brand", room.key.brand.value()},
                    {"shard", room.shard.value()},
                    {"room_state", std::string(Name(room.state))},
                    {"reason", room.problem.has_value() ? room.problem->reason : ""},
                    {"detail", room.problem.has_value() ? room.problem->message : ""}});
  }
}

absl::Duration DriftScan::NextLook(RoomState state) {
  return options_.limits.NextLook(state, absl::Uniform(deps_.chance, 0.0, 1.0));
}

}  // namespace roomkeeper
