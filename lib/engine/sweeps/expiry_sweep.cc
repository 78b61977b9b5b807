#include "lib/engine/sweeps/expiry_sweep.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/time_text.h"
#include "lib/engine/event_types.h"
#include "lib/engine/sweeps/sweep_job.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

SubmitJob TeardownOf(const CleanRoom& room, const ExpirySweepOptions& options, absl::Time now) {
  SubmitJob op = MakeSweepJob("expiry", room, options.owner, now);
  op.event_message = absl::StrCat("removal: the clean room expired at ", UtcText(*room.expires_at));
  op.room.state = RoomState::kDeleting;
  op.room.move = Move::kRoomkeeper;
  op.room.problem = std::nullopt;
  op.job.kind = JobKind::kTeardown;
  op.job.step = Step::kDeleteRoom;
  op.job.deadline_at = now + options.teardown_deadline;
  return op;
}

}  // namespace

ExpirySweep::ExpirySweep(Loop& loop, JobStore& store, Metrics& metrics, Log& log,
                         ExpirySweepOptions options)
    : loop_(loop),
      store_(store),
      log_(log),
      options_(std::move(options)),
      corrupt_("expiry", metrics, log) {}

void ExpirySweep::Start() {
  Sweep();
}

void ExpirySweep::SweepLater() {
  if (stopped_) {
    return;
  }
  loop_.RunAfter(options_.interval, [weak = weak_from_this()] {
    if (const auto self = weak.lock(); self != nullptr) {
      self->Sweep();
    }
  });
}

void ExpirySweep::Sweep() {
  if (stopped_) {
    return;
  }
  store_.ListDueRooms(DueFor::kSweep, Now(), options_.batch,
                      [weak = weak_from_this(), loop = &loop_](absl::StatusOr<DueRooms> due) {
                        loop->Post([weak, due = std::move(due)] {
                          const auto self = weak.lock();
                          if (self == nullptr || self->stopped_) {
                            return;
                          }
                          if (!due.ok()) {
                            self->log_.Warning("rooms that are due could not be read",
                                               {{"error", due.status().ToString()}});
                          } else {
                            self->corrupt_.Tell(due->corrupt);
                            for (const CleanRoom& room : due->rooms) {
                              self->Handle(room);
                            }
                          }
                          self->SweepLater();
                        });
                      });
}

void ExpirySweep::Handle(const CleanRoom& room) {
  if (IsGoing(room.state) || !room.expires_at.has_value()) {
    LookAgain(room, std::nullopt);
  } else if (Now() < *room.expires_at) {
    Warn(room);
  } else {
    Remove(room);
  }
}

void ExpirySweep::Warn(const CleanRoom& room) {
  const std::string message =
      absl::StrCat("expires at ", UtcText(*room.expires_at), " (in ",
                   absl::FormatDuration(absl::Trunc(*room.expires_at - Now(), absl::Seconds(1))),
                   ") and is then removed; RenewCleanRoom keeps it longer");
  log_.Warning("clean room expires soon", {{"clean_room", FormatName(room.key)},
                                           {"brand", room.key.brand.value()},
                                           {"job", room.job.value()},
                                           {"detail", message}});
  Write({.key = room.key,
         .seen_expires_at = room.expires_at,
         .expires_at = room.expires_at,
         .sweep_at = room.expires_at,
         .event_type = event_type::kRoomExpiring,
         .event_message = message,
         .now = Now()});
}

void ExpirySweep::Remove(const CleanRoom& room) {
  store_.Submit(TeardownOf(room, options_, Now()), [weak = weak_from_this(), loop = &loop_, room](
                                                       absl::StatusOr<SubmitJob::Result> result) {
    loop->Post([weak, room, result = std::move(result)] {
      if (const auto self = weak.lock(); self != nullptr) {
        self->OnSubmitted(room, result);
      }
    });
  });
}

void ExpirySweep::OnSubmitted(const CleanRoom& room,
                              const absl::StatusOr<SubmitJob::Result>& result) {
  if (!result.ok()) {
    log_.Warning("expired clean room not removed yet",
                 {{"clean_room", FormatName(room.key)}, {"error", result.status().ToString()}});
    return;  // the next sweep tries again
  }
  if (result->outcome == SubmitJob::Result::Outcome::kInserted) {
    log_.Info("clean room expired", {{"clean_room", FormatName(room.key)},
                                     {"brand", room.key.brand.value()},
                                     {"job", result->job.id.value()}});
    return;
  }
  if (result->outcome != SubmitJob::Result::Outcome::kRoomBusy) {
    return;  // it changed meanwhile: the next sweep looks at it as it is
  }
  if (result->job.kind == JobKind::kProvision) {
    store_.Cancel(
        {.id = result->job.id,
         .now = Now(),
         .message = absl::StrCat("the clean room expired at ", UtcText(*room.expires_at))},
        [](const absl::StatusOr<CancelJob::Result>& /*looked at again below*/) {});
  }
  LookAgain(room, Now() + options_.busy_retry);
}

void ExpirySweep::LookAgain(const CleanRoom& room, std::optional<absl::Time> sweep_at) {
  Write({.key = room.key,
         .seen_expires_at = room.expires_at,
         .expires_at = room.expires_at,
         .sweep_at = sweep_at,
         .now = Now()});
}

// What fails here is still due and met by the next sweep.
void ExpirySweep::Write(SetExpiry op) {
  const std::string name = FormatName(op.key);
  store_.Expire(std::move(op), [weak = weak_from_this(), loop = &loop_,
                                name](const absl::StatusOr<SetExpiry::Result>& result) {
    if (result.ok() || absl::IsAborted(result.status())) {
      return;
    }
    loop->Post([weak, name, status = result.status()] {
      if (const auto self = weak.lock(); self != nullptr) {
        self->log_.Warning("expiry not noted",
                           {{"clean_room", name}, {"error", status.ToString()}});
      }
    });
  });
}

}  // namespace roomkeeper
