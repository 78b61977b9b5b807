#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

#include "roomkeeper/v1/clean_room.grpc.pb.h"
#include "roomkeeper/v1/job.grpc.pb.h"

#include "lib/base/mutex.h"

namespace roomkeeper::testing {

// A job as its watcher knows it.
struct WatchedJob {
  std::string name = {};       // empty: the request that makes it was not answered yet
  std::int64_t seen = 0;       // sequence of the last event: the token to watch on with
  std::string last_type = {};  // of that event
  bool over = false;           // the watch ended OK
};

// One clean room that somebody asks for, and maybe thinks better of.
struct Customer {
  enum class Then : std::uint8_t { kKeep, kCancel, kDelete };
  std::string key = {};  // the brand's API key
  std::string room_id = {};
  Then then = Then::kKeep;
  std::int64_t cancel_at = 1;  // kCancel: once this event was seen; one that every create has

  std::string room_name = {};  // of the clean room resource, once the create was answered
  WatchedJob create = {};
  WatchedJob removal = {};  // kDelete: asked for when the create is over
  bool cancel_answered = false;
};

// Apps that behave as docs/api.md asks, before a server that dies: what was not answered is asked
// again with its own request_id, a watch that broke goes on after the last event it saw, and now
// and then somebody asks again for what was answered. All calls of all customers are under way
// together. The methods are for one thread and do not block, but for the Await… ones.
class Crowd {
 public:
  Crowd() = default;
  ~Crowd();  // waits for the calls that are open: the server must be gone
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // Served from the next Serve on.
  void Add(Customer customer);
  // Sends what is to be sent; what follows from an answer is sent with that answer. No call may be
  // open: the last server is dead, and AwaitSilence was true.
  void Serve(const std::shared_ptr<grpc::Channel>& channel);

  // All since the beginning.
  struct Counts {
    std::int64_t asked = 0;    // requests sent
    std::int64_t answers = 0;  // … and answered
    std::int64_t lost = 0;     // … and not answered
    std::int64_t events = 0;   // seen
    std::int64_t broken = 0;   // watches that ended before their job
    std::int64_t open = 0;     // customers, now, who have not got what they want
    std::int64_t steady = 0;   // … and mean to keep it
  };
  Counts counts() const;
  // Until so many answers and events were counted, or no steady customer is open, from whom more is
  // certain to come; false: not within `patience`, or trouble.
  bool AwaitProgress(std::int64_t answers, std::int64_t events, absl::Duration patience);
  // Until no call is open; false: not within `patience`.
  bool AwaitSilence(absl::Duration patience);

  // The first thing that must not be, empty if all is well: an event skipped or seen twice, another
  // job for the same request_id, a refusal.
  std::string trouble() const;
  std::vector<Customer> customers() const;

 private:
  class Watch;
  template <typename Request>
  struct Call;

  template <typename Request>
  std::shared_ptr<Call<Request>> NewCall(const Customer& customer);
  void AskForRoom(Customer& customer);
  void AskForRemoval(Customer& customer);
  void AskForCancel(Customer& customer);
  void BeginWatch(Customer& customer, WatchedJob& job);

  void OnJob(Customer& customer, WatchedJob& job, const grpc::Status& status,
             const v1::Job& answer);
  void OnCancel(Customer& customer, const grpc::Status& status);
  void OnEvent(Customer& customer, WatchedJob& job, const v1::JobEvent& event);
  void OnWatchEnd(Customer& customer, WatchedJob& job, const grpc::Status& status);
  void CallEnded();
  void Lost(const Customer& customer, const grpc::Status& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Trouble(const Customer& customer, const std::string& what)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Replaced while no call is open.
  std::unique_ptr<v1::CleanRoomService::Stub> rooms_;
  std::unique_ptr<v1::JobService::Stub> jobs_;
  std::int64_t rounds_ = 0;

  mutable Mutex mu_;
  CondVar changed_;
  std::deque<Customer> customers_ ABSL_GUARDED_BY(mu_);
  std::int64_t calls_open_ ABSL_GUARDED_BY(mu_) = 0;
  Counts counts_ ABSL_GUARDED_BY(mu_);
  std::string trouble_ ABSL_GUARDED_BY(mu_);
};

}  // namespace roomkeeper::testing
