#include "tests/e2e/crowd.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/clock.h"

namespace roomkeeper::testing {
namespace {

// One answered create in so many is asked for again whenever a server comes.
constexpr std::int64_t kAskAgainOneIn = 16;

bool IsDone(const Customer& customer) {
  return customer.create.over &&
         (customer.then != Customer::Then::kCancel || customer.cancel_answered) &&
         (customer.then != Customer::Then::kDelete || customer.removal.over);
}

bool WantsCancel(const Customer& customer) {
  return customer.then == Customer::Then::kCancel && !customer.cancel_answered &&
         customer.create.seen >= customer.cancel_at;
}

bool WantsRemoval(const Customer& customer) {
  return customer.then == Customer::Then::kDelete && customer.create.over &&
         customer.removal.name.empty();
}

}  // namespace

template <typename Request>
struct Crowd::Call {
  grpc::ClientContext context = {};
  Request request = {};
  v1::Job answer = {};
};

// Deletes itself when the stream is over, as gRPC's reactors do.
class Crowd::Watch final : public grpc::ClientReadReactor<v1::JobEvent> {
 public:
  Watch(Crowd& crowd, Customer& customer, WatchedJob& job, std::int64_t after)
      : crowd_(crowd), customer_(customer), job_(job) {
    context_.AddMetadata("authorization", absl::StrCat("Bearer ", customer.key));
    request_.set_name(job.name);
    request_.set_after_sequence(after);
  }

  void Begin(v1::JobService::Stub& stub) {
    stub.async()->WatchJob(&context_, &request_, this);
    StartRead(&event_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (ok) {
      crowd_.OnEvent(customer_, job_, event_);
      StartRead(&event_);
    }
  }

  void OnDone(const grpc::Status& status) override {
    Crowd& crowd = crowd_;
    crowd.OnWatchEnd(customer_, job_, status);
    delete this;
    crowd.CallEnded();
  }

 private:
  Crowd& crowd_;
  Customer& customer_;
  WatchedJob& job_;
  grpc::ClientContext context_;
  v1::WatchJobRequest request_;
  v1::JobEvent event_;
};

Crowd::~Crowd() {
  (void)AwaitSilence(absl::Seconds(60));
}

void Crowd::Add(Customer customer) {
  const MutexLock lock(mu_);
  ++counts_.open;
  counts_.steady += customer.then == Customer::Then::kKeep ? 1 : 0;
  customers_.push_back(std::move(customer));
}

void Crowd::Serve(const std::shared_ptr<grpc::Channel>& channel) {
  rooms_ = v1::CleanRoomService::NewStub(channel);
  jobs_ = v1::JobService::NewStub(channel);
  ++rounds_;
  std::vector<std::pair<Customer*, Customer>> all;  // as they were before the first answer came
  {
    const MutexLock lock(mu_);
    for (Customer& customer : customers_) {
      all.emplace_back(&customer, customer);
    }
  }
  std::int64_t number = rounds_;
  for (auto& [live, seen] : all) {
    if (seen.create.name.empty() || ++number % kAskAgainOneIn == 0) {
      AskForRoom(*live);
    }
    if (!seen.create.name.empty() && !seen.create.over) {
      BeginWatch(*live, live->create);
    }
    if (WantsCancel(seen)) {
      AskForCancel(*live);
    }
    if (WantsRemoval(seen)) {
      AskForRemoval(*live);
    }
    if (!seen.removal.name.empty() && !seen.removal.over) {
      BeginWatch(*live, live->removal);
    }
  }
}

template <typename Request>
std::shared_ptr<Crowd::Call<Request>> Crowd::NewCall(const Customer& customer) {
  auto call = std::make_shared<Call<Request>>();
  call->context.AddMetadata("authorization", absl::StrCat("Bearer ", customer.key));
  const MutexLock lock(mu_);
  ++counts_.asked;
  ++calls_open_;
  return call;
}

void Crowd::AskForRoom(Customer& customer) {
  const auto call = NewCall<v1::CreateCleanRoomRequest>(customer);
  call->request.set_clean_room_id(customer.room_id);
  call->request.set_request_id(absl::StrCat("create-", customer.room_id));
  call->request.mutable_clean_room()->set_package("packages/identity-match");
  rooms_->async()->CreateCleanRoom(&call->context, &call->request, &call->answer,
                                   [this, &customer, call](const grpc::Status& status) {
                                     OnJob(customer, customer.create, status, call->answer);
                                   });
}

void Crowd::AskForRemoval(Customer& customer) {
  const auto call = NewCall<v1::DeleteCleanRoomRequest>(customer);
  call->request.set_name(customer.room_name);
  call->request.set_request_id(absl::StrCat("delete-", customer.room_id));
  // Not forced, each would ask the platform for runs first, which a brand may do four at a time.
  call->request.set_force(true);
  rooms_->async()->DeleteCleanRoom(&call->context, &call->request, &call->answer,
                                   [this, &customer, call](const grpc::Status& status) {
                                     OnJob(customer, customer.removal, status, call->answer);
                                   });
}

void Crowd::AskForCancel(Customer& customer) {
  const auto call = NewCall<v1::CancelJobRequest>(customer);
  call->request.set_name(customer.create.name);
  jobs_->async()->CancelJob(
      &call->context, &call->request, &call->answer,
      [this, &customer, call](const grpc::Status& status) { OnCancel(customer, status); });
}

void Crowd::BeginWatch(Customer& customer, WatchedJob& job) {
  std::int64_t after = 0;
  {
    const MutexLock lock(mu_);
    ++calls_open_;
    after = job.seen;
  }
  (new Watch(*this, customer, job, after))->Begin(*jobs_);
}

void Crowd::OnJob(Customer& customer, WatchedJob& job, const grpc::Status& status,
                  const v1::Job& answer) {
  bool first = false;
  {
    const MutexLock lock(mu_);
    if (!status.ok()) {
      Lost(customer, status);
    } else if (job.name.empty()) {
      job.name = answer.name();
      customer.room_name = answer.clean_room();
      first = true;
    } else if (job.name != answer.name()) {
      Trouble(customer, absl::StrCat("asked again, it is ", answer.name(), " and was ", job.name));
    }
    counts_.answers += status.ok() ? 1 : 0;
  }
  if (first) {
    BeginWatch(customer, job);
  }
  CallEnded();
}

void Crowd::OnCancel(Customer& customer, const grpc::Status& status) {
  {
    const MutexLock lock(mu_);
    // Refused: the job was over before the request came.
    if (status.ok() || status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) {
      customer.cancel_answered = true;
      ++counts_.answers;
      counts_.open -= IsDone(customer) ? 1 : 0;
    } else {
      Lost(customer, status);
    }
  }
  CallEnded();
}

void Crowd::OnEvent(Customer& customer, WatchedJob& job, const v1::JobEvent& event) {
  bool cancel = false;
  {
    const MutexLock lock(mu_);
    if (event.sequence() != job.seen + 1 || event.job() != job.name) {
      Trouble(customer, absl::StrCat("event ", event.sequence(), " of ", event.job(),
                                     " came after event ", job.seen, " of ", job.name));
    }
    job.seen = event.sequence();
    job.last_type = event.type();
    ++counts_.events;
    cancel = &job == &customer.create && job.seen == customer.cancel_at && WantsCancel(customer);
  }
  changed_.NotifyAll();
  if (cancel) {
    AskForCancel(customer);
  }
}

void Crowd::OnWatchEnd(Customer& customer, WatchedJob& job, const grpc::Status& status) {
  bool remove = false;
  {
    const MutexLock lock(mu_);
    if (status.ok()) {
      job.over = true;
      counts_.open -= IsDone(customer) ? 1 : 0;
      counts_.steady -= customer.then == Customer::Then::kKeep ? 1 : 0;
      remove = WantsRemoval(customer);
    } else {
      ++counts_.broken;
      if (status.error_code() != grpc::StatusCode::UNAVAILABLE) {
        Trouble(customer, absl::StrCat("its watch ended with ", status.error_code(), ": ",
                                       status.error_message()));
      }
    }
  }
  if (remove) {
    AskForRemoval(customer);
  }
}

void Crowd::CallEnded() {
  const MutexLock lock(mu_);
  --calls_open_;
  changed_.NotifyAll();
}

void Crowd::Lost(const Customer& customer, const grpc::Status& status) {
  ++counts_.lost;
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE) {
    Trouble(customer, absl::StrCat("a request was answered with ", status.error_code(), ": ",
                                   status.error_message()));
  }
}

void Crowd::Trouble(const Customer& customer, const std::string& what) {
  if (trouble_.empty()) {
    trouble_ = absl::StrCat(customer.room_id, ": ", what);
  }
}

Crowd::Counts Crowd::counts() const {
  const MutexLock lock(mu_);
  return counts_;
}

bool Crowd::AwaitProgress(std::int64_t answers, std::int64_t events, absl::Duration patience) {
  const SystemClock clock;
  const absl::Duration end = clock.Monotonic() + patience;
  const MutexLock lock(mu_);
  while (trouble_.empty() && counts_.steady > 0 &&
         (counts_.answers < answers || counts_.events < events)) {
    const absl::Duration left = end - clock.Monotonic();
    if (left <= absl::ZeroDuration()) {
      return false;
    }
    (void)changed_.WaitFor(mu_, left);
  }
  return trouble_.empty();
}

bool Crowd::AwaitSilence(absl::Duration patience) {
  const SystemClock clock;
  const absl::Duration end = clock.Monotonic() + patience;
  const MutexLock lock(mu_);
  while (calls_open_ > 0) {
    const absl::Duration left = end - clock.Monotonic();
    if (left <= absl::ZeroDuration()) {
      return false;
    }
    (void)changed_.WaitFor(mu_, left);
  }
  return true;
}

std::string Crowd::trouble() const {
  const MutexLock lock(mu_);
  return trouble_;
}

std::vector<Customer> Crowd::customers() const {
  const MutexLock lock(mu_);
  return {customers_.begin(), customers_.end()};
}

}  // namespace roomkeeper::testing
