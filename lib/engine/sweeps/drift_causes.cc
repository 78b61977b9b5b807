#include "lib/engine/sweeps/drift_causes.h"

#include <algorithm>

#include "lib/model/resource_name.h"
#include "lib/model/states.h"
#include "lib/obs/metric_table.h"

namespace roomkeeper {
namespace {

constexpr std::int32_t kPage = 500;

bool HasDegraded(const StoreStats& stats) {
  return std::any_of(stats.rooms.begin(), stats.rooms.end(),
                     [](const StoreStats::ShardRooms& rooms) {
                       return rooms.state == RoomState::kDegraded && rooms.count > 0;
                     });
}

// Without what differs in each call that failed (ProblemOf in lib/engine/failures.cc).
std::string CauseIn(const std::string& message) {
  return message.substr(0, message.find(" [platform request "));
}

}  // namespace

void DriftCauses::CountAfter(absl::Duration delay) {
  loop_.RunAfter(delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock(); self != nullptr && !self->stopped_) {
      self->Count();
    }
  });
}

// The rows are read only if there is one: how many there are is known without.
void DriftCauses::Count() {
  store_.GetStats([weak = weak_from_this(), loop = &loop_](absl::StatusOr<StoreStats> stats) {
    loop->Post([weak, degraded = !stats.ok() || HasDegraded(*stats)] {
      const auto self = weak.lock();
      if (self == nullptr || self->stopped_) {
        return;
      }
      if (degraded) {
        self->ReadPage(std::make_shared<Causes>(), 0);
      } else {
        self->Publish({});
      }
    });
  });
}

void DriftCauses::ReadPage(std::shared_ptr<Causes> found, std::int64_t after) {
  store_.ListRooms(
      {.state = RoomState::kDegraded, .skip_corrupt = true, .after = after, .limit = kPage},
      [weak = weak_from_this(), loop = &loop_,
       found = std::move(found)](absl::StatusOr<RoomPage> page) {
        loop->Post([weak, found, page = std::move(page)] {
          if (const auto self = weak.lock(); self != nullptr && !self->stopped_) {
            self->TakePage(found, page);
          }
        });
      });
}

void DriftCauses::TakePage(const std::shared_ptr<Causes>& found, absl::StatusOr<RoomPage> page) {
  if (!page.ok()) {
    log_.Warning("drifted rooms could not be read", {{"error", page.status().ToString()}});
    CountAfter(kInterval);
    return;
  }
  for (const CleanRoom& room : page->rooms) {
    if (!room.problem.has_value() || room.problem->move == Move::kRoomkeeper) {
      continue;
    }
    Extent& extent = (*found)[{.shard = room.shard.value(),
                               .reason = room.problem->reason,
                               .message = CauseIn(room.problem->message)}];
    ++extent.rooms;
    extent.example = FormatName(room.key);
    extent.move = room.problem->move;
  }
  if (page->next != 0) {
    ReadPage(found, page->next);
  } else {
    Publish(std::move(*found));
  }
}

void DriftCauses::Publish(Causes found) {
  std::map<std::pair<std::string, std::string>, double> counts;
  for (const auto& gauge : gauges_) {
    counts[gauge] = 0;
  }
  gauges_.clear();
  for (const auto& [cause, extent] : found) {
    counts[{cause.shard, cause.reason}] += 1;
    gauges_.emplace(cause.shard, cause.reason);
    if (!causes_.contains(cause)) {
      TellNew(cause, extent);
    }
  }
  for (const auto& [gauge, count] : counts) {
    metrics_.Set(metric::kDriftCauses, {gauge.first, gauge.second}, count);
  }
  for (const auto& [cause, extent] : causes_) {
    if (!found.contains(cause)) {
      log_.Info("drift is over",
                {{"shard", cause.shard}, {"reason", cause.reason}, {"detail", cause.message}});
    }
  }
  causes_ = std::move(found);
  CountAfter(kInterval);
}

void DriftCauses::TellNew(const Cause& cause, const Extent& extent) {
  log_.Warning("rooms have drifted", {{"shard", cause.shard},
                                      {"reason", cause.reason},
                                      {"rooms", extent.rooms},
                                      {"clean_room", extent.example},
                                      {"move", std::string(Name(extent.move))},
                                      {"detail", cause.message}});
}

}  // namespace roomkeeper
