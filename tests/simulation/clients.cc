#include "tests/simulation/clients.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/jobs/cancel_job.h"
#include "lib/commands/jobs/read_jobs.h"
#include "lib/commands/jobs/retry_job.h"
#include "lib/commands/rooms/confirm_room_removed.h"
#include "lib/commands/rooms/create_clean_room.h"
#include "lib/commands/rooms/delete_clean_room.h"
#include "lib/commands/rooms/room_expiry.h"
#include "lib/commands/rooms/undelete_clean_room.h"
#include "lib/model/states.h"

namespace roomkeeper::testing {
namespace {

Principal AppOf(int brand) {
  return {.role = Role::kBrand,
          .brand = BrandId(BrandName(brand)),
          .install = InstallId("main"),
          .key = ApiKeyId(absl::StrCat("key", brand))};
}

RoomKey KeyOf(int brand, int room) {
  return {BrandId(BrandName(brand)), InstallId("main"), CleanRoomId(absl::StrCat("room", room))};
}

}  // namespace

void Clients::Send(Process& process, std::size_t number) {
  const Request& request = requests_[number];
  const auto done = [this, number](const absl::StatusOr<Job>& job) { Answered(number, job); };
  const Principal app = AppOf(request.brand);
  const RoomKey key = KeyOf(request.brand, request.room);
  switch (request.kind) {
    case Request::Kind::kCreate:
      CreateCleanRoom(process.context(), app,
                      {.id = key.id,
                       .package = PackageName("identity-match"),
                       .expiry = {.ttl = request.span},
                       .request_id = request.id},
                      done);
      return;
    case Request::Kind::kDelete:
      DeleteCleanRoom(process.context(), app,
                      {.room = key, .request_id = request.id, .grace = request.span}, done);
      return;
    case Request::Kind::kRetry:
      RetryJob(process.context(), app, {.job = request.retried, .request_id = request.id}, done);
      return;
  }
}

void Clients::Answered(std::size_t number, const absl::StatusOr<Job>& job) {
  Request& request = requests_[number];
  if (!job.ok()) {
    scheduler_.Trace(absl::StrCat("request ", request.id, " is refused ",
                                  static_cast<int>(job.status().code())));
    if (request.answered.has_value() && !absl::IsUnavailable(job.status())) {
      checker_.Violation(absl::StrCat(
          "R3: ", request.id, " was acknowledged and then refused: ", job.status().ToString()));
    }
    return;
  }
  scheduler_.Trace(absl::StrCat("request ", request.id, " is job ", checker_.NumberOf(job->id)));
  if (!request.answered.has_value()) {
    request.answered = job->id;
    told_.push_back(job->id);
  } else if (*request.answered != job->id) {
    checker_.Violation(absl::StrCat("R1: ", request.id, " made two jobs"));
  }
}

void Clients::Create(Process& process) {
  requests_.push_back({.kind = Request::Kind::kCreate,
                       .brand = scheduler_.Below(kBrands),
                       .room = scheduler_.Below(kRoomsPerBrand),
                       .id = absl::StrCat("create-", ++last_id_)});
  if (expire_one_in_ > 0 && scheduler_.OneIn(expire_one_in_)) {
    requests_.back().span = scheduler_.Between(absl::Minutes(1), kTtlMax);
  }
  Send(process, requests_.size() - 1);
}

void Clients::SendDelete(Process& process, int brand, int room) {
  requests_.push_back({.kind = Request::Kind::kDelete,
                       .brand = brand,
                       .room = room,
                       .id = absl::StrCat("delete-", ++last_id_)});
  if (scheduler_.OneIn(4)) {
    requests_.back().span = absl::ZeroDuration();
  }
  Send(process, requests_.size() - 1);
}

void Clients::Delete(Process& process) {
  if (!requests_.empty() && scheduler_.OneIn(2)) {  // an app that changes its mind
    SendDelete(process, requests_.back().brand, requests_.back().room);
  } else {
    const int brand = scheduler_.Below(kBrands);
    SendDelete(process, brand, scheduler_.Below(kRoomsPerBrand));
  }
}

void Clients::DeleteReady(Process& process) {
  for (const JobId& job : std::exchange(succeeded_, {})) {
    const auto request =
        std::find_if(requests_.begin(), requests_.end(),
                     [&](const Request& candidate) { return candidate.answered == job; });
    if (request->kind != Request::Kind::kDelete) {
      SendDelete(process, request->brand, request->room);
    }
  }
}

std::optional<JobId> Clients::AnyJob() {
  if (told_.empty()) {
    return std::nullopt;
  }
  return told_[static_cast<std::size_t>(scheduler_.Below(static_cast<int>(told_.size())))];
}

void Clients::Retry(Process& process) {
  const std::optional<JobId> job = AnyJob();
  for (const Request& request : requests_) {
    if (job.has_value() && request.answered == job) {
      requests_.push_back({.kind = Request::Kind::kRetry,
                           .brand = request.brand,
                           .room = request.room,
                           .retried = *job,
                           .id = absl::StrCat("retry-", ++last_id_)});
      Send(process, requests_.size() - 1);
      return;
    }
  }
}

void Clients::AskAgain(Process& process) {
  if (!requests_.empty()) {
    Send(process, static_cast<std::size_t>(scheduler_.Below(static_cast<int>(requests_.size()))));
  }
}

void Clients::Cancel(Process& process) {
  if (const std::optional<JobId> job = AnyJob(); job.has_value()) {
    CancelJobById(process.context(), {.role = Role::kOperator, .key = ApiKeyId("operator")}, *job,
                  [this, id = *job](const absl::StatusOr<Job>& answer) {
                    scheduler_.Trace(absl::StrCat("cancel of job ", checker_.NumberOf(id), " ",
                                                  static_cast<int>(answer.status().code())));
                  });
  }
}

void Clients::Confirm(Process& process) {
  const int brand = scheduler_.Below(kBrands);
  ConfirmRoomRemoved(
      process.context(), AppOf(brand), KeyOf(brand, scheduler_.Below(kRoomsPerBrand)),
      [this](const absl::StatusOr<CleanRoom>& room) {
        scheduler_.Trace(absl::StrCat("confirm ", static_cast<int>(room.status().code())));
      });
}

void Clients::Undelete(Process& process) {
  const auto last = std::find_if(requests_.rbegin(), requests_.rend(), [](const Request& request) {
    return request.kind == Request::Kind::kDelete;
  });
  if (last == requests_.rend()) {
    return;
  }
  UndeleteCleanRoom(
      process.context(), AppOf(last->brand), KeyOf(last->brand, last->room),
      [this](const absl::StatusOr<CleanRoom>& room) {
        scheduler_.Trace(absl::StrCat("undelete ", static_cast<int>(room.status().code())));
      });
}

void Clients::Renew(Process& process) {
  const int brand = scheduler_.Below(kBrands);
  const RoomKey key = KeyOf(brand, scheduler_.Below(kRoomsPerBrand));
  RenewCleanRoom(process.context(), AppOf(brand), key,
                 {.ttl = scheduler_.Between(absl::Minutes(1), kTtlMax)},
                 [this](const absl::StatusOr<CleanRoom>& room) {
                   scheduler_.Trace(absl::StrCat("renew ", static_cast<int>(room.status().code())));
                 });
}

void Clients::Pry(Process& process) {
  const std::optional<JobId> job = AnyJob();
  const int brand = scheduler_.Below(kBrands);
  if (!job.has_value()) {
    return;
  }
  FindJob(process.context(), AppOf(brand), *job, [this, brand](const absl::StatusOr<Job>& seen) {
    if (seen.ok() && seen->room.brand.value() != BrandName(brand)) {
      checker_.Violation("R7: a brand saw another brand's job");
    }
  });
}

void Clients::Watch(Process& process) {
  for (const JobId& job : told_) {
    Watcher& watcher = watchers_[job];
    if (watcher.ended || watcher.reader != nullptr) {
      continue;
    }
    auto reader = EventReader::Make(process.context().jobs, process.hub(), job, watcher.last_seq);
    if (reader.ok()) {
      watcher.reader = *std::move(reader);
      Next(job);
    }
  }
}

void Clients::Next(const JobId& job) {
  EventReader* const reader = watchers_[job].reader.get();
  reader->Next([this, job, reader](const absl::StatusOr<EventReader::Batch>& batch) {
    Watcher& watcher = watchers_[job];
    if (watcher.reader.get() != reader) {
      return;  // of a connection that was lost
    }
    if (!batch.ok()) {
      watcher.reader.reset();  // connects again later
      return;
    }
    for (const JobEvent& event : *batch) {
      if (event.seq != ++watcher.last_seq) {
        checker_.Violation(absl::StrCat("R12: a watcher of job ", checker_.NumberOf(job),
                                        " got event ", event.seq, " in place of ",
                                        watcher.last_seq));
      }
    }
    if (!batch->empty() && batch->back().job_state == JobState::kSucceeded) {
      succeeded_.push_back(job);
    }
    watcher.ended = batch->empty();
    if (watcher.ended) {
      watcher.reader.reset();
    } else {
      Next(job);
    }
  });
}

void Clients::ConnectionsLost() {
  for (auto& [job, watcher] : watchers_) {
    watcher.reader.reset();
  }
}

void Clients::CheckAtRest() {
  std::map<JobId, Job> stored;
  for (Job& job : checker_.Jobs()) {
    const JobId id = job.id;
    stored.emplace(id, std::move(job));
  }
  for (const JobId& id : told_) {
    const auto found = stored.find(id);
    if (found == stored.end()) {
      checker_.Violation("R3: an acknowledged job is not stored");
      continue;
    }
    const Watcher& watcher = watchers_[id];
    if (!watcher.ended || watcher.last_seq < checker_.EndOf(id)) {
      checker_.Violation(absl::StrCat("R12: the watcher of job ", checker_.NumberOf(id), " saw ",
                                      watcher.last_seq, " of ", found->second.last_seq, " events"));
    }
  }
}

}  // namespace roomkeeper::testing
