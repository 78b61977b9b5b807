// The whole matrix: each call of each workflow fails once, to the platform in every way that heals
// and to the store, and the process dies at each instant from there on. Whatever happens, the job
// ends, what it says is true, and nothing happened twice.
//
//   RK_FAULT_MATRIX_STEP=N  a crash at each N-th instant only (1)

#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

using Effect = FakeProvider::Effect;

struct Kind {
  const char* name = "";
  CallError error = CallError::kNone;
  Effect effect = Effect::kNone;
};

constexpr Kind kCallKinds[] = {
    {"unavailable", CallError::kUnavailable},
    {"rate limited", CallError::kRateLimited},
    {"not acted, unknown", CallError::kUnknownOutcome},
    {"acted, unknown", CallError::kUnknownOutcome, Effect::kNow},
    {"acts late, unknown", CallError::kUnknownOutcome, Effect::kLate},
    {"denied", CallError::kDenied},
    {"credentials refused", CallError::kUnauthenticated},
    {"not found", CallError::kNotFound},
    {"taken", CallError::kAlreadyExists},
    {"conflict", CallError::kConflict},
    {"limit", CallError::kLimitReached},
    {"state", CallError::kInvalidState},
};

// After the last one the engine gives the job up until a restart.
constexpr absl::StatusCode kStoreKinds[] = {absl::StatusCode::kUnavailable,
                                            absl::StatusCode::kResourceExhausted,
                                            absl::StatusCode::kDataLoss};

struct Workflow {
  const char* name = "";
  JobId (*begin)(World& world) = nullptr;  // what it does before it returns does not fail
  JobState job = JobState::kSucceeded;
  RoomState room = RoomState::kReady;
  // What the platform does from there on:
  int rooms = 1;
  int assets = 2;
  int notebooks = 1;
};

JobId Provision(World& world) {
  return world.Provision();
}

JobId ProvisionTwice(World& world) {
  world.platform.options.provisionings_to_fail = 1;
  return world.Provision();
}

JobId Repair(World& world) {
  const JobId id = world.Provision();
  REQUIRE(world.loop.RunUntil([&] { return world.GetJob(id).step == Step::kVerify; }));
  std::erase_if(world.platform.rooms.begin()->second.assets, [&](const auto& asset) {
    return asset.second.seen.name == world.GetRoom(id).spec.assets.front().name;  // by hand
  });
  return id;
}

JobId Retry(World& world) {
  world.platform.preflight_problems = {{.reason = "TABLE_MISSING", .message = "no such table"}};
  const JobId failed = world.Provision();
  REQUIRE(world.RunToEnd(failed));
  world.platform.preflight_problems.clear();
  return world.Retry(failed);
}

JobId Cancel(World& world) {
  const JobId id = world.Provision();
  REQUIRE(world.loop.RunUntil([&] { return world.GetJob(id).step == Step::kVerify; }));
  world.Cancel(id);
  return id;
}

JobId Teardown(World& world) {
  REQUIRE(world.RunToEnd(world.Provision()));
  return world.Teardown();
}

JobId Move(World& world) {
  REQUIRE(world.RunToEnd(world.Provision()));
  return world.MoveTo(OtherPackage());
}

JobId MoveBack(World& world) {
  const JobId id = Move(world);
  REQUIRE(world.loop.RunUntil([&] { return world.GetJob(id).step == Step::kVerify; }));
  world.Cancel(id);
  return id;
}

constexpr Workflow kWorkflows[] = {
    {.name = "provision", .begin = Provision},
    {.name = "provision, first room FAILED", .begin = ProvisionTwice, .rooms = 2},
    {.name = "repair", .begin = Repair, .rooms = 0, .assets = 1, .notebooks = 0},
    {.name = "retry", .begin = Retry},
    {.name = "cancel",
     .begin = Cancel,
     .job = JobState::kCancelled,
     .room = RoomState::kDeleted,
     .rooms = 0,
     .assets = 0,
     .notebooks = 0},
    {.name = "teardown",
     .begin = Teardown,
     .room = RoomState::kAwaitingBrandDelete,
     .rooms = 0,
     .assets = 0,
     .notebooks = 0},
    {.name = "move", .begin = Move, .rooms = 0, .assets = 2, .notebooks = 1},
    {.name = "move back",
     .begin = MoveBack,
     .job = JobState::kCancelled,
     .rooms = 0,
     .assets = 0,
     .notebooks = 0},
};

// What goes wrong in a run: the n-th call, commit or read from the workflow's begin.
struct Trouble {
  enum class At { kNothing, kCall, kCommit, kRead };
  At at = At::kNothing;
  int n = 0;
  Kind call = {};
  absl::StatusCode store = absl::StatusCode::kOk;

  bool lands_late() const { return call.effect == Effect::kLate; }
  bool gives_up() const { return store == absl::StatusCode::kDataLoss; }
};

// One run of one workflow, with one trouble and one crash at most.
class Run {
 public:
  Run(const Workflow& workflow, const Trouble& trouble, int crash_at)
      : workflow_(workflow), trouble_(trouble), crash_at_(crash_at) {
    world_.platform.options.provisioning = absl::Seconds(3);
    id_ = workflow.begin(world_);
    rooms_before_ = static_cast<int>(world_.platform.rooms.size());
    before_ = Effects();
    SetUp();
  }

  void ToTheEnd() {
    const absl::Duration limit = trouble_.gives_up() ? absl::Minutes(20) : absl::Hours(60);
    if (!world_.RunToEnd(id_, limit)) {
      CAPTURE(world_.EventTypes(id_));
      REQUIRE(trouble_.gives_up());
      world_.CrashSoon(absl::Seconds(1));
      REQUIRE(world_.RunToEnd(id_));
    }
    world_.loop.Advance(absl::Minutes(5));  // what lands late has landed
    Check();
  }

  bool fired() const { return fired_ || world_.platform.faults_fired() > 0; }
  bool crashed() const { return crashed_; }

 private:
  struct Done {
    int rooms = 0;
    int deletes = 0;
    int assets = 0;
    int notebooks = 0;
  };

  static EngineOptions Options() {
    EngineOptions options;
    options.poll_interval = absl::Minutes(1);  // each poll is a commit
    options.stats_interval = absl::Minutes(1);
    options.limits.limit_wait = absl::Seconds(30);
    return options;
  }

  void SetUp() {
    const int calls = world_.platform.calls();
    world_.flaky.failure = absl::Status(trouble_.store, "injected");
    switch (trouble_.at) {
      case Trouble::At::kNothing:
        fired_ = true;
        break;
      case Trouble::At::kCall:
        world_.platform.faults = {{.at_call = calls + trouble_.n,
                                   .error = trouble_.call.error,
                                   .effect = trouble_.call.effect}};
        break;
      case Trouble::At::kCommit:
        world_.flaky.fail_at = world_.flaky.commits + trouble_.n;
        break;
      case Trouble::At::kRead:
        world_.flaky.fail_read_at = world_.flaky.reads + trouble_.n;
        break;
    }
    world_.platform.on_call = [this, calls](int call, const std::string&) {
      Instant(trouble_.at == Trouble::At::kCall && call >= calls + trouble_.n);
    };
    world_.flaky.after_commit = [this](int) { Instant(fired()); };
    world_.flaky.on_failure = [this] {
      fired_ = true;
      Instant(true);
    };
  }

  // A call arrives, a commit is made, or the store fails. The process may die here.
  void Instant(bool in_trouble) {
    if ((in_trouble || fired()) && instants_++ == crash_at_) {
      crashed_ = true;
      world_.CrashSoon(absl::Seconds(1));
    }
  }

  Done Effects() const {
    return {.rooms = world_.platform.effects("CreateRoom"),
            .deletes = world_.platform.effects("DeleteRoom"),
            .assets = world_.platform.effects("AddAsset"),
            .notebooks = world_.platform.effects("AddNotebook")};
  }

  void Check() {
    const Done now = Effects();
    const int rooms = now.rooms - before_.rooms;
    const int left = static_cast<int>(world_.platform.rooms.size());
    CAPTURE(world_.EventTypes(id_));
    REQUIRE(world_.GetJob(id_).state == workflow_.job);
    REQUIRE(world_.GetRoom(id_).state == workflow_.room);
    REQUIRE(world_.Violations(id_) == "");
    if (workflow_.room == RoomState::kReady) {
      REQUIRE(world_.Differences(id_) == "");
    }
    REQUIRE(left == (workflow_.room == RoomState::kReady ? 1 : 0));
    // A create that lands late, when its room is gone, makes one that is deleted again.
    REQUIRE(rooms >= workflow_.rooms);
    REQUIRE(rooms <= workflow_.rooms + (trouble_.lands_late() && workflow_.rooms > 0 ? 1 : 0));
    REQUIRE(now.deletes - before_.deletes == rooms_before_ + rooms - left);
    REQUIRE(now.assets - before_.assets == workflow_.assets);
    REQUIRE(now.notebooks - before_.notebooks == workflow_.notebooks);
  }

  const Workflow& workflow_;
  const Trouble trouble_;
  const int crash_at_;  // -1: never
  World world_{Options()};
  JobId id_;
  int rooms_before_ = 0;
  Done before_ = {};
  bool fired_ = false;
  bool crashed_ = false;
  int instants_ = 0;
};

struct Sizes {
  int points = 0;  // calls, commits or reads
  int faults = 0;
  int crashes = 0;
};

int CrashStep() {
  const char* text = std::getenv("RK_FAULT_MATRIX_STEP");
  int step = 0;
  return text != nullptr && absl::SimpleAtoi(text, &step) && step > 0 ? step : 1;
}

// The trouble without a crash, then with one at each instant from it on. False: it did not come.
bool RunAll(const Workflow& workflow, const Trouble& trouble, Sizes& sizes) {
  for (int crash_at = -1;; crash_at = crash_at < 0 ? 0 : crash_at + CrashStep()) {
    CAPTURE(workflow.name, static_cast<int>(trouble.at), trouble.n, trouble.call.name,
            static_cast<int>(trouble.store), crash_at);
    Run run(workflow, trouble, crash_at);
    run.ToTheEnd();
    if (!run.fired()) {
      return false;
    }
    if (crash_at >= 0 && !run.crashed()) {
      return true;
    }
    sizes.crashes += run.crashed() ? 1 : 0;
  }
}

Sizes FailCalls(const Workflow& workflow) {
  Sizes sizes;
  for (const Kind& kind : kCallKinds) {
    sizes.points = 0;
    for (int n = 1; RunAll(workflow, {.at = Trouble::At::kCall, .n = n, .call = kind}, sizes);
         ++n) {
      ++sizes.points;
      ++sizes.faults;
    }
  }
  return sizes;
}

Sizes FailStore(const Workflow& workflow) {
  Sizes sizes;
  for (const absl::StatusCode kind : kStoreKinds) {
    sizes.points = 0;
    for (const Trouble::At at : {Trouble::At::kCommit, Trouble::At::kRead}) {
      for (int n = 1; RunAll(workflow, {.at = at, .n = n, .store = kind}, sizes); ++n) {
        ++sizes.points;
        ++sizes.faults;
      }
    }
  }
  return sizes;
}

TEST_CASE("any call fails in any way, the process dies at any instant: nothing happens twice",
          "[workflow][matrix]") {
  int runs = 0;
  for (const Workflow& workflow : kWorkflows) {
    Sizes untroubled;
    REQUIRE(RunAll(workflow, {}, untroubled));
    const Sizes calls = FailCalls(workflow);
    const Sizes store = FailStore(workflow);

    CHECK(calls.points >= 3);
    CHECK(store.points >= 5);
    std::cout << absl::StrFormat(
        "%s: %d calls x %d kinds, %d store calls x %d kinds, %d crash points\n", workflow.name,
        calls.points, std::size(kCallKinds), store.points, std::size(kStoreKinds),
        untroubled.crashes + calls.crashes + store.crashes);
    runs += 1 + untroubled.crashes + calls.faults + calls.crashes + store.faults + store.crashes;
  }
  std::cout << "fault matrix: " << runs << " runs\n";
}

}  // namespace
}  // namespace roomkeeper::testing
