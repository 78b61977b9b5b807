#include "lib/store/group_commit.h"

#include <atomic>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "lib/obs/metric_table.h"
#include "lib/store/memory/memory_engine.h"
#include "tests/support/matchers.h"
#include "tests/unit/store/submit_sample.h"

namespace roomkeeper::testing {
namespace {

// Holds every commit until it is let through, so that a test decides what queues up behind it.
class GatedEngine final : public StorageEngine {
 public:
  std::vector<absl::StatusOr<WriteResult>> Apply(std::vector<WriteOp> ops,
                                                 CommitNotice& notice) override {
    {
      const MutexLock lock(mu_);
      batches_.push_back(ops.size());
      changed_.NotifyAll();
      while (passes_ == 0) {
        changed_.Wait(mu_);
      }
      --passes_;
    }
    if (const absl::Status status = Probe(); !status.ok()) {
      return std::vector<absl::StatusOr<WriteResult>>(ops.size(), status);
    }
    return inner_.Apply(std::move(ops), notice);
  }
  absl::Status Probe() override {
    const MutexLock lock(mu_);
    return full_ ? absl::UnavailableError("the disk is full") : absl::OkStatus();
  }
  void SetFull(bool full) {
    const MutexLock lock(mu_);
    full_ = full;
  }
  void Tidy() override {
    const MutexLock lock(mu_);
    ++tidied_;
    changed_.NotifyAll();
  }
  absl::StatusOr<std::unique_ptr<Reader>> NewReader() override { return inner_.NewReader(); }

  void Pass(int commits) {
    const MutexLock lock(mu_);
    passes_ += commits;
    changed_.NotifyAll();
  }
  void AwaitCommit(std::size_t n) {
    const MutexLock lock(mu_);
    while (batches_.size() < n) {
      changed_.Wait(mu_);
    }
  }
  void AwaitTidy() {
    const MutexLock lock(mu_);
    while (tidied_ == 0) {
      changed_.Wait(mu_);
    }
  }
  std::vector<std::size_t> batches() {
    const MutexLock lock(mu_);
    return batches_;
  }

 private:
  MemoryEngine inner_;
  Mutex mu_;
  CondVar changed_;
  int passes_ ABSL_GUARDED_BY(mu_) = 0;
  int tidied_ ABSL_GUARDED_BY(mu_) = 0;
  bool full_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::size_t> batches_ ABSL_GUARDED_BY(mu_);
};

struct World {
  explicit World(GroupCommit::Options options = {}) : store(engine, metrics, clock, options) {
    REQUIRE_OK(store.Start());
  }
  std::future<absl::Status> SubmitOne(const std::string& id) {
    auto answer = std::make_shared<std::promise<absl::Status>>();
    store.Submit(SampleSubmit(id), [answer](const absl::StatusOr<SubmitJob::Result>& result) {
      answer->set_value(result.status());
    });
    return answer->get_future();
  }

  SystemClock clock;
  Metrics metrics;
  GatedEngine engine;
  GroupCommit store;
};

TEST_CASE("what arrives during a commit is committed as one group, up to the cap", "[store]") {
  World world({.engine_name = "gated", .batch_ops_max = 3});
  std::vector<std::future<absl::Status>> answers;
  answers.push_back(world.SubmitOne("j0"));
  world.engine.AwaitCommit(1);
  for (int i = 1; i <= 4; ++i) {
    answers.push_back(world.SubmitOne("j" + std::to_string(i)));
  }

  world.engine.Pass(3);

  for (auto& answer : answers) {
    CHECK_OK(answer.get());
  }
  world.store.Stop();
  CHECK(world.engine.batches() == std::vector<std::size_t>{1, 3, 1});
  CHECK(world.metrics.Value(metric::kStoreBatchOps, {"gated"}) == 3);
}

TEST_CASE("nothing is answered before its commit", "[store]") {
  World world;
  auto answer = world.SubmitOne("j");
  world.engine.AwaitCommit(1);

  CHECK(answer.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  world.engine.Pass(1);

  CHECK_OK(answer.get());
}

TEST_CASE("a full queue refuses at once and says so", "[store]") {
  World world({.writes_queued_max = 2});
  auto in_commit = world.SubmitOne("j0");
  world.engine.AwaitCommit(1);
  auto first = world.SubmitOne("j1");
  auto second = world.SubmitOne("j2");

  CHECK_THAT(world.SubmitOne("j3").get(),
             StatusIs(absl::StatusCode::kResourceExhausted, "queue of writes is full (2)"));

  world.engine.Pass(2);
  CHECK_OK(in_commit.get());
  CHECK_OK(first.get());
  CHECK_OK(second.get());
}

TEST_CASE("a listener hears of commits in order, each before its answer", "[store]") {
  World world;
  std::vector<std::string> heard;  // both run on the writer thread
  world.store.Stop();
  world.store.SetCommitListener([&](const CommitNotice& notice) {
    for (const auto& job : notice.jobs) {
      heard.push_back("commit " + job.id.value());
    }
  });
  REQUIRE_OK(world.store.Start());
  world.engine.Pass(100);
  std::vector<std::string> wanted;
  for (int i = 0; i < 20; ++i) {
    const std::string id = std::to_string(i);
    auto answered = std::make_shared<std::promise<void>>();
    world.store.Submit(SampleSubmit(id),
                       [&, id, answered](const absl::StatusOr<SubmitJob::Result>&) {
                         heard.push_back("done " + id);
                         answered->set_value();
                       });
    answered->get_future().wait();
    wanted.push_back("commit " + id);
    wanted.push_back("done " + id);
  }
  world.store.Stop();

  CHECK(heard == wanted);
}

TEST_CASE("a read by the one who was answered sees the write", "[store]") {
  World world;
  world.engine.Pass(1000);
  std::atomic<int> missing = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 50; ++i) {
        const std::string id = std::to_string(caller) + "-" + std::to_string(i);
        std::promise<absl::Status> read;
        world.store.Submit(SampleSubmit(id), [&](const absl::StatusOr<SubmitJob::Result>&) {
          world.store.GetJob(JobId(id),
                             [&](const absl::StatusOr<Job>& job) { read.set_value(job.status()); });
        });
        missing += read.get_future().get().ok() ? 0 : 1;
      }
    });
  }
  for (std::thread& caller : callers) {
    caller.join();
  }

  CHECK(missing == 0);
}

TEST_CASE("stopping answers what is queued, and later calls are refused", "[store]") {
  World world;
  auto queued = world.SubmitOne("j0");
  world.engine.Pass(1);

  world.store.Stop();
  world.store.Stop();

  CHECK_OK(queued.get());
  CHECK_THAT(world.SubmitOne("j1").get(), StatusIs(absl::StatusCode::kUnavailable));
  std::promise<absl::Status> read;
  world.store.GetJob(JobId("j0"),
                     [&](const absl::StatusOr<Job>& job) { read.set_value(job.status()); });
  CHECK_THAT(read.get_future().get(), StatusIs(absl::StatusCode::kUnavailable, "not running"));
}

TEST_CASE("a store that cannot write says why, and is well again by itself", "[store]") {
  const bool idle = GENERATE(true, false);
  CAPTURE(idle);
  World world({.probe_every = idle ? absl::Milliseconds(1) : absl::Hours(1)});
  world.engine.Pass(100);
  CHECK_OK(world.SubmitOne("j0").get());
  CHECK_OK(world.store.health());

  world.engine.SetFull(true);
  CHECK_THAT(world.SubmitOne("j1").get(), StatusIs(absl::StatusCode::kUnavailable));
  CHECK_THAT(world.store.health(), StatusIs(absl::StatusCode::kUnavailable, "the disk is full"));

  world.engine.SetFull(false);
  if (!idle) {
    CHECK_OK(world.SubmitOne("j1").get());
  }
  while (!world.store.health().ok()) {  // or the test's own time limit ends it
    std::this_thread::yield();
  }
  CHECK_OK(world.SubmitOne("j2").get());
}

TEST_CASE("an idle store tidies up", "[store]") {
  World world({.tidy_after = absl::Milliseconds(1)});

  world.engine.AwaitTidy();  // or the test's own time limit ends it

  CHECK(world.engine.batches().empty());
}

}  // namespace
}  // namespace roomkeeper::testing
