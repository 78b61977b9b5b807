#include "lib/events/event_reader.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "lib/store/inline_store.h"
#include "lib/store/memory/memory_engine.h"
#include "tests/support/fake_loop.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

// A store with one job, and the sequence numbers that a reader gave so far.
struct Fixture {
  FakeLoop loop;
  MemoryEngine memory;
  InlineStore store{memory, loop};
  EventHub hub{/*subscribers_max=*/10};
  JobState state = JobState::kQueued;

  Fixture() {
    store.SetCommitListener([this](const CommitNotice& notice) { hub.OnCommit(notice); });
    SubmitJob op;
    op.room.key = {BrandId("b"), InstallId("i"), CleanRoomId("c")};
    op.job = {.id = JobId("j1"), .room = op.room.key};
    op.claim_for = "me";
    store.Submit(std::move(op), [](const absl::StatusOr<SubmitJob::Result>&) {});
    loop.RunPosted();
  }

  void Happen(int events, JobState to = JobState::kRunning) {
    AdvanceJob op = {.job = {.id = JobId("j1"), .state = to, .epoch = 1}};
    if (IsFinal(to)) {
      op.job.finished_at = loop.clock().Now();
    }
    for (int i = 0; i < events; ++i) {
      op.events.push_back({.type = "step.started", .job_state = to});
    }
    store.Advance(std::move(op),
                  [](const absl::StatusOr<AdvanceJob::Result>& result) { REQUIRE_OK(result); });
    loop.RunPosted();
  }

  std::shared_ptr<EventReader> Reader(std::int64_t after) {
    auto reader = EventReader::Make(store, hub, JobId("j1"), after);
    REQUIRE_OK(reader);
    return *reader;
  }

  // "1 2 3", "end", an error, or "waits".
  std::string Next(EventReader& reader) {
    answer = "waits";
    reader.Next([this](absl::StatusOr<EventReader::Batch> batch) {
      if (!batch.ok()) {
        answer = std::string(absl::StatusCodeToString(batch.status().code()));
        return;
      }
      answer = batch->empty() ? "end" : "";
      for (const JobEvent& event : *batch) {
        absl::StrAppend(&answer, answer.empty() ? "" : " ", event.seq);
      }
    });
    loop.RunPosted();
    return answer;
  }

  std::string answer;
};

TEST_CASE("a reader gives what is there, then waits for what comes, then ends", "[events]") {
  Fixture f;
  f.Happen(2);
  const auto reader = f.Reader(0);

  CHECK(f.Next(*reader) == "1 2 3");
  CHECK(f.Next(*reader) == "waits");
  f.Happen(1);
  CHECK(f.answer == "4");
  CHECK(f.Next(*reader) == "waits");
  f.Happen(2, JobState::kSucceeded);
  CHECK(f.answer == "5 6");
  CHECK(f.Next(*reader) == "end");
  CHECK(f.Next(*reader) == "end");
}

TEST_CASE("a reader resumes after any sequence number without gap or repeat", "[events]") {
  Fixture f;
  f.Happen(3);
  f.Happen(2, JobState::kSucceeded);
  const std::int64_t after = GENERATE(0, 1, 3, 5);
  const auto reader = f.Reader(after);

  std::string expected;
  for (std::int64_t seq = after + 1; seq <= 6; ++seq) {
    absl::StrAppend(&expected, expected.empty() ? "" : " ", seq);
  }
  CHECK(f.Next(*reader) == expected);
  CHECK(f.Next(*reader) == "end");
}

TEST_CASE("resuming after the last event of a final job ends at once", "[events]") {
  Fixture f;
  f.Happen(1);
  f.Happen(1, JobState::kSucceeded);

  CHECK(f.Next(*f.Reader(3)) == "end");
  CHECK(f.Next(*f.Reader(99)) == "end");
}

TEST_CASE("a token from the future does not hide what comes", "[events]") {
  Fixture f;
  const auto reader = f.Reader(99);

  CHECK(f.Next(*reader) == "waits");
  f.Happen(1);
  CHECK(f.answer == "2");
}

TEST_CASE("more events than one batch come in order", "[events]") {
  Fixture f;
  f.Happen(250, JobState::kRunning);
  f.Happen(1, JobState::kSucceeded);
  const auto reader = f.Reader(0);

  std::int64_t last = 0;
  while (true) {
    const std::string batch = f.Next(*reader);
    if (batch == "end") {
      break;
    }
    for (const absl::string_view seq : absl::StrSplit(batch, ' ')) {
      CHECK(seq == absl::StrCat(++last));
    }
  }
  CHECK(last == 252);
}

TEST_CASE("an unknown job is not found", "[events]") {
  Fixture f;
  const auto reader = EventReader::Make(f.store, f.hub, JobId("nobody"), 0);
  REQUIRE_OK(reader);

  CHECK(f.Next(**reader) == "NOT_FOUND");
}

TEST_CASE("a cancelled reader answers the one who waits, and everyone after", "[events]") {
  Fixture f;
  const auto reader = f.Reader(1);
  REQUIRE(f.Next(*reader) == "waits");

  reader->Cancel();

  CHECK(f.answer == "CANCELLED");
  CHECK(f.Next(*reader) == "CANCELLED");
  f.Happen(1);
  CHECK(f.answer == "CANCELLED");
}

TEST_CASE("a reader that is dropped while it waits leaves nothing behind", "[events]") {
  Fixture f;
  {
    const auto reader = f.Reader(1);
    REQUIRE(f.Next(*reader) == "waits");
    CHECK(f.hub.subscribers() == 1);
  }

  CHECK(f.hub.subscribers() == 0);
  f.Happen(1);
}

}  // namespace
}  // namespace roomkeeper::testing
