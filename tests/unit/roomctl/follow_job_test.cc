#include "services/roomctl/follow_job.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"
#include "tests/unit/roomctl/fake_server.h"

namespace roomkeeper::testing {
namespace {

// A room that is made in three steps and is READY.
FakeState ReadyState() {
  FakeState state;
  state.job.set_name("jobs/j1");
  state.job.set_kind(v1::JOB_KIND_PROVISION);
  state.job.set_state(v1::JOB_STATE_SUCCEEDED);
  state.job.set_clean_room("brands/b/installs/i/cleanRooms/r");
  state.job.mutable_platform_duration()->set_seconds(12);
  state.job.mutable_budget_duration()->set_nanos(40'000'000);
  state.job.mutable_our_duration()->set_nanos(80'000'000);
  state.job.set_platform_calls(9);
  state.notebook.set_clean_room_name("rk_b_r_1234");
  state.notebook.set_notebook_name("identity_match");
  state.notebook.set_etag("0xetag");
  state.notebook.set_runner_collaborator_alias("brand_b");
  state.events = {
      Event(1, "job.queued", v1::JOB_STEP_PREFLIGHT, v1::JOB_STATE_QUEUED, 0),
      Event(2, "step.started", v1::JOB_STEP_PREFLIGHT, v1::JOB_STATE_RUNNING, 0),
      Event(3, "step.finished", v1::JOB_STEP_PREFLIGHT, v1::JOB_STATE_RUNNING, 1),
      Event(4, "job.succeeded", v1::JOB_STEP_DONE, v1::JOB_STATE_SUCCEEDED, 13),
  };
  return state;
}

int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST_CASE("create --wait ends with all that the brand's app needs", "[roomctl]") {
  FakeServer server;
  server.Set(ReadyState());

  const Ran ran = RunRoomctl(&server, {"rooms", "create", "--package", "identity-match", "--wait"});

  CHECK(ran.code == ExitCode::kOk);
  for (const char* part : {"rk_b_r_1234", "identity_match", "0xetag", "brand_b", "READY",
                           "platform 12.0 s, request budget 40 ms, ours 80 ms, 9 platform calls"}) {
    CAPTURE(part);
    CHECK(absl::StrContains(ran.out, part));
  }
  CHECK(server.Get().created.clean_room().package() == "packages/identity-match");
  CHECK(server.Get().names == std::vector<std::string>{"brands/b/installs/i/cleanRooms/r"});
  CHECK(absl::StrContains(ran.err, "    1.00 s  ok  PREFLIGHT"));
}

TEST_CASE("a broken watch goes on after the last event seen", "[roomctl]") {
  const int events = GENERATE(0, 1, 2, 3);
  CAPTURE(events);
  FakeServer server;
  FakeState state = ReadyState();
  state.break_after = events;
  server.Set(state);

  const Ran ran = RunRoomctl(&server, {"jobs", "watch", "j1"});

  CHECK(ran.code == ExitCode::kOk);
  CHECK(server.Get().watched_after == std::vector<std::int64_t>{0, events});
  for (int i = 1; i <= 4; ++i) {
    CHECK(Count(ran.err, absl::StrCat("message ", i, "\n")) == 1);
  }
}

TEST_CASE("jobs watch -o json writes one event a line", "[roomctl]") {
  FakeServer server;
  server.Set(ReadyState());

  const Ran ran = RunRoomctl(&server, {"jobs", "watch", "j1", "-o", "json", "--after", "2"});

  CHECK(ran.code == ExitCode::kOk);
  CHECK(Count(ran.out, "\n") == 2);
  CHECK(absl::StrContains(ran.out, "\"sequence\":\"3\""));
  CHECK(ran.err.empty());
}

TEST_CASE("--timeout ends the waiting and not the job", "[roomctl]") {
  FakeServer server;
  FakeState state = ReadyState();
  state.job.set_state(v1::JOB_STATE_WAITING);
  state.events.pop_back();
  state.hold_watch = true;
  server.Set(state);

  const Ran ran = RunRoomctl(&server, {"jobs", "wait", "j1", "--timeout", "100ms"});

  CHECK(ran.code == ExitCode::kTimeout);
  CHECK(absl::StrContains(ran.err, "--timeout passed; the job goes on: roomctl jobs wait jobs/j1"));
  CHECK(absl::StrContains(ran.out, "WAITING"));
}

TEST_CASE("the exit code of --wait says whose fault a failure was", "[roomctl]") {
  struct Case {
    v1::JobState state;
    v1::Move move;
    bool retryable;
    int code;
  };
  const auto c = GENERATE(Case{v1::JOB_STATE_FAILED, v1::MOVE_PROVIDER_OPERATOR, false, 5},
                          Case{v1::JOB_STATE_FAILED, v1::MOVE_BRAND_ADMIN, false, 1},
                          Case{v1::JOB_STATE_FAILED, v1::MOVE_PLATFORM, false, 75},
                          Case{v1::JOB_STATE_FAILED, v1::MOVE_PROVIDER_OPERATOR, true, 75},
                          Case{v1::JOB_STATE_CANCELLED, v1::MOVE_NOBODY, false, 1});
  CAPTURE(c.state, c.move, c.retryable);
  FakeServer server;
  FakeState state = ReadyState();
  state.job.set_state(c.state);
  state.job.mutable_error()->set_reason("SOME_REASON");
  state.job.mutable_error()->set_message("what went wrong");
  state.job.mutable_error()->set_move(c.move);
  state.job.mutable_error()->set_retryable(c.retryable);
  server.Set(state);

  const Ran ran = RunRoomctl(&server, {"jobs", "retry", "j1", "--wait"});

  CHECK(static_cast<int>(ran.code) == c.code);
  CHECK(absl::StrContains(ran.out, "SOME_REASON: what went wrong"));
  CHECK_FALSE(absl::StrContains(ran.out, "READY"));
}

TEST_CASE("a watch that is refused is not tried again", "[roomctl]") {
  FakeServer server;
  FakeState state = ReadyState();
  state.watch_status = {grpc::StatusCode::NOT_FOUND, "there is no job j1"};
  server.Set(state);

  const Ran ran = RunRoomctl(&server, {"jobs", "wait", "j1"});

  CHECK(ran.code == ExitCode::kNotFound);
  CHECK(server.Get().watched_after.size() == 1);
}

TEST_CASE("an outage counts from when the stream last worked", "[roomctl]") {
  const absl::Time start = absl::FromUnixSeconds(1'800'000'000);
  Outage outage;

  // A stream without events for an hour, then the server restarts.
  CHECK(outage.MayTryAgain(start, start + absl::Hours(1), false));
  const absl::Time broke = start + absl::Hours(1);
  CHECK(outage.MayTryAgain(broke + kOutageMax - absl::Seconds(2),
                           broke + kOutageMax - absl::Seconds(1), false));
  CHECK_FALSE(outage.MayTryAgain(broke + kOutageMax, broke + kOutageMax, false));
  // An event in between begins the count anew.
  CHECK(outage.MayTryAgain(broke + kOutageMax, broke + kOutageMax, true));
  CHECK(outage.MayTryAgain(broke + kOutageMax, broke + 1.5 * kOutageMax, false));
}

}  // namespace
}  // namespace roomkeeper::testing
