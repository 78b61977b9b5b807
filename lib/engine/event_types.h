#pragma once

#include <array>

namespace roomkeeper {

// JobEvent::type: what a watcher of a job can see. Waits and retries are folded: a long one is a
// few events. docs/api.md lists the same names.
namespace event_type {

inline constexpr const char* kJobQueued = "job.queued";  // written by the command that submits
inline constexpr const char* kStepStarted = "step.started";
inline constexpr const char* kStepFinished = "step.finished";
inline constexpr const char* kStepRetrying = "step.retrying";  // message: why, and whose move
inline constexpr const char* kJobWaiting = "job.waiting";      // message: for what
inline constexpr const char* kJobCancelling = "job.cancelling";
inline constexpr const char* kRoomState = "room.state";  // the clean room's state changed
inline constexpr const char* kJobSucceeded = "job.succeeded";
inline constexpr const char* kJobFailed = "job.failed";
inline constexpr const char* kJobCancelled = "job.cancelled";
// Written by the sweep (expiry_sweep.h), also after the job's end.
inline constexpr const char* kRoomExpiring = "room.expiring";
inline constexpr const char* kCancelRequested = "job.cancel_requested";  // written by CancelJob

}  // namespace event_type

inline constexpr std::array kEventTypes = {
    event_type::kJobQueued,    event_type::kStepStarted,     event_type::kStepFinished,
    event_type::kStepRetrying, event_type::kJobWaiting,      event_type::kJobCancelling,
    event_type::kRoomState,    event_type::kJobSucceeded,    event_type::kJobFailed,
    event_type::kJobCancelled, event_type::kCancelRequested, event_type::kRoomExpiring,
};

}  // namespace roomkeeper
