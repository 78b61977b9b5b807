#include "lib/store/inline_store.h"

#include <memory>
#include <string>
#include <vector>

#include "lib/store/memory/memory_engine.h"
#include "tests/support/fake_loop.h"
#include "tests/support/matchers.h"
#include "tests/unit/store/submit_sample.h"

namespace roomkeeper::testing {
namespace {

SubmitJob Submit(const std::string& id) {
  SubmitJob op = SampleSubmit(id);
  op.job.id = JobId("job-" + id);
  op.claim_for = "r1";
  return op;
}

TEST_CASE("an answer comes when the loop turns, after the commit listener", "[store]") {
  MemoryEngine engine;
  FakeLoop loop;
  InlineStore store(engine, loop);
  std::vector<std::string> seen;
  store.SetCommitListener(
      [&](const CommitNotice& notice) { seen.push_back("commit " + notice.jobs[0].id.value()); });

  store.Submit(Submit("a"), [&](absl::StatusOr<SubmitJob::Result> result) {
    seen.push_back(result.ok() ? "done" : result.status().ToString());
  });
  REQUIRE(seen == std::vector<std::string>{"commit job-a"});
  loop.RunPosted();

  CHECK(seen == std::vector<std::string>{"commit job-a", "done"});
}

TEST_CASE("a read sees what was written before it", "[store]") {
  MemoryEngine engine;
  FakeLoop loop;
  InlineStore store(engine, loop);
  absl::StatusOr<Job> job = absl::UnknownError("not answered");

  store.Submit(Submit("a"), [](const absl::StatusOr<SubmitJob::Result>&) {});
  store.GetJob(JobId("job-a"), [&](absl::StatusOr<Job> result) { job = std::move(result); });
  loop.RunPosted();

  REQUIRE_OK(job);
  CHECK(job->epoch == 1);
}

TEST_CASE("what is posted when the store goes is dropped, what was applied stays", "[store]") {
  MemoryEngine engine;
  FakeLoop loop;
  auto store = std::make_unique<InlineStore>(engine, loop);
  int answers = 0;
  store->Submit(Submit("a"), [&](const absl::StatusOr<SubmitJob::Result>&) { ++answers; });
  store->GetJob(JobId("job-a"), [&](const absl::StatusOr<Job>&) { ++answers; });

  store.reset();
  loop.RunPosted();

  CHECK(answers == 0);
  auto reader = engine.NewReader();
  REQUIRE_OK(reader);
  CHECK_OK((*reader)->GetJob(JobId("job-a")));
}

}  // namespace
}  // namespace roomkeeper::testing
