#include "lib/store/memory/memory_rows.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "absl/strings/str_cat.h"

#include "lib/store/queries.h"

namespace roomkeeper {
namespace {

JobHead HeadOf(std::int64_t pos, const Job& job) {
  return {.pos = pos,
          .id = job.id,
          .room = job.room,
          .state = job.state,
          .epoch = job.epoch,
          .last_seq = job.last_seq,
          .cancel_requested = job.cancel_requested,
          .deferred = IsDeferred(job)};
}

// A row's place in an index of times.
template <typename Index>
void MoveIn(Index& index, std::int64_t pos, const std::optional<absl::Time>& from,
            const std::optional<absl::Time>& to) {
  if (from.has_value()) {
    index.erase({*from, pos});
  }
  if (to.has_value()) {
    index.emplace(*to, pos);
  }
}

// Takes rows after `after` that match, until the page is full; then `next` is the last one taken.
template <typename Rows, typename Matches>
std::int64_t FillPage(const Rows& rows, std::int64_t after, std::int32_t limit,
                      const Matches& take) {
  std::int32_t taken = 0;
  std::int64_t last = 0;
  for (auto it = rows.upper_bound(after); it != rows.end(); ++it) {
    if (taken == limit) {
      if (take(it->second, /*only_ask=*/true)) {
        return last;
      }
    } else if (take(it->second, /*only_ask=*/false)) {
      ++taken;
      last = it->first;
    }
  }
  return 0;
}

}  // namespace

absl::StatusOr<std::optional<JobHead>> MemoryRows::FindJob(const JobId& id) {
  const auto it = job_pos_.find(id);
  if (it == job_pos_.end()) {
    return std::nullopt;
  }
  return HeadOf(it->second, jobs_.at(it->second).job);
}

absl::StatusOr<Job> MemoryRows::LoadJob(const JobHead& head) {
  return jobs_.at(head.pos).job;
}

absl::StatusOr<JobHead> MemoryRows::InsertJob(const Job& job, const std::string& owner,
                                              const JobEvent& first) {
  if (!job_pos_.emplace(job.id, next_pos_).second) {
    return absl::AlreadyExistsError(absl::StrCat("job ", job.id.value(), " exists"));
  }
  jobs_.emplace(next_pos_, JobRow{.job = job, .owner = owner, .events = {first}});
  return HeadOf(next_pos_++, job);
}

absl::Status MemoryRows::UpdateJob(const JobHead& head, const Job& job,
                                   const std::vector<JobEvent>& events) {
  JobRow& row = jobs_.at(head.pos);
  Job updated = job;
  updated.kind = row.job.kind;
  updated.request_id = row.job.request_id;
  updated.created_at = row.job.created_at;
  updated.retry_of = row.job.retry_of;
  updated.repair = row.job.repair;
  updated.moves_from = row.job.moves_from;
  row.job = std::move(updated);
  row.events.insert(row.events.end(), events.begin(), events.end());
  return absl::OkStatus();
}

absl::Status MemoryRows::NoteEvent(const JobHead& head, const JobEvent& event) {
  JobRow& row = jobs_.at(head.pos);
  row.job.last_seq = event.seq;
  row.events.push_back(event);
  return absl::OkStatus();
}

absl::StatusOr<ClaimJobs::Result> MemoryRows::Claim(const ClaimJobs& op) {
  ClaimJobs::Result result;
  std::int32_t claimed = 0;
  for (auto& [pos, row] : jobs_) {
    if (IsFinal(row.job.state) || row.owner == op.owner) {
      continue;
    }
    if (claimed == op.n) {
      result.more = true;
      break;
    }
    ++claimed;
    row.owner = op.owner;
    ++row.job.epoch;
    const absl::Time due_at = DueAt(row.job);
    if (due_at > op.now || std::ssize(result.due) >= op.rows_max) {
      result.parked.push_back({.id = row.job.id,
                               .brand = row.job.room.brand,
                               .shard = row.job.shard,
                               .epoch = row.job.epoch,
                               .wake_at = due_at});
    } else {
      const auto room = room_pos_.find(row.job.room);
      result.due.push_back(
          {.job = row.job,
           .room = room == room_pos_.end() ? CleanRoom{} : rooms_.at(room->second)});
    }
  }
  return result;
}

absl::StatusOr<std::optional<RoomHead>> MemoryRows::FindRoom(const RoomKey& key) {
  const auto it = room_pos_.find(key);
  if (it == room_pos_.end()) {
    return std::nullopt;
  }
  const CleanRoom& room = rooms_.at(it->second);
  return RoomHead{.pos = it->second,
                  .shard = room.shard,
                  .state = room.state,
                  .generation = room.generation,
                  .revision = room.revision,
                  .job = room.job};
}

absl::StatusOr<CleanRoom> MemoryRows::LoadRoom(const RoomKey& key) {
  const auto it = room_pos_.find(key);
  if (it == room_pos_.end()) {
    return absl::NotFoundError(absl::StrCat("no clean room ", key.id.value()));
  }
  return rooms_.at(it->second);
}

absl::StatusOr<std::int64_t> MemoryRows::CountRooms(const BrandId& brand, const InstallId& install,
                                                    const Labels& labels) {
  const RoomQuery query = {.brand = brand, .install = install, .labels = labels};
  return std::count_if(rooms_.begin(), rooms_.end(), [&](const auto& entry) {
    return entry.second.state != RoomState::kAwaitingBrandDelete && Matches(query, entry.second);
  });
}

absl::Status MemoryRows::InsertRoom(const CleanRoom& room) {
  MoveIn(sweeps_, next_pos_, std::nullopt, room.sweep_at);
  MoveIn(looks_, next_pos_, std::nullopt, room.look_at);
  room_pos_[room.key] = next_pos_;
  rooms_.emplace(next_pos_++, room);
  return absl::OkStatus();
}

absl::Status MemoryRows::EraseRoom(const RoomHead& head) {
  MoveIn(sweeps_, head.pos, rooms_.at(head.pos).sweep_at, std::nullopt);
  MoveIn(looks_, head.pos, rooms_.at(head.pos).look_at, std::nullopt);
  room_pos_.erase(rooms_.at(head.pos).key);
  rooms_.erase(head.pos);
  return absl::OkStatus();
}

absl::Status MemoryRows::UpdateRoom(const RoomHead& head, const CleanRoom& room, bool new_spec) {
  CleanRoom& stored = rooms_.at(head.pos);
  CleanRoom updated = room;
  updated.key = stored.key;
  updated.labels = stored.labels;
  updated.created_at = stored.created_at;
  updated.expires_at = stored.expires_at;
  updated.sweep_at = stored.sweep_at;
  if (!new_spec) {
    updated.spec = stored.spec;
    updated.leaving = stored.leaving;
  }
  MoveIn(looks_, head.pos, stored.look_at, updated.look_at);
  stored = std::move(updated);
  return absl::OkStatus();
}

absl::Status MemoryRows::UpdateExpiry(const RoomHead& head, const CleanRoom& room) {
  CleanRoom& stored = rooms_.at(head.pos);
  MoveIn(sweeps_, head.pos, stored.sweep_at, room.sweep_at);
  stored.expires_at = room.expires_at;
  stored.sweep_at = room.sweep_at;
  stored.updated_at = room.updated_at;
  stored.revision = room.revision;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<RequestRow>> MemoryRows::FindRequest(const std::string& caller_scope,
                                                                  const std::string& request_id) {
  const auto it = requests_.find({caller_scope, request_id});
  if (it == requests_.end()) {
    return std::nullopt;
  }
  return it->second;
}

absl::Status MemoryRows::InsertRequest(const std::string& caller_scope,
                                       const std::string& request_id, const RequestRow& row) {
  requests_[{caller_scope, request_id}] = row;
  return absl::OkStatus();
}

bool MemoryRows::CarriesLabels(const RoomKey& key, const Labels& labels) const {
  if (labels.empty()) {
    return true;
  }
  const auto pos = room_pos_.find(key);
  return pos != room_pos_.end() && Matches(labels, rooms_.at(pos->second).labels);
}

JobPage MemoryRows::ListJobs(const JobQuery& query) const {
  JobPage page;
  page.next = FillPage(jobs_, query.after, query.limit, [&](const JobRow& row, bool only_ask) {
    const bool matches = Matches(query, row.job) && CarriesLabels(row.job.room, query.room_labels);
    if (matches && !only_ask) {
      page.jobs.push_back(row.job);
    }
    return matches;
  });
  return page;
}

RoomPage MemoryRows::ListRooms(const RoomQuery& query) const {
  RoomPage page;
  page.next = FillPage(rooms_, query.after, query.limit, [&](const CleanRoom& room, bool only_ask) {
    const bool matches = Matches(query, room);
    if (matches && !only_ask) {
      page.rooms.push_back(room);
    }
    return matches;
  });
  return page;
}

std::vector<CleanRoom> MemoryRows::ListDueRooms(DueFor what, absl::Time now,
                                                std::int32_t limit) const {
  std::vector<CleanRoom> rooms;
  for (const auto& [due_at, pos] : what == DueFor::kSweep ? sweeps_ : looks_) {
    if (due_at > now || static_cast<std::int32_t>(rooms.size()) == limit) {
      break;
    }
    rooms.push_back(rooms_.at(pos));
  }
  return rooms;
}

std::vector<std::pair<ShardId, absl::Time>> MemoryRows::OldestAwaitingBrandDelete() const {
  std::map<ShardId, absl::Time> oldest;
  for (const auto& [pos, room] : rooms_) {
    if (room.state == RoomState::kAwaitingBrandDelete) {
      absl::Time& since = oldest.try_emplace(room.shard, room.state_since).first->second;
      since = std::min(since, room.state_since);
    }
  }
  return {oldest.begin(), oldest.end()};
}

absl::StatusOr<std::vector<JobEvent>> MemoryRows::ReadEvents(const JobId& id,
                                                             std::int64_t after_seq,
                                                             std::int32_t limit) const {
  const auto it = job_pos_.find(id);
  if (it == job_pos_.end()) {
    return absl::NotFoundError(absl::StrCat("no job ", id.value()));
  }
  const std::vector<JobEvent>& events = jobs_.at(it->second).events;
  const auto size = static_cast<std::int64_t>(events.size());
  const std::int64_t begin = std::clamp<std::int64_t>(after_seq, 0, size);
  const std::int64_t end = std::min<std::int64_t>(begin + limit, size);
  return std::vector<JobEvent>(events.begin() + begin, events.begin() + end);
}

}  // namespace roomkeeper
