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

const v1::JobEvent kStarted =
    Event(1, "step.started", v1::JOB_STEP_AWAIT_ACTIVE, v1::JOB_STATE_WAITING, 0);
const v1::JobEvent kFailed = Event(2, "job.failed", v1::JOB_STEP_DONE, v1::JOB_STATE_FAILED, 4);

TEST_CASE("without a terminal each event is one plain line", "[roomctl]") {
  FakeClock clock;
  std::ostringstream out;
  {
    Progress progress(out, clock, /*live=*/false);
    progress.Show(kStarted);
    progress.Redraw();
    progress.Show(kFailed);
  }

  CHECK(out.str() ==
        "    0.00 s  ..  AWAIT_ACTIVE       message 1\n"
        "    4.00 s  !!  job.failed         message 2\n");
}

TEST_CASE("on a terminal the bottom line counts the seconds of the present step", "[roomctl]") {
  FakeClock clock;
  clock.Advance(absl::FromUnixSeconds(kBegin) - clock.Now());
  std::ostringstream out;
  {
    Progress progress(out, clock, /*live=*/true);
    progress.Show(kStarted);
    clock.Advance(absl::Seconds(3));
    progress.Redraw();
    CHECK(absl::EndsWith(out.str(), "\r\033[K     3.0 s      WAITING AWAIT_ACTIVE, for 3 s"));

    progress.Show(kFailed);
  }

  // It is gone once the job is final, and nothing is left of it.
  CHECK(absl::EndsWith(out.str(),
                       "\r\033[K\033[31m    4.00 s  !!  job.failed         message 2\033[0m\n"));
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
