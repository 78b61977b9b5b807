#include "lib/engine/parked_jobs.h"

#include <string>

#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

ParkedJobs::Entry Entry(const std::string& id) {
  return {.id = JobId(id), .brand = BrandId("b-" + id), .epoch = 7};
}

std::string Due(ParkedJobs& parked, absl::Time now, std::size_t limit = 100) {
  std::string ids;
  for (const ParkedJobs::Entry& entry : parked.TakeDue(now, limit)) {
    CHECK(entry.brand.value() == "b-" + entry.id.value());
    CHECK(entry.epoch == 7);
    absl::StrAppend(&ids, entry.id.value(), " ");
  }
  return ids;
}

TEST_CASE("jobs wake in the order of their times, and not before", "[engine]") {
  ParkedJobs parked;
  parked.Park(Entry("late"), kNow + absl::Hours(2));
  parked.Park(Entry("0123456789abcdef"), kNow + absl::Seconds(10));  // the longest id
  parked.Park(Entry("mid"), kNow + absl::Minutes(1));

  CHECK(parked.next_wake() == kNow + absl::Seconds(10));
  CHECK(Due(parked, kNow + absl::Seconds(10) - absl::Milliseconds(1)) == "");
  CHECK(Due(parked, kNow + absl::Seconds(10)) == "0123456789abcdef ");
  CHECK(Due(parked, kNow + absl::Hours(3), 1) == "mid ");
  CHECK(Due(parked, kNow + absl::Hours(3)) == "late ");
  CHECK_FALSE(parked.next_wake().has_value());
}

TEST_CASE("a wake time between two milliseconds is never early", "[engine]") {
  ParkedJobs parked;
  parked.Park(Entry("j"), kNow + absl::Microseconds(1));

  CHECK(Due(parked, kNow) == "");
  CHECK(Due(parked, kNow + absl::Milliseconds(1)) == "j ");
}

TEST_CASE("a job wakes, or is taken out, with the signal it was parked with", "[engine]") {
  ParkedJobs parked;
  for (const Signal signal : {Signal::kClaimed, Signal::kWoken}) {
    ParkedJobs::Entry entry = Entry("j");
    entry.signal = signal;
    parked.Park(entry, kNow);
    CHECK(parked.TakeDue(kNow, 1).front().signal == signal);
    parked.Park(entry, kNow);
    CHECK(parked.Take(JobId("j"))->signal == signal);
  }
}

TEST_CASE("a parked job can be taken out, and the others still wake in order", "[engine]") {
  ParkedJobs parked;
  for (int i = 0; i < 50; ++i) {
    parked.Park(Entry(absl::StrCat("j", i)), kNow + absl::Seconds((i * 37) % 50));
  }

  CHECK(parked.Take(JobId("j10")).has_value());
  CHECK_FALSE(parked.Take(JobId("j10")).has_value());
  CHECK(parked.size() == 49);

  absl::Time last = absl::InfinitePast();
  int woken = 0;
  while (const auto next = parked.next_wake()) {
    CHECK(*next >= last);
    last = *next;
    woken += static_cast<int>(parked.TakeDue(*next, 1).size());
  }
  CHECK(woken == 49);
}

}  // namespace
}  // namespace roomkeeper::testing
