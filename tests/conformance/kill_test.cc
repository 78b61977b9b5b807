#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "lib/store/group_commit.h"
#include "lib/store/sqlite/sqlite_engine.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"

// A real process that commits as fast as it can is killed in the middle of it.

namespace roomkeeper::testing {
namespace {

constexpr int kOutstanding = 64;
constexpr int kRounds = 5;
constexpr int kAnswersPerRound = 400;

SubmitJob Submit(const std::string& id) {
  const RoomKey key = {
      .brand = BrandId("acme"), .install = InstallId("web"), .id = CleanRoomId(id)};
  return {.caller_scope = "brands/acme",
          .request_id = id,
          .request_hash = "h",
          .room = {.key = key, .shard = ShardId("main")},
          .job = {.id = JobId(id), .shard = ShardId("main")},
          .claim_for = "r1"};
}

// Submits jobs and starts each, `kOutstanding` at a time, and writes "<job> <last_seq>" for every
// answer. Ends only by a signal.
class Child {
 public:
  Child(const std::string& path, int round, int fd) : round_(round), fd_(fd) {
    auto engine = SqliteEngine::Open(path, clock_);
    if (!engine.ok()) {
      ::_exit(3);
    }
    engine_ = *std::move(engine);
    store_ = std::make_unique<GroupCommit>(*engine_, metrics_, clock_, GroupCommit::Options{});
    if (!store_->Start().ok()) {
      ::_exit(4);
    }
  }

  [[noreturn]] void Run() {
    for (int i = 0; i < kOutstanding; ++i) {
      SubmitNext();
    }
    for (;;) {
      ::pause();
    }
  }

 private:
  void SubmitNext() {
    store_->Submit(Submit(absl::StrCat(round_, "-", next_++)),
                   [this](absl::StatusOr<SubmitJob::Result> result) {
                     Tell(result->job.id, 1);
                     Start(std::move(result->job));
                   });
  }
  void Start(Job job) {
    const JobId id = job.id;
    job.state = JobState::kRunning;
    store_->Advance({.job = std::move(job), .events = {{.type = "step.started"}}},
                    [this, id](absl::StatusOr<AdvanceJob::Result> result) {
                      Tell(id, result->last_seq);
                      SubmitNext();
                    });
  }
  void Tell(const JobId& id, std::int64_t seq) const {
    const std::string line = absl::StrCat(id.value(), " ", seq, "\n");
    if (::write(fd_, line.data(), line.size()) < 0) {
      ::_exit(5);
    }
  }

  const int round_;
  const int fd_;
  std::atomic<int> next_ = 0;
  SystemClock clock_;
  Metrics metrics_;
  std::unique_ptr<SqliteEngine> engine_;
  std::unique_ptr<GroupCommit> store_;
};

// Runs a child until it has given enough answers, kills it, and adds all that it acknowledged.
void RunAndKill(const std::string& path, int round, std::map<std::string, std::int64_t>& answers) {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe(ends) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    Child(path, round, ends[1]).Run();
  }
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  int lines = 0;
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    const int before = lines;
    lines += static_cast<int>(std::count(buffer, buffer + n, '\n'));
    text.append(buffer, static_cast<std::size_t>(n));
    if (before < kAnswersPerRound && lines >= kAnswersPerRound) {
      ::kill(pid, SIGKILL);  // then read what was written before it died
    }
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFSIGNALED(status));
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> words = absl::StrSplit(line, ' ');
    answers[words.first] = std::max<std::int64_t>(answers[words.first], std::stoll(words.second));
  }
}

TEST_CASE("whatever was acknowledged before kill -9 is there, whole and in order", "[store]") {
  const TempFolder dir;
  const std::string path = dir.path() + "/store.db";
  const SystemClock clock;
  std::map<std::string, std::int64_t> answers;
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);

    RunAndKill(path, round, answers);

    auto engine = SqliteEngine::Open(path, clock);
    REQUIRE_OK(engine);
    auto reader = (*engine)->NewReader();
    REQUIRE_OK(reader);
    REQUIRE(answers.size() >= kAnswersPerRound / 2);
    for (const auto& [id, seq] : answers) {
      CAPTURE(id);
      const auto job = (*reader)->GetJob(JobId(id));
      REQUIRE_OK(job);
      REQUIRE(job->last_seq >= seq);
      REQUIRE((job->state == JobState::kRunning) == (job->last_seq == 2));
      const auto events = (*reader)->ReadEvents(JobId(id), 0, 10);
      REQUIRE_OK(events);
      REQUIRE(static_cast<std::int64_t>(events->size()) == job->last_seq);
    }
  }
  auto db = SqliteDb::Open(path, SqliteDb::Mode::kRead);
  REQUIRE_OK(db);
  auto check = (*db)->Query("PRAGMA integrity_check");
  REQUIRE_OK(check);
  REQUIRE_OK(check->Next());
  CHECK(check->Text(0) == "ok");
  // What was not acknowledged is there whole or not at all.
  CHECK((*db)->QueryInt("SELECT count(*) FROM job") ==
        (*db)->QueryInt("SELECT count(*) FROM room"));
  CHECK((*db)->QueryInt("SELECT count(*) FROM job") ==
        (*db)->QueryInt("SELECT count(*) FROM request"));
  CHECK((*db)->QueryInt("SELECT sum(last_seq) FROM job") ==
        (*db)->QueryInt("SELECT count(*) FROM journal"));
}

}  // namespace
}  // namespace roomkeeper::testing
