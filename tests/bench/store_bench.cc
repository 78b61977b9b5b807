// Measures the SQLite store alone, each answer durable (synchronous=FULL). Usage:
//   store_bench [FOLDER]     a folder on the disk to measure; default: the present one

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "lib/base/check.h"
#include "lib/io/event_loop.h"
#include "lib/store/group_commit.h"
#include "lib/store/sqlite/sqlite_engine.h"

namespace roomkeeper {
namespace {

constexpr absl::Duration kRunFor = absl::Seconds(3);
constexpr int kSteps = 6;
constexpr absl::Duration kNeverTidy = absl::Hours(1);

// A room of the size of the sample package's: six tables and a notebook.
CleanRoom SampleRoom(const std::string& id) {
  CleanRoom room = {
      .key = {.brand = BrandId(absl::StrCat("brand-", std::hash<std::string>()(id) % 200)),
              .install = InstallId("web"),
              .id = CleanRoomId(id)},
      .shard = ShardId("main"),
      .spec = {.room_name = absl::StrCat("rk_", id),
               .comment = std::string(160, 'm'),
               .cloud_vendor = "aws",
               .region = "us-west-2",
               .provider = {.collaborator_alias = "provider",
                            .global_metastore_id = "aws:us-west-2:00000000-0000-0000-0000-000000"},
               .brand = {.collaborator_alias = "acme",
                         .global_metastore_id = "aws:us-west-2:11111111-1111-1111-1111-111111",
                         .invite_recipient_email = "admin@acme.example"},
               .package = PackageName("identity-match"),
               .package_version = "1.0.0",
               .package_digest = std::string(71, 'd')}};
  for (int i = 0; i < 6; ++i) {
    room.spec.assets.push_back({.name = absl::StrCat("provider.spine.table_", i),
                                .local_name = absl::StrCat("main.spine.table_", i)});
  }
  room.spec.notebooks.push_back({.name = "match",
                                 .description = std::string(200, 't'),
                                 .content_digest = std::string(71, 'd'),
                                 .runner_collaborator_aliases = {"acme"}});
  return room;
}

SubmitJob Submit(const std::string& id) {
  const absl::Time now = absl::FromUnixSeconds(1795132800);
  return {.caller_scope = "operators",
          .request_id = absl::StrCat("request-", std::hash<std::string>()(id)),
          .request_hash = std::string(64, 'h'),
          .room = SampleRoom(id),
          .job = {.id = JobId(absl::StrCat(std::hash<std::string>()(id))),
                  .waiting_for = "its turn",
                  .since = now,
                  .shard = ShardId("main"),
                  .created_at = now,
                  .wake_at = now},
          .event_message = "accepted",
          .claim_for = "bench"};
}

// The next of the six steps of a room; the last one ends the job.
AdvanceJob NextStep(Job job, int step) {
  const bool last = step == kSteps - 1;
  job.state = last ? JobState::kSucceeded : JobState::kRunning;
  if (last) {
    job.finished_at = job.created_at;
  }
  job.step = static_cast<Step>(step + 1);
  job.progress.intent_open = true;
  job.progress.platform_calls = step;
  job.progress.assets_done.assign(static_cast<std::size_t>(step), "provider.spine.table");
  return {.job = std::move(job),
          .events = {{.type = "step.started", .message = "the next thing is being done"}}};
}

struct Rate {
  double per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double cpu_us = 0;  // of the whole process, for one of them: does not depend on what else runs
};

double CpuSeconds() {
  timespec now = {};
  RK_CHECK(::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Rate RateOf(std::vector<double>& took_ms, absl::Duration total, double cpu_seconds) {
  if (took_ms.empty()) {
    return {};
  }
  std::sort(took_ms.begin(), took_ms.end());
  return {.per_second = static_cast<double>(took_ms.size()) / absl::ToDoubleSeconds(total),
          .p50_ms = took_ms[took_ms.size() / 2],
          .p99_ms = took_ms[took_ms.size() * 99 / 100],
          .cpu_us = cpu_seconds * 1e6 / static_cast<double>(took_ms.size())};
}

// A store in a file of its own.
class Bench {
 public:
  explicit Bench(const std::string& folder) : path_(absl::StrCat(folder, "/store_bench.db")) {
    Remove();
    Open();
  }
  ~Bench() {
    Close();
    Remove();
  }

  void Open() {
    auto engine = SqliteEngine::Open(path_, clock_);
    RK_CHECK(engine.ok());
    engine_ = *std::move(engine);
    store_ = std::make_unique<GroupCommit>(
        *engine_, metrics_, clock_,
        GroupCommit::Options{.engine_name = "sqlite", .tidy_after = kNeverTidy});
    RK_CHECK(store_->Start().ok());
  }
  void Close() {
    store_.reset();
    engine_.reset();
  }

  // Adds jobs that wait until `rows` are stored.
  void FillTo(int rows) {
    store_->Stop();
    while (rows_ < rows) {
      std::vector<WriteOp> ops;
      for (; rows_ < rows && ops.size() < 512; ++rows_) {
        SubmitJob op = Submit(absl::StrCat("old-", rows_));
        op.job.wake_at = absl::InfiniteFuture();
        ops.emplace_back(std::move(op));
      }
      CommitNotice notice;
      for (const auto& result : engine_->Apply(std::move(ops), notice)) {
        RK_CHECK(result.ok());
      }
    }
    engine_->Tidy();
    RK_CHECK(store_->Start().ok());
  }

  // `outstanding` callers, each submitting its next when the last is durable.
  Rate Submits(int outstanding) {
    return Drive(outstanding, [this](const std::function<void()>& done) {
      store_->Submit(Submit(absl::StrCat("s-", next_++)),
                     [done](const absl::StatusOr<SubmitJob::Result>& result) {
                       RK_CHECK(result.ok());
                       done();
                     });
    });
  }

  // Whole jobs: a submit and six advances, `in_flight` jobs at a time.
  Rate Jobs(int in_flight) {
    return Drive(in_flight, [this](const std::function<void()>& done) {
      store_->Submit(Submit(absl::StrCat("j-", next_++)),
                     [this, done](absl::StatusOr<SubmitJob::Result> result) {
                       RK_CHECK(result.ok());
                       Step(std::move(result->job), 0, done);
                     });
    });
  }

  // One job at a time, in turn through the writer, each step decided on the event loop as the
  // engine does, and committed on the caller's own thread: what the hand-over costs.
  struct Idle {
    Rate writer;
    Rate inline_commits;
  };
  Idle IdleJobs(int jobs) {
    auto loop = EventLoop::Make(clock_);
    RK_CHECK(loop.ok());
    std::thread thread([&] { (*loop)->Run(); });
    std::vector<double> writer_ms;
    std::vector<double> inline_ms;
    for (int i = 0; i < jobs; ++i) {
      absl::Duration start = clock_.Monotonic();
      RunOverLoop(**loop);
      writer_ms.push_back(absl::ToDoubleMilliseconds(clock_.Monotonic() - start));
      start = clock_.Monotonic();
      RunInline();
      inline_ms.push_back(absl::ToDoubleMilliseconds(clock_.Monotonic() - start));
    }
    (*loop)->Stop();
    thread.join();
    return {.writer = RateOf(writer_ms, Sum(writer_ms), 0),
            .inline_commits = RateOf(inline_ms, Sum(inline_ms), 0)};
  }

  struct Restart {
    double open_ms = 0;
    double claim_ms = 0;
    double cpu_ms = 0;
    std::size_t claimed = 0;
  };
  Restart RestartAndClaim(int batch) {
    Close();
    const absl::Duration begin = clock_.Monotonic();
    const double cpu = CpuSeconds();
    Open();
    const absl::Duration opened = clock_.Monotonic();
    Restart restart = {.open_ms = absl::ToDoubleMilliseconds(opened - begin)};
    for (bool more = true; more;) {
      std::promise<void> answered;
      store_->Claim({.owner = absl::StrCat("owner-", next_++), .n = batch}, [&](auto result) {
        RK_CHECK(result.ok());
        restart.claimed += result->due.size() + result->parked.size();
        more = result->more;
        answered.set_value();
      });
      --next_;  // the same owner until it has all
      answered.get_future().wait();
    }
    ++next_;
    restart.claim_ms = absl::ToDoubleMilliseconds(clock_.Monotonic() - opened);
    restart.cpu_ms = (CpuSeconds() - cpu) * 1000;
    return restart;
  }

 private:
  static absl::Duration Sum(const std::vector<double>& took_ms) {
    return absl::Milliseconds(std::accumulate(took_ms.begin(), took_ms.end(), 0.0));
  }

  void RunOverLoop(Loop& loop) {
    std::promise<void> ended;
    store_->Submit(Submit(absl::StrCat("i-", next_++)),
                   [&](absl::StatusOr<SubmitJob::Result> result) {
                     RK_CHECK(result.ok());
                     loop.Post([&, job = std::move(result->job)] {
                       StepOnLoop(loop, job, 0, [&] { ended.set_value(); });
                     });
                   });
    ended.get_future().wait();
  }

  // The writer is idle meanwhile: nothing is queued, and kNeverTidy keeps it so.
  void RunInline() {
    const auto apply = [this](WriteOp op) {
      CommitNotice notice;
      auto result = std::move(engine_->Apply({std::move(op)}, notice).front());
      RK_CHECK(result.ok());
      return *std::move(result);
    };
    Job job = std::get<SubmitJob::Result>(apply(Submit(absl::StrCat("n-", next_++)))).job;
    for (int step = 0; step < kSteps; ++step) {
      AdvanceJob op = NextStep(std::move(job), step);
      job = op.job;
      apply(std::move(op));
    }
  }

  using Start = std::function<void(const std::function<void()>& done)>;

  // Keeps `width` runs of `start` under way for kRunFor.
  Rate Drive(int width, const Start& start) {
    std::vector<std::vector<double>> took(static_cast<std::size_t>(width));
    std::atomic<int> running = width;
    std::promise<void> all_ended;
    const absl::Duration begin = clock_.Monotonic();
    const double cpu = CpuSeconds();
    std::function<void(std::size_t)> next = [&](std::size_t lane) {
      const absl::Duration now = clock_.Monotonic();
      if (now - begin >= kRunFor) {
        if (--running == 0) {
          all_ended.set_value();
        }
        return;
      }
      start([&, lane, now] {
        took[lane].push_back(absl::ToDoubleMilliseconds(clock_.Monotonic() - now));
        next(lane);
      });
    };
    for (std::size_t lane = 0; lane < took.size(); ++lane) {
      next(lane);
    }
    all_ended.get_future().wait();
    const absl::Duration total = clock_.Monotonic() - begin;
    const double used = CpuSeconds() - cpu;
    std::vector<double> all;
    for (const auto& lane : took) {
      all.insert(all.end(), lane.begin(), lane.end());
    }
    return RateOf(all, total, used);
  }

  void Step(Job job, int step, const std::function<void()>& done) {
    if (step == kSteps) {
      done();
      return;
    }
    AdvanceJob op = NextStep(std::move(job), step);
    Job next = op.job;
    store_->Advance(std::move(op), [this, next, step, done](const auto& result) {
      RK_CHECK(result.ok());
      Step(next, step + 1, done);
    });
  }

  void StepOnLoop(Loop& loop, Job job, int step, const std::function<void()>& done) {
    if (step == kSteps) {
      done();
      return;
    }
    AdvanceJob op = NextStep(std::move(job), step);
    Job next = op.job;
    store_->Advance(std::move(op), [this, &loop, next, step, done](const auto& result) {
      RK_CHECK(result.ok());
      loop.Post([this, &loop, next, step, done] { StepOnLoop(loop, next, step + 1, done); });
    });
  }

  void Remove() const {
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(absl::StrCat(path_, suffix));
    }
  }

  const std::string path_;
  SystemClock clock_;
  Metrics metrics_;
  std::unique_ptr<SqliteEngine> engine_;
  std::unique_ptr<GroupCommit> store_;
  std::atomic<int> next_ = 0;
  int rows_ = 0;
};

// What the disk can do: the same small write, made durable each time.
double FsyncMs(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/store_bench.fsync");
  std::FILE* file = std::fopen(path.c_str(), "w");
  RK_CHECK(file != nullptr);
  const SystemClock clock;
  std::vector<double> took_ms;
  const std::string page(4096, 'x');
  for (int i = 0; i < 300; ++i) {
    const absl::Duration start = clock.Monotonic();
    RK_CHECK(std::fwrite(page.data(), page.size(), 1, file) == 1 && std::fflush(file) == 0);
    RK_CHECK(::fdatasync(::fileno(file)) == 0);
    took_ms.push_back(absl::ToDoubleMilliseconds(clock.Monotonic() - start));
  }
  std::fclose(file);
  std::filesystem::remove(path);
  return RateOf(took_ms, absl::Seconds(1), 0).p50_ms;
}

void Print(const char* what, int rows, int width, const Rate& rate) {
  absl::PrintF("%-26s %8d %12d %10.0f %9.2f %9.2f %9.0f\n", what, rows, width, rate.per_second,
               rate.p50_ms, rate.p99_ms, rate.cpu_us);
  std::fflush(stdout);
}

int Run(const std::string& folder) {
  absl::PrintF("fdatasync of 4 KiB: p50 %.2f ms\n\n", FsyncMs(folder));
  absl::PrintF("%-26s %8s %12s %10s %9s %9s %9s\n", "what", "rows", "outstanding", "per s",
               "p50 ms", "p99 ms", "CPU us");
  for (const int rows : {1000, 10000, 100000}) {
    Bench bench(folder);
    bench.FillTo(rows);
    for (const int width : {1, 16, 64}) {
      Print("durable submit", rows, width, bench.Submits(width));
    }
    for (const int width : {1, 64, 256}) {
      Print("job: submit + 6 advances", rows, width, bench.Jobs(width));
    }
    const Bench::Idle idle = bench.IdleJobs(300);
    Print("idle job over the loop", rows, 1, idle.writer);
    Print("idle job, inline commits", rows, 1, idle.inline_commits);
  }
  Bench bench(folder);
  bench.FillTo(100000);
  for (const int batch : {1000, 10000}) {
    const Bench::Restart restart = bench.RestartAndClaim(batch);
    absl::PrintF("restart: open %.0f ms, claim of %d jobs in batches of %d %.0f ms (CPU %.0f ms)\n",
                 restart.open_ms, restart.claimed, batch, restart.claim_ms, restart.cpu_ms);
  }
  return 0;
}

}  // namespace
}  // namespace roomkeeper

int main(int argc, char** argv) {
  return roomkeeper::Run(argc > 1 ? argv[1] : ".");
}
