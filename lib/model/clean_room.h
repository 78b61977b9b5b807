#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/model/brand.h"
#include "lib/model/ids.h"
#include "lib/model/room_spec.h"
#include "lib/model/states.h"

namespace roomkeeper {

// The identity of a clean room with us. Its platform name is derived from it and a stored
// generation.
struct RoomKey {
  BrandId brand = {};
  InstallId install = {};
  CleanRoomId id = {};
  friend bool operator==(const RoomKey&, const RoomKey&) = default;
  friend auto operator<=>(const RoomKey&, const RoomKey&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const RoomKey& key) {
    return H::combine(std::move(state), key.brand, key.install, key.id);
  }
};

// Why something is not as wanted, for the person who must act.
struct Problem {
  std::string reason = {};  // stable, upper snake; listed in docs/api.md
  std::string message = {};
  Move move = Move::kRoomkeeper;
  bool retryable = false;
  friend bool operator==(const Problem&, const Problem&) = default;
};

struct NotebookState {
  std::string name = {};
  std::string etag = {};            // current, as last observed
  std::string content_digest = {};  // of the package's content that this etag stands for
  friend bool operator==(const NotebookState&, const NotebookState&) = default;
};

// Which package version a notebook's etag stood for: what a run of an older etag ran.
struct NotebookVersion {
  std::string name = {};
  std::string etag = {};
  std::string package_version = {};
  std::optional<absl::Time> since = {};  // absent: since the etag was first seen
  friend bool operator==(const NotebookVersion&, const NotebookVersion&) = default;
};

// A row of the room table.
struct CleanRoom {
  RoomKey key = {};
  ShardId shard = {};
  RoomState state = RoomState::kPending;
  Move move = Move::kRoomkeeper;
  absl::Time state_since = {};  // when `state` or `move` last changed
  std::int32_t generation = 1;
  RoomSpec spec = {};
  // While a move is under way: the spec that it leaves, and goes back to if it fails. In a DEGRADED
  // room after that: of the version that could be neither reached nor undone. What only this spec
  // has is not wanted in the room.
  std::optional<RoomSpec> leaving = {};
  std::string central_clean_room_id = {};  // the platform's, once observed
  std::vector<NotebookState> notebooks = {};
  // Of the present generation, oldest first; at most kNotebookVersionsMax, the newest.
  std::vector<NotebookVersion> notebook_versions = {};
  std::optional<Problem> problem = {};
  JobId job = {};  // the last job that touched it
  Labels labels = {};
  absl::Time created_at = {};
  absl::Time updated_at = {};
  std::optional<absl::Time> ready_at = {};
  // When it is removed by itself, and when the sweep looks at it next: to warn, then to remove.
  std::optional<absl::Time> expires_at = {};
  std::optional<absl::Time> sweep_at = {};
  // A removal waits out its grace period: it begins then, unless it is taken back.
  std::optional<absl::Time> purge_at = {};
  // When it is looked at for drift next. Only of a READY or DEGRADED room without an open job.
  std::optional<absl::Time> look_at = {};
  std::int64_t revision = 0;  // bumped by each write; the API's etag
  friend bool operator==(const CleanRoom&, const CleanRoom&) = default;
};

inline constexpr std::size_t kNotebookVersionsMax = 64;

// Remembers the package version of a notebook that was seen or written: of the spec, or else of the
// one that is being left. Not of one without an etag, nor of one whose content is neither's: nobody
// knows its version. `since`: the room has that version from then on, so an etag that stood for
// another, equal one stands for this. False: nothing is new.
bool NoteVersion(CleanRoom& room, const NotebookState& notebook,
                 std::optional<absl::Time> since = std::nullopt);

// The version that an etag of a notebook stood for at `at`; empty: it is not known.
std::string VersionAt(const CleanRoom& room, const std::string& notebook, const std::string& etag,
                      absl::Time at);

// `room` leaves the version it has for `target`. Only the notebooks that are the same in both stay
// known: of the others nobody can say which version the platform shows until it was looked at.
void LeaveFor(CleanRoom& room, RoomSpec target);

}  // namespace roomkeeper
