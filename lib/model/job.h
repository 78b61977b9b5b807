#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/model/clean_room.h"
#include "lib/model/ids.h"
#include "lib/model/states.h"

namespace roomkeeper {

// What a job has done so far, beyond its step: enough to go on after a crash, no more. Stored as
// JSON.
struct JobProgress {
  std::int32_t attempt = 0;  // of the present step, since the last success
  std::int32_t room_attempts =
      0;  // rooms created for this job (FAILED or timed-out ones are deleted and remade)
  std::int32_t repairs = 0;  // times verify found something amiss and sent the job back
  // A write may be in flight or its answer lost: after a restart, observe before acting.
  bool intent_open = false;
  std::vector<std::string> assets_done = {};  // names whose write was answered OK
  std::vector<NotebookState> notebooks_done = {};
  std::optional<absl::Time> provisioning_since = {};
  // Writes of unknown outcome may land until then, those of the room's earlier jobs too (the store
  // hands it on): "gone" is not concluded before, and no new PROVISION begins.
  std::optional<absl::Time> settle_until = {};
  // Since then no room was seen, by a look that set out after settle_until.
  std::optional<absl::Time> absent_since = {};
  // Compensation: the job ends with this once what it made is gone.
  std::optional<Problem> failing_with = {};
  absl::Duration platform_time = absl::ZeroDuration();  // waiting for answers and for ACTIVE
  absl::Duration budget_time = absl::ZeroDuration();    // held back by the shard's request budget
  absl::Duration our_time = absl::ZeroDuration();       // everything else since created_at
  std::int32_t platform_calls = 0;
  friend bool operator==(const JobProgress&, const JobProgress&) = default;
};

// A row of the job table.
struct Job {
  JobId id = {};
  RoomKey room = {};
  JobKind kind = JobKind::kProvision;
  JobState state = JobState::kQueued;
  Step step = Step::kPreflight;
  Move move = Move::kRoomkeeper;
  std::string waiting_for = {};  // one clause for people: "the platform to make the room ACTIVE"
  absl::Time since = {};         // when `state`, `step` or `move` last changed
  ShardId shard = {};
  std::string request_id = {};
  std::string trace_id = {};  // of the RPC that made it: 32 hex digits, or none in an old row
  JobProgress progress = {};
  std::optional<Problem> problem = {};
  bool cancel_requested = false;  // written by CancelJob only, never by the engine
  absl::Time created_at = {};
  absl::Time updated_at = {};
  absl::Time wake_at = {};      // meaningful while kQueued or kWaiting
  absl::Time deadline_at = {};  // then it fails with reason DEADLINE_EXCEEDED
  std::optional<absl::Time> finished_at = {};
  std::int64_t epoch =
      0;  // fencing token: bumped by each claim; a write with another one changes nothing
  std::int64_t last_seq = 0;  // of its last event
  JobId retry_of = {};        // empty unless made by RetryJob
  // Of a PROVISION that mends a room in place (lib/engine/workflows/repair.h): its number among the
  // room's repairs that follow each other within a day. 0: it is none.
  std::int32_t repair = 0;
  // Of a PROVISION that takes a room to another package version (lib/engine/workflows/move.h): the
  // version it had. Empty: it is none.
  std::string moves_from = {};
  friend bool operator==(const Job&, const Job&) = default;
};

// Append-only. `seq` is gapless per job, starts at 1, and commit order is sequence order.
struct JobEvent {
  JobId job = {};
  std::int64_t seq = 0;  // given by the store
  absl::Time at = {};
  std::string type =
      {};  // "job.queued", "step.started", "step.finished", "room.state", … (docs/api.md)
  JobState job_state = JobState::kQueued;
  Step step = Step::kPreflight;
  RoomState room_state = RoomState::kPending;
  Move move = Move::kRoomkeeper;
  std::string message = {};  // for people
  std::int64_t epoch = 0;
  friend bool operator==(const JobEvent&, const JobEvent&) = default;
};

}  // namespace roomkeeper
