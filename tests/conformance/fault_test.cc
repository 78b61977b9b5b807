#include "tests/conformance/faulty_engine.h"
#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

// A whole short life: create, run, cancel, end. Answers the first error.
absl::Status LiveOnce(StoreFixture& store, StorageEngine& engine) {
  const auto apply = [&](WriteOp op) {
    CommitNotice notice;
    return engine.Apply({std::move(op)}, notice).front().status();
  };
  if (absl::Status s = apply(NewRoom("a", "j1")); !s.ok()) {
    return s;
  }
  for (const JobState state : {JobState::kRunning, JobState::kCancelling, JobState::kCancelled}) {
    const Job job = store.GetJob("j1");
    if (IsFinal(job.state) || job.state == state || !IsLegal(job.state, state)) {
      continue;  // a run before this one came so far
    }
    if (absl::Status s = apply(Step(job, state)); !s.ok()) {
      return s;
    }
  }
  return absl::OkStatus();
}

TEST_CASE("whichever commit fails, doing it again ends in the same rows", "[store]") {
  const auto fault =
      GENERATE(FaultyEngine::Fault::kNothingWritten, FaultyEngine::Fault::kAnswerLost);
  for (int n = 1;; ++n) {
    CAPTURE(n);
    const auto store = MakeStoreFixture();
    FaultyEngine faulty(store->engine(), n, fault);

    const absl::Status first = LiveOnce(*store, faulty);
    store->Reopen();
    REQUIRE_OK(LiveOnce(*store, store->engine()));

    CHECK(first.ok() == !faulty.fired());
    CHECK(store->GetJob("j1").state == JobState::kCancelled);
    CHECK(store->Events("j1").size() == 4);
    CHECK(store->OpenJobs() == 0);
    if (!faulty.fired()) {
      break;
    }
  }
}

}  // namespace
}  // namespace roomkeeper::testing
