#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/cleanroom/provenance.h"
#include "lib/model/clean_room.h"
#include "lib/model/observed_room.h"
#include "lib/model/room_spec.h"

namespace roomkeeper {

// The heart of the product: desired room − observed room → actions. Everything (create, resume
// after a crash, repair, dry run) is this one function.

enum class ActionKind : std::uint8_t {
  kQuarantine,  // stop: `problem` says why, and nothing is touched
  kCreateRoom,
  kRecreateRoom,  // ours and beyond repair: delete it, wait until it is gone, create it again
  kAwaitActive,
  kAddAsset,
  kInspectAsset,  // it is there, but LIST does not show what it stands for: read it
  kUpdateAsset,
  kAwaitAsset,  // nothing to send: `problem` says whose move it is
  kAddNotebook,
  kInspectNotebook,
  kUpdateNotebook,
  kRemoveAsset,  // of any type: only what the version that is left had, and the desired one lacks
  kUpdateRoom,   // its comment names another package version
};

// "CREATE_ROOM", …: the names that the API shows.
absl::string_view Name(ActionKind kind);

struct Action {
  ActionKind kind = ActionKind::kQuarantine;
  std::string subject = {};  // name of the room, asset or notebook
  std::optional<Problem> problem = {};
  AssetType type = AssetType::kTable;  // kRemoveAsset
  friend bool operator==(const Action&, const Action&) = default;
};

struct PlanInput {
  const RoomSpec& desired;
  // Nothing: the platform has no room of this name. Parts that were not asked for (has_detail,
  // has_assets) are not compared: ask for all of it before calling a room READY.
  const std::optional<ObservedRoom>& observed;
  MarkVerdict mark = MarkVerdict::kNoMark;
  // Assets and notebooks whose content was seen in the answer to a write or read of their own.
  const std::vector<std::string>& trusted;
  // The version that the room is to leave (CleanRoom::leaving), or null. Where the two versions
  // differ in what the platform does not show of an asset, it is written unless it is trusted.
  const RoomSpec* leaving = nullptr;
};

// In the order in which they are to be done (what goes goes last, unless it has the name of what
// comes); nothing when the room is as desired (invariant R4:
// ACTIVE, packaged with our alias as provider, collaborators as requested, every asset ACTIVE with
// its local name, every notebook with our content digest and exactly the brand as runner). Names
// compare case-insensitively. What the brand or an operator added beside is left alone.
// Pure.
std::vector<Action> MakePlan(const PlanInput& input);

// True of what is done last: the rest of an old version goes, and the comment follows.
bool IsRest(const Action& action);

// True when nothing but waiting (kAwaitActive, kAwaitAsset) is left.
bool OnlyWaits(const std::vector<Action>& plan);

}  // namespace roomkeeper
