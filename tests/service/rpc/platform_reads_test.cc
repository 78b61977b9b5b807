#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::World;
using testing::WorldOptions;
using Rooms = v1::CleanRoomService::Stub;

// Calls that read the platform, open at the same time.
class OpenReads {
 public:
  explicit OpenReads(World& world) : world_(world) {
    REQUIRE(world.CreateAndWait(world.acme).state() == v1::JOB_STATE_SUCCEEDED);
    world.OnLoop([&] {
      world.platform->silent = true;
      world.platform->on_call = [this](int, const std::string&) {
        const MutexLock lock(mu_);
        ++arrived_;
        changed_.NotifyAll();
      };
    });
  }

  // Opens one, and waits until the platform has it or it is answered.
  void Open(const std::string& key) {
    calls_.push_back(std::make_unique<Call>());
    Call& call = *calls_.back();
    call.context = world_.NewContext(key);
    call.request.set_parent(testing::kAcmeRoom);
    std::size_t seen = 0;
    {
      const MutexLock lock(mu_);
      seen = arrived_ + answered_;
    }
    world_.rooms->async()->ListTaskRuns(call.context.get(), &call.request, &call.response,
                                        [this, &call](grpc::Status status) {
                                          const MutexLock lock(mu_);
                                          call.status = std::move(status);
                                          ++answered_;
                                          changed_.NotifyAll();
                                        });
    const MutexLock lock(mu_);
    while (arrived_ + answered_ == seen) {
      changed_.Wait(mu_);
    }
  }
  // Waits for all; their answers in the order in which they were opened.
  std::vector<grpc::Status> Close() {
    const MutexLock lock(mu_);
    while (answered_ < calls_.size()) {
      changed_.Wait(mu_);
    }
    std::vector<grpc::Status> all;
    for (const auto& call : calls_) {
      all.push_back(call->status);
    }
    return all;
  }

 private:
  struct Call {
    std::unique_ptr<grpc::ClientContext> context = {};
    v1::ListTaskRunsRequest request = {};
    v1::ListTaskRunsResponse response = {};
    grpc::Status status = {};
  };
  World& world_;
  std::vector<std::unique_ptr<Call>> calls_;
  Mutex mu_;
  CondVar changed_;
  std::size_t arrived_ ABSL_GUARDED_BY(mu_) = 0;
  std::size_t answered_ ABSL_GUARDED_BY(mu_) = 0;
};

TEST_CASE("one brand's reads of the platform are bounded, and only they", "[service][reads]") {
  World world({.limits = {.platform_reads_per_brand_max = 3}});
  const std::size_t open = GENERATE(2U, 3U, 4U);
  CAPTURE(open);
  OpenReads reads(world);
  for (std::size_t i = 0; i < open; ++i) {
    reads.Open(world.acme);
  }
  // What the store answers is not counted; nor are the operators.
  v1::GetRunnableNotebookRequest stored;
  stored.set_name(testing::kAcmeRoom);
  CHECK(world.Call(world.rooms, &Rooms::GetRunnableNotebook, stored, world.acme).ok());
  reads.Open(world.op);
  world.OnLoop([&] { world.platform->AnswerAll(); });

  const std::vector<grpc::Status> answers = reads.Close();

  for (std::size_t i = 0; i < answers.size(); ++i) {
    CAPTURE(i);
    const bool refused = i == 3 && open == 4;
    CHECK(answers[i].error_code() ==
          (refused ? grpc::StatusCode::RESOURCE_EXHAUSTED : grpc::StatusCode::OK));
    if (refused) {
      CHECK(World::Details(answers[i]).reason == reason::kPlatformReadsFull);
      CHECK(World::Details(answers[i]).retry_after > absl::ZeroDuration());
    }
  }
  reads.Open(world.acme);  // their places are free again
  CHECK(reads.Close().back().ok());
}

TEST_CASE("calls in work are bounded", "[service][reads]") {
  World world({.limits = {.calls_max = 3, .platform_reads_per_brand_max = 100}});
  const std::size_t open = GENERATE(2U, 3U, 4U);
  CAPTURE(open);
  OpenReads reads(world);
  for (std::size_t i = 0; i < open; ++i) {
    reads.Open(world.acme);
  }
  world.OnLoop([&] { world.platform->AnswerAll(); });

  const std::vector<grpc::Status> answers = reads.Close();

  for (std::size_t i = 0; i < open; ++i) {
    CHECK(answers[i].ok() == (i < 3));
  }
  if (open == 4) {
    CHECK(World::Details(answers[3]).reason == reason::kServerBusy);
  }
  reads.Open(world.acme);
  CHECK(reads.Close().back().ok());
}

TEST_CASE("a refresh reads the platform and is counted", "[service][reads]") {
  World world({.limits = {.platform_reads_per_brand_max = 1}});
  OpenReads reads(world);
  reads.Open(world.acme);
  v1::GetRunnableNotebookRequest refresh;
  refresh.set_name(testing::kAcmeRoom);
  refresh.set_refresh(true);
  v1::PlanCleanRoomRequest plan;
  plan.mutable_clean_room()->set_package("packages/identity-match");

  const auto refreshed = world.Call(world.rooms, &Rooms::GetRunnableNotebook, refresh, world.acme);
  const auto planned = world.Call(world.rooms, &Rooms::PlanCleanRoom, plan, world.acme);

  CHECK(refreshed.reason() == reason::kPlatformReadsFull);
  CHECK(planned.reason() == reason::kPlatformReadsFull);
  world.OnLoop([&] { world.platform->AnswerAll(); });
  CHECK(reads.Close().front().ok());
}

// DeleteCleanRoom of a room that is not there, so that it is answered by the store once it is let
// in.
class OpenRemovals {
 public:
  void Open(World& world) {
    calls_.push_back(std::make_unique<Call>());
    Call& call = *calls_.back();
    call.context = world.NewContext(world.acme);
    call.request.set_name(absl::StrCat(testing::kAcmeRoom, "-", calls_.size()));
    world.rooms->async()->DeleteCleanRoom(call.context.get(), &call.request, &call.response,
                                          [this, &call](grpc::Status status) {
                                            const MutexLock lock(mu_);
                                            call.status = std::move(status);
                                            ++answered_;
                                            changed_.NotifyAll();
                                          });
  }
  // Waits until so many are answered.
  void Await(std::size_t answered) {
    const MutexLock lock(mu_);
    while (answered_ < answered) {
      changed_.Wait(mu_);
    }
  }
  int Count(const char* reason) {
    const MutexLock lock(mu_);
    int count = 0;
    for (const auto& call : calls_) {
      count += !call->status.ok() && World::Details(call->status).reason == reason ? 1 : 0;
    }
    return count;
  }

 private:
  struct Call {
    std::unique_ptr<grpc::ClientContext> context = {};
    v1::DeleteCleanRoomRequest request = {};
    v1::Job response = {};
    grpc::Status status = {};
  };
  std::vector<std::unique_ptr<Call>> calls_;
  Mutex mu_;
  CondVar changed_;
  std::size_t answered_ ABSL_GUARDED_BY(mu_) = 0;
};

TEST_CASE("removals of one brand wait for their turn to read the platform, up to a limit",
          "[service][reads]") {
  World world(
      {.limits = {.platform_reads_per_brand_max = 2, .removals_in_line_per_brand_max = 20}});
  OpenReads reads(world);
  OpenRemovals removals;
  reads.Open(world.acme);
  reads.Open(world.acme);

  for (int i = 0; i < 23; ++i) {
    removals.Open(world);
  }
  removals.Await(3);  // those that find the line full
  CHECK(removals.Count(reason::kPlatformReadsFull) == 3);
  world.OnLoop([&] { world.platform->AnswerAll(); });
  removals.Await(23);

  CHECK(removals.Count(reason::kNotFound) == 20);
  CHECK(reads.Close().back().ok());
  reads.Open(world.acme);  // every place is free again
  reads.Open(world.acme);
  world.OnLoop([&] { world.platform->AnswerAll(); });
  CHECK(reads.Close().back().ok());
}

TEST_CASE("the drain ends removals that wait for their turn at once", "[service][reads]") {
  World world({.limits = {.platform_reads_per_brand_max = 1, .removals_in_line_per_brand_max = 2}});
  OpenReads reads(world);
  OpenRemovals removals;
  reads.Open(world.acme);
  for (int i = 0; i < 3; ++i) {
    removals.Open(world);
  }
  removals.Await(1);  // refused: the other two are in line
  std::thread drain([&] { world.server->ShutDown(absl::Seconds(60)); });

  removals.Await(3);

  CHECK(removals.Count(reason::kShuttingDown) == 2);
  world.OnLoop([&] { world.platform->AnswerAll(); });
  drain.join();
  CHECK(reads.Close().back().ok());
}

TEST_CASE("a platform that never answers does not hold up the drain", "[service][reads]") {
  World world;
  OpenReads reads(world);
  reads.Open(world.acme);
  reads.Open(world.op);

  world.server->ShutDown(absl::Milliseconds(200));

  for (const grpc::Status& answer : reads.Close()) {
    CHECK(answer.error_code() == grpc::StatusCode::UNAVAILABLE);
    CHECK(World::Details(answer).reason == reason::kShuttingDown);
  }
  world.server.reset();
  world.OnLoop([&] { world.platform->AnswerAll(); });  // too late, and no harm
}

TEST_CASE("a platform that answers during the drain is waited for", "[service][reads]") {
  World world;
  OpenReads reads(world);
  reads.Open(world.acme);
  std::thread drain([&] { world.server->ShutDown(absl::Seconds(60)); });
  world.OnLoop([&] { world.platform->AnswerAll(); });

  CHECK(reads.Close().front().ok());
  drain.join();
}

}  // namespace
}  // namespace roomkeeper
