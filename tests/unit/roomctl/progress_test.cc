#include "services/roomctl/progress.h"

#include <sstream>
#include <string>

#include "absl/strings/match.h"

#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/unit/roomctl/fake_server.h"

namespace roomkeeper::testing {
namespace {

constexpr int kBegin = 1795132800;  // of Event()

v1::JobEvent Said(v1::JobEvent event, const std::string& message) {
  event.set_message(message);
  return event;
}

const v1::JobEvent kStarted =
    Said(Event(1, "step.started", v1::JOB_STEP_AWAIT_ACTIVE, v1::JOB_STATE_RUNNING, 0), "");
const v1::JobEvent kWaiting =
    Said(Event(2, "job.waiting", v1::JOB_STEP_AWAIT_ACTIVE, v1::JOB_STATE_WAITING, 1),
         "the platform to make the room ACTIVE");
const v1::JobEvent kFinished =
    Said(Event(3, "step.finished", v1::JOB_STEP_AWAIT_ACTIVE, v1::JOB_STATE_RUNNING, 4), "");
const v1::JobEvent kFailed = Event(5, "job.failed", v1::JOB_STEP_DONE, v1::JOB_STATE_FAILED, 6);

v1::JobEvent RoomState() {
  v1::JobEvent event =
      Said(Event(4, "room.state", v1::JOB_STEP_ENSURE_ASSETS, v1::JOB_STATE_RUNNING, 4), "");
  event.set_clean_room_state(v1::CLEAN_ROOM_STATE_CONFIGURING);
  return event;
}

TEST_CASE("without a terminal each event is one plain line", "[roomctl]") {
  FakeClock clock;
  std::ostringstream out;
  {
    Progress progress(out, clock, /*live=*/false);
    for (const v1::JobEvent& event : {kStarted, kWaiting, kFinished, RoomState(), kFailed}) {
      progress.Show(event);
      progress.Redraw();
    }
  }

  CHECK(out.str() ==
        "    0.00 s  ..  AWAIT_ACTIVE       begun\n"
        "    1.00 s  ..  AWAIT_ACTIVE       waiting for the platform to make the room ACTIVE\n"
        "    4.00 s  ok  AWAIT_ACTIVE       4.00 s\n"
        "    4.00 s  ..  room CONFIGURING\n"
        "    6.00 s  !!  job.failed         message 5\n");
}

TEST_CASE("on a terminal the bottom line counts the seconds of the present step", "[roomctl]") {
  FakeClock clock;
  clock.Advance(absl::FromUnixSeconds(kBegin) - clock.Now());
  std::ostringstream out;
  {
    Progress progress(out, clock, /*live=*/true);
    progress.Show(kStarted);
    CHECK(out.str() == "     0.0 s      AWAIT_ACTIVE 0 s");
    progress.Show(kWaiting);
    clock.Advance(absl::Seconds(3));
    progress.Redraw();
    CHECK(absl::EndsWith(out.str(),
                         "\r\033[K     3.0 s      AWAIT_ACTIVE 3 s, waiting for the platform to "
                         "make the room ACT"));

    progress.Show(kFailed);
  }

  // It is gone once the job is final, and nothing is left of it.
  CHECK(absl::EndsWith(out.str(),
                       "\r\033[K\033[31m    6.00 s  !!  job.failed         message 5\033[0m\n"));
}

TEST_CASE("the bottom line goes when the following ends early", "[roomctl]") {
  FakeClock clock;
  std::ostringstream out;
  {
    Progress progress(out, clock, /*live=*/true);
    progress.Show(kStarted);
    progress.Note("the connection broke; trying again");
  }

  CHECK(absl::StrContains(out.str(), "\r\033[K            ~~  the connection broke"));
  CHECK(absl::EndsWith(out.str(), "\r\033[K"));
}

}  // namespace
}  // namespace roomkeeper::testing
