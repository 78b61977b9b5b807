#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/events/event_reader.h"
#include "tests/simulation/checker.h"
#include "tests/simulation/process.h"

namespace roomkeeper::testing {

inline constexpr int kRoomsPerBrand = 2;
inline constexpr absl::Duration kTtlMax = absl::Minutes(40);

// The apps of the brands, and operators: they ask, ask again, change their mind, and remember what
// they were told.
class Clients {
 public:
  Clients(Scheduler& scheduler, Checker& checker) : scheduler_(scheduler), checker_(checker) {}

  // Each sends one call to this process; what it answers comes later, or never.
  void Create(Process& process);
  void Delete(Process& process);
  void DeleteReady(Process& process);  // each room that became READY since the last time
  void Retry(Process& process);
  void AskAgain(Process& process);  // an earlier request, word for word
  void Cancel(Process& process);
  void Confirm(Process& process);
  void Undelete(Process& process);
  void Renew(Process& process);
  void Pry(Process& process);  // a brand asks for another brand's job

  // Watchers: each acknowledged job has one, which goes on after its last event.
  void Watch(Process& process);
  void ConnectionsLost();  // the process that they watch dies

  // Every acknowledged job is stored; every watcher saw all of its job's history.
  void CheckAtRest();
  std::size_t acknowledged() const { return told_.size(); }
  // One room in so many is asked for with a time to live; 0: none.
  void LetRoomsExpire(int one_in) { expire_one_in_ = one_in; }

 private:
  struct Request {
    enum class Kind { kCreate, kDelete, kRetry };
    Kind kind = Kind::kCreate;
    int brand = 0;
    int room = 0;
    JobId retried = {};
    std::string id = {};
    std::optional<absl::Duration> span = {};  // of a create its ttl, of a delete its grace period
    std::optional<JobId> answered = {};
  };
  struct Watcher {
    std::int64_t last_seq = 0;
    bool ended = false;
    std::shared_ptr<EventReader> reader = {};
  };

  void Send(Process& process, std::size_t request);
  void SendDelete(Process& process, int brand, int room);
  void Answered(std::size_t request, const absl::StatusOr<Job>& job);
  void Next(const JobId& job);
  std::optional<JobId> AnyJob();

  Scheduler& scheduler_;
  Checker& checker_;
  std::vector<Request> requests_;
  std::vector<JobId> told_;  // acknowledged jobs, in that order
  std::map<JobId, Watcher> watchers_;
  std::vector<JobId> succeeded_;  // as watched, since the last DeleteReady
  int last_id_ = 0;
  int expire_one_in_ = 0;
};

}  // namespace roomkeeper::testing
