#include <sys/stat.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "lib/auth/key_file.h"
#include "lib/commands/brands/api_keys.h"
#include "lib/commands/jobs/wait_job.h"
#include "lib/commands/rooms/get_runnable_notebook.h"
#include "lib/commands/rooms/list_task_runs.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/commands/world.h"

namespace roomkeeper {
namespace {

using testing::World;

// A room that is READY, with the etag that was observed.
void MakeReady(World& world) {
  const auto job = world.Create(world.Request());
  REQUIRE_OK(job);
  world.Bring(job->id, JobState::kSucceeded, RoomState::kReady);
  REQUIRE_OK(world.Await<ObserveNotebooks::Result>([&](auto done) {
    world.store.Observe({.key = world.room_key,
                         .notebooks = {{.name = "match", .etag = "e1", .content_digest = "d1"}}},
                        done);
  }));
}

TEST_CASE("a refresh keeps what the platform shows", "[commands]") {
  World world;
  MakeReady(world);
  const auto get = [&](bool refresh) {
    return world.Await<RunnableNotebook>([&](auto done) {
      GetRunnableNotebook(world.context, world.acme, {.room = world.room_key, .refresh = refresh},
                          done);
    });
  };
  REQUIRE_OK(get(false));
  CHECK(get(false)->notebook.etag == "e1");
  CHECK(world.provider.calls == 0);

  world.provider.asset.value.notebook_etag = "e2";
  world.provider.asset.value.notebook_content_digest = "d2";
  const auto fresh = get(true);
  REQUIRE_OK(fresh);
  CHECK(fresh->notebook.etag == "e2");
  CHECK(get(false)->notebook.etag == "e2");
  CHECK(world.provider.calls == 1);

  world.provider.asset.failure.error = CallError::kRateLimited;
  CHECK(ReasonOf(get(true).status()) == reason::kPlatformUnavailable);
  world.provider.asset.failure.error_code = kNotSentBudget;
  world.provider.asset.failure.retry_after = absl::Seconds(7);
  const std::optional<Refusal> full = FindRefusal(get(true).status());
  REQUIRE(full.has_value());
  CHECK(full->code == absl::StatusCode::kResourceExhausted);
  CHECK(full->reason == reason::kPlatformReadsFull);
  CHECK(full->retry_after == absl::Seconds(7));

  world.provider.asset.failure = {.error = CallError::kUnavailable,
                                  .error_code = kNotSentOutage,
                                  .retry_after = absl::Seconds(21)};
  const std::optional<Refusal> away = FindRefusal(get(true).status());
  REQUIRE(away.has_value());
  CHECK(away->reason == reason::kPlatformUnavailable);
  CHECK(away->retry_after == absl::Seconds(21));
}

TEST_CASE("a room that has drifted can still be run, and says so", "[commands]") {
  World world;
  MakeReady(world);
  const CleanRoom room = *world.Stored(world.room_key);
  REQUIRE_OK(world.Await<NoteLook::Result>([&](auto done) {
    world.store.Note({.key = room.key,
                      .seen_revision = room.revision,
                      .state = RoomState::kDegraded,
                      .problem = Problem{.reason = reason::kRoomDrifted}},
                     done);
  }));
  const auto got = world.Await<RunnableNotebook>([&](auto done) {
    GetRunnableNotebook(world.context, world.acme, {.room = world.room_key}, done);
  });
  REQUIRE_OK(got);
  CHECK(got->notebook.etag == "e1");
  CHECK(got->room.state == RoomState::kDegraded);
}

TEST_CASE("a notebook that the room has not is not found", "[commands]") {
  World world;
  MakeReady(world);
  const auto got = world.Await<RunnableNotebook>([&](auto done) {
    GetRunnableNotebook(world.context, world.acme, {.room = world.room_key, .notebook = "other"},
                        done);
  });
  CHECK(ReasonOf(got.status()) == reason::kNotFound);
}

TEST_CASE("runs come in pages, newest first, though new ones come in meanwhile", "[commands]") {
  World world;
  MakeReady(world);
  const absl::Time t0 = world.loop.clock().Now();
  const auto run = [&](int minute, const std::string& etag) {
    return TaskRun{.name = "match", .start_time = t0 + absl::Minutes(minute), .etag = etag};
  };
  world.provider.runs.value = {run(5, "e1"), run(4, "old"), run(3, "old")};
  ListTaskRunsInput input{.room = world.room_key, .limit = 2};
  const auto list = [&] {
    return world.Await<ListTaskRunsOutput>(
        [&](auto done) { ListTaskRuns(world.context, world.acme, input, done); });
  };

  const auto first = list();
  REQUIRE_OK(first);
  REQUIRE(first->rows.size() == 2);
  CHECK(first->rows[0].package_version == "1.1.0");
  CHECK(first->rows[1].package_version.empty());
  world.provider.runs.value.insert(world.provider.runs.value.begin(), run(6, "e1"));
  input.page_token = first->next_page_token;
  const auto second = list();
  REQUIRE_OK(second);
  REQUIRE(second->rows.size() == 1);
  CHECK(second->rows[0].run.start_time == t0 + absl::Minutes(3));
  CHECK(second->next_page_token.empty());
}

TEST_CASE("runs that start at one time are all shown, once, wherever a page ends", "[commands]") {
  World world;
  MakeReady(world);
  const absl::Time t0 = world.loop.clock().Now();
  std::string all;
  for (const char* etag : {"a", "b", "c", "d", "e", "f"}) {
    const int minute = *etag == 'a' ? 1 : *etag == 'f' ? -1 : 0;
    world.provider.runs.value.push_back(
        {.name = "match", .start_time = t0 + absl::Minutes(minute), .etag = etag});
    all += etag;
  }
  for (std::int32_t limit = 1; limit <= 7; ++limit) {
    CAPTURE(limit);
    ListTaskRunsInput input{.room = world.room_key, .limit = limit};
    std::string seen;
    do {
      const auto page = world.Await<ListTaskRunsOutput>(
          [&](auto done) { ListTaskRuns(world.context, world.acme, input, done); });
      REQUIRE_OK(page);
      CHECK(static_cast<std::int32_t>(page->rows.size()) <= limit);
      for (const auto& row : page->rows) {
        seen += row.run.etag;
      }
      input.page_token = page->next_page_token;
    } while (!input.page_token.empty() && seen.size() < 20);
    CHECK(seen == all);
  }
}

TEST_CASE("a room that is not on the platform has no runs, and nobody is asked", "[commands]") {
  World world;
  REQUIRE_OK(world.Create(world.Request()));
  const auto runs = world.Await<ListTaskRunsOutput>(
      [&](auto done) { ListTaskRuns(world.context, world.acme, {.room = world.room_key}, done); });
  REQUIRE_OK(runs);
  CHECK(runs->rows.empty());
  CHECK(world.provider.calls == 0);
}

TEST_CASE("a wait ends with the job, with its time, or with its caller", "[commands]") {
  World world;
  const auto job = world.Create(world.Request());
  REQUIRE_OK(job);
  std::optional<absl::StatusOr<JobView>> answer;
  const auto wait = JobWait::Start(world.context, world.acme, job->id, absl::Minutes(1),
                                   [&](absl::StatusOr<JobView> view) { answer = std::move(view); });
  world.loop.RunPosted();
  REQUIRE_FALSE(answer.has_value());
  JobState expected = JobState::kQueued;
  SECTION("the job is final") {
    world.Bring(job->id, JobState::kFailed, RoomState::kFailed);
    expected = JobState::kFailed;
  }
  SECTION("time is up") {
    world.loop.Advance(absl::Minutes(1) - absl::Milliseconds(1));
    REQUIRE_FALSE(answer.has_value());
    world.loop.Advance(absl::Milliseconds(1));
  }
  SECTION("the caller is gone") {
    wait->Stop();
  }
  world.loop.RunPosted();
  REQUIRE(answer.has_value());
  REQUIRE_OK(*answer);
  CHECK((*answer)->job.state == expected);
  CHECK(world.hub.subscribers() == 0);
  world.loop.RunPosted();
  CHECK(world.loop.timers() == 0);
}

TEST_CASE("the first operator key is written once, readable by us only", "[commands]") {
  World world;
  const testing::TempFolder dir;
  const std::string path = dir.path() + "/operator.key";
  const auto bootstrap = [&] {
    return world.Await<bool>(
        [&](auto done) { BootstrapOperatorKey(world.store, world.loop.clock(), path, done); });
  };
  const auto works = [&] {
    bool ok = false;
    const auto key = ReadKeyFile(path);
    REQUIRE_OK(key);
    world.keys.Verify(
        *key, [&](const absl::StatusOr<Principal>& who) { ok = who.ok() && who->IsOperator(); });
    world.loop.RunPosted();
    return ok;
  };

  const auto first = bootstrap();
  REQUIRE_OK(first);
  CHECK(*first);
  CHECK(works());
  struct stat info = {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  const std::string before = ReadKeyFile(path)->Reveal();
  const auto second = bootstrap();
  REQUIRE_OK(second);
  CHECK_FALSE(*second);
  CHECK(ReadKeyFile(path)->Reveal() == before);
  CHECK_FALSE(ReadKeyFile(path + ".new").ok());
}

TEST_CASE("a bootstrap that died after its commit is finished by the next", "[commands]") {
  World world;
  const testing::TempFolder dir;
  const std::string path = dir.path() + "/operator.key";
  const auto bootstrap = [&] {
    return world.Await<bool>(
        [&](auto done) { BootstrapOperatorKey(world.store, world.loop.clock(), path, done); });
  };
  REQUIRE_OK(bootstrap());
  // As if it had died before the rename.
  REQUIRE(std::rename(path.c_str(), (path + ".new").c_str()) == 0);

  const auto again = bootstrap();

  REQUIRE_OK(again);
  CHECK(*again);
  CHECK_OK(ReadKeyFile(path));
}

}  // namespace
}  // namespace roomkeeper
