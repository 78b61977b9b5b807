#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"

#include "lib/commands/jobs/step_progress.h"
#include "lib/commands/page_token.h"
#include "lib/commands/placement.h"
#include "lib/commands/rooms/explain_clean_room.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "tests/support/matchers.h"

namespace roomkeeper {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1795132800);

ShardStatus Shard(const char* id, const char* cloud, const char* region, std::int64_t rooms) {
  return {.id = ShardId(id),
          .facts = {.cloud_vendor = cloud, .region = region},
          .rooms = rooms,
          .rooms_max = 100};
}

TEST_CASE("a room goes to the nearest shard with room, or where it is pinned", "[placement]") {
  Install install{.global_metastore_id = "aws:us-west-2:id"};
  std::vector<ShardStatus> shards = {
      Shard("far", "azure", "eastus2", 0), Shard("cloud", "aws", "eu-west-1", 1),
      Shard("near-full", "aws", "us-west-2", 100), Shard("near-busy", "aws", "us-west-2", 99),
      Shard("near", "aws", "us-west-2", 98)};
  const auto picked = [&] { return PickShard(shards, install, Principal())->id.value(); };

  CHECK(picked() == "near");
  shards.resize(3);
  CHECK(picked() == "cloud");  // the near one is full
  shards[1].rooms = 100;
  CHECK(picked() == "far");
  shards[0].rooms = 100;
  CHECK(picked() == "near-full");  // all are: preflight will say so
  install.shard = ShardId("far");
  CHECK(picked() == "far");
}

TEST_CASE("without a shard there is a reason", "[placement]") {
  Install install{.shard = ShardId("gone")};
  std::vector<ShardStatus> shards = {Shard("west", "aws", "us-west-2", 0)};
  const absl::Status refused = PickShard(shards, install, Principal()).status();
  CHECK(ReasonOf(refused) == reason::kNoEligibleShard);
  CHECK_FALSE(absl::StrContains(refused.message(), install.shard.value()));
  CHECK(absl::StrContains(
      PickShard(shards, install, Principal{.role = Role::kOperator}).status().message(),
      install.shard.value()));
  install.shard = ShardId();
  CHECK(ReasonOf(PickShard({}, install, Principal()).status()) == reason::kNoEligibleShard);
}

TEST_CASE("a page token is good for its key, query and position only", "[page_token]") {
  const Secret key("key");
  const std::string token = MakePageToken(key, "query", 42);
  const auto position = ParsePageToken(key, "query", token);
  REQUIRE_OK(position);
  CHECK(*position == 42);
  CHECK(*ParsePageToken(key, "query", "") == 0);
  CHECK(MakePageToken(key, "query", 0).empty());
  std::string forged = token;
  forged.back() = forged.back() == '0' ? '1' : '0';
  for (const auto& wrong :
       {ParsePageToken(key, "other", token), ParsePageToken(Secret("k"), "query", token),
        ParsePageToken(key, "query", forged), ParsePageToken(key, "query", "x"),
        ParsePageToken(key, "query", token + "0")}) {
    CHECK(ReasonOf(wrong.status()) == reason::kInvalidRequest);
  }
}

TEST_CASE("a page token does not tell its position", "[page_token]") {
  const Secret key("key");
  const auto tail = [&](absl::string_view query, std::int64_t position) {
    return MakePageToken(key, query, position).substr(32);
  };
  std::set<std::string> seen;
  for (std::int64_t position = 1; position <= 100; ++position) {
    // What two tokens hide differs by more than their positions do.
    CHECK(tail("query", position).substr(0, 8) != tail("query", position + 1).substr(0, 8));
    seen.insert(tail("query", position));
    seen.insert(tail("other", position));
  }
  CHECK(seen.size() == 200);
  CHECK(*ParsePageToken(key, "query", MakePageToken(key, "query", std::int64_t{1} << 62)) ==
        std::int64_t{1} << 62);
}

JobEvent Event(std::int64_t seconds, Step step, const char* type = "step.started") {
  return {.at = kNow + absl::Seconds(seconds), .type = type, .step = step};
}

std::map<Step, StepProgress> ByStep(const std::vector<StepProgress>& steps) {
  std::map<Step, StepProgress> rows;
  for (const StepProgress& row : steps) {
    rows[row.step] = row;
  }
  return rows;
}

TEST_CASE("steps show what is done, what goes on and for how long", "[steps]") {
  using State = StepProgress::State;
  const Job job{.state = JobState::kWaiting, .step = Step::kAwaitActive};
  const std::vector<JobEvent> events = {Event(0, Step::kPreflight, "job.queued"),
                                        Event(1, Step::kPreflight), Event(3, Step::kEnsureRoom),
                                        Event(4, Step::kAwaitActive)};

  auto rows = ByStep(StepsOf(job, events, kNow + absl::Seconds(10)));

  CHECK(rows.size() == 6);
  CHECK(rows[Step::kPreflight].state == State::kDone);
  CHECK(rows[Step::kPreflight].took == absl::Seconds(2));
  CHECK(rows[Step::kAwaitActive].state == State::kActive);
  CHECK(rows[Step::kAwaitActive].took == absl::Seconds(6));
  CHECK(rows[Step::kVerify].state == State::kPending);
  CHECK_FALSE(rows[Step::kVerify].started_at.has_value());
}

TEST_CASE("a provision that turned to removal shows what it left behind", "[steps]") {
  using State = StepProgress::State;
  const Job job{.state = JobState::kCancelled,
                .step = Step::kAwaitGone,
                .finished_at = kNow + absl::Seconds(9)};
  const std::vector<JobEvent> events = {Event(1, Step::kPreflight), Event(2, Step::kEnsureRoom),
                                        Event(3, Step::kDeleteRoom), Event(4, Step::kAwaitGone)};

  auto rows = ByStep(StepsOf(job, events, kNow + absl::Hours(1)));

  CHECK(rows.size() == 8);
  CHECK(rows[Step::kEnsureRoom].state == State::kDone);
  CHECK(rows[Step::kEnsureAssets].state == State::kSkipped);
  CHECK(rows[Step::kDeleteRoom].state == State::kDone);
  CHECK(rows[Step::kAwaitGone].took == absl::Seconds(5));
}

TEST_CASE("a teardown has the steps of a removal", "[steps]") {
  const Job job{.kind = JobKind::kTeardown, .state = JobState::kSucceeded, .step = Step::kDone};
  const auto steps = StepsOf(job, {}, kNow);
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].state == StepProgress::State::kDone);
  CHECK(steps[1].state == StepProgress::State::kDone);
}

CleanRoom Room(RoomState state, Move move) {
  CleanRoom room{.key = {BrandId("acme"), InstallId("main"), CleanRoomId("match")},
                 .state = state,
                 .move = move,
                 .state_since = kNow - absl::Minutes(3),
                 .job = JobId("j1")};
  room.spec.room_name = "rk_acme_match_1";
  return room;
}

TEST_CASE("a waiting room says its step, since when, for what, and whose move it is", "[explain]") {
  const Job job{.id = JobId("j1"),
                .state = JobState::kWaiting,
                .step = Step::kAwaitActive,
                .move = Move::kPlatform,
                .waiting_for = "the platform to make the room ACTIVE",
                .since = kNow - absl::Minutes(2)};

  const Explanation said = Explain(Room(RoomState::kProvisioning, Move::kPlatform), job, kNow);

  CHECK(said.text ==
        "brands/acme/installs/main/cleanRooms/match is PROVISIONING since 2026-11-19 23:57:00 UTC "
        "(3m). Job jobs/j1 (PROVISION) is WAITING in step AWAIT_ACTIVE since 2026-11-19 23:58:00 "
        "UTC (2m), waiting for the platform to make the room ACTIVE. It is Databricks' move: "
        "Roomkeeper goes on by itself once the platform answers.");
  CHECK(said.action.empty());
}

TEST_CASE("a room that has drifted says what is amiss and who has to act, or is repaired",
          "[explain]") {
  CleanRoom room = Room(RoomState::kDegraded, Move::kProviderOperator);
  room.problem = Problem{.reason = "ASSET_PERMISSION_DENIED",
                         .message = "grant it again",
                         .move = Move::kProviderOperator};
  const Job ended{.id = JobId("j1"), .state = JobState::kSucceeded, .since = kNow};

  const Explanation denied = Explain(room, ended, kNow);
  CHECK(absl::EndsWith(denied.text,
                       " Reason ASSET_PERMISSION_DENIED: grant it again. It is the move of the "
                       "provider's operator."));
  CHECK_FALSE(absl::StrContains(denied.text, "SUCCEEDED"));
  CHECK(denied.action == "grant it again.");

  const Job repair{.id = JobId("j2"),
                   .state = JobState::kRunning,
                   .step = Step::kEnsureAssets,
                   .move = Move::kRoomkeeper,
                   .since = kNow,
                   .repair = 1};
  const Explanation repaired = Explain(Room(RoomState::kDegraded, Move::kRoomkeeper), repair, kNow);
  CHECK(absl::StrContains(repaired.text, "Job jobs/j2 (PROVISION) is RUNNING"));
  CHECK(repaired.action.empty());
}

TEST_CASE("a problem names its reason, and the person to act what to do", "[explain]") {
  const Problem problem{.reason = "MISSING_PRIVILEGE",
                        .message = "GRANT SELECT ON TABLE t TO `sp`",
                        .move = Move::kProviderOperator,
                        .retryable = true};
  const Job job{.id = JobId("j1"),
                .state = JobState::kWaiting,
                .move = Move::kProviderOperator,
                .since = kNow,
                .problem = problem};
  const Explanation waiting = Explain(Room(RoomState::kPending, Move::kRoomkeeper), job, kNow);
  // Said once: what to do is the problem's own sentence.
  CHECK(absl::EndsWith(waiting.text,
                       "Reason MISSING_PRIVILEGE: GRANT SELECT ON TABLE t TO `sp`. It is the move "
                       "of the provider's operator."));
  CHECK(waiting.room.move == Move::kProviderOperator);
  CHECK(waiting.action == "GRANT SELECT ON TABLE t TO `sp`.");

  CleanRoom failed = Room(RoomState::kFailed, Move::kProviderOperator);
  failed.problem = problem;
  CHECK(absl::StrContains(Explain(failed, std::nullopt, kNow).action, "RetryJob for jobs/j1"));
  CHECK(absl::StrContains(
      Explain(Room(RoomState::kAwaitingBrandDelete, Move::kBrandAdmin), std::nullopt, kNow).action,
      "`databricks clean-rooms delete rk_acme_match_1`"));
  CHECK(absl::StrContains(
      Explain(Room(RoomState::kQuarantined, Move::kProviderOperator), std::nullopt, kNow).action,
      "provably"));
  const Explanation ready = Explain(Room(RoomState::kReady, Move::kNobody), std::nullopt, kNow);
  CHECK(ready.action.empty());
}

}  // namespace
}  // namespace roomkeeper
