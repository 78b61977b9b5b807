#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"

#include "lib/cleanroom/provenance.h"
#include "lib/cleanroom/provider.h"
#include "lib/engine/decide_limits.h"
#include "lib/model/clean_room.h"
#include "lib/model/freeze.h"
#include "lib/model/job.h"

namespace roomkeeper {

// The core: what to write and what to send next, as a pure function of a job, its room and one
// input. It does no I/O; time and chance are inputs. Resuming after a crash is not a special case:
// it is the input kClaimed.

enum class CallKind : std::uint8_t {
  kPreflight,
  kObserve,
  kAwaitProvisioned,
  kGetAsset,
  kCreateRoom,  // from here on: writes
  kDeleteRoom,
  kAddAsset,
  kUpdateAsset,
  kAddNotebook,
  kUpdateNotebook,
  kRemoveAsset,
  kUpdateRoom,
};
bool IsWrite(CallKind kind);

// One call of the Provider port, as data.
struct Call {
  std::uint32_t id = 0;  // unique inside a LiveJob; its answer carries it
  CallKind kind = CallKind::kObserve;
  std::string subject = {};            // asset or notebook name
  AssetType type = AssetType::kTable;  // kRemoveAsset
  Provider::Depth depth = Provider::Depth::kRoom;
  bool fresh = false;                              // kPreflight
  absl::Time created_at = {};                      // kAwaitProvisioned
  absl::Time sent_at = {};                         // when it was decided to send it
  absl::Duration patience = absl::ZeroDuration();  // kAwaitProvisioned
};

struct Answer {
  std::uint32_t call = 0;
  CallFailure failure = {};
  std::int32_t calls = 0;                        // HTTP requests it cost
  absl::Duration waited = absl::ZeroDuration();  // of that, for the request budget
  std::vector<Problem> problems = {};            // of preflight
  std::optional<ObservedRoom> room = {};         // of kObserve, kAwaitProvisioned, kCreateRoom
  std::optional<ObservedAsset> asset = {};       // of the asset and notebook calls
  bool ok() const { return failure.error == CallError::kNone; }
};

// The rows as committed, and what is only in memory and may be lost at any instant.
struct LiveJob {
  Job job = {};
  CleanRoom room = {};

  std::vector<Call> todo = {};         // of the present step, not yet sent
  std::vector<Call> in_flight = {};    // sent, not yet answered
  std::optional<Answer> trouble = {};  // the step's first failure, handled when none is in flight
  std::optional<Call> trouble_call = {};
  bool doubt = false;          // the outcome of a write is unknown: observe before acting
  bool room_dirty = false;     // `room` has what its row does not: it rides in the next commit
  bool brand_deleted = false;  // our side was seen as a tombstone
  absl::Time step_started_at = {};
  absl::Time busy_since = {};                       // when in_flight last became non-empty
  absl::Duration held_back = absl::ZeroDuration();  // since then, at most, by the request budget
  std::uint32_t last_call_id = 0;
  std::uint32_t abandoned_to = 0;  // calls up to this one are of a step that was given up
};

enum class Signal : std::uint8_t {
  kClaimed,  // leased or submitted: nothing is known beyond the rows
  kWoken,    // its wake_at has come, in the process that decided it
  kCancel,   // cancel_requested was set
};
using Input = std::variant<Signal, Answer>;

struct DecideEnv {
  const DecideLimits& limits;
  const Provenance& provenance;
  absl::Time now = {};
  double chance = 0.5;             // in [0, 1): jitter
  const Freeze* freeze = nullptr;  // of the job's brand or shard: no write is sent
};

struct Decision {
  LiveJob next = {};
  bool commit = false;        // write next.job and `events` before anything is sent
  bool room_changed = false;  // … and next.room
  bool spec_changed = false;  // … with its specs
  std::vector<JobEvent> events = {};
  std::vector<Call> send = {};  // after the commit
  // Nothing is in flight or to be sent: the job sleeps until next.job.wake_at (or is final).
  bool parked = false;
};

// Inputs that no longer mean anything (an answer to an abandoned call, a cancel of a final job)
// give a decision that changes nothing. A job is final after at most a bounded number of inputs
// once the platform answers, or at its deadline.
Decision Decide(LiveJob live, const Input& input, const DecideEnv& env);

}  // namespace roomkeeper
