#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lib/store/storage_engine.h"
#include "tests/support/matchers.h"

// The conformance suite of storage engines: the same tests, one binary per engine. What an engine's
// binary gives is MakeStoreFixture.

namespace roomkeeper::testing {

// An engine with an empty store, and readers that see what is committed.
class StoreFixture {
 public:
  virtual ~StoreFixture() = default;
  virtual StorageEngine& engine() = 0;
  // As a new process would find it. An engine that keeps nothing does nothing.
  virtual void Reopen() = 0;

  std::vector<absl::StatusOr<WriteResult>> Apply(std::vector<WriteOp> ops) {
    notice_ = {};
    return engine().Apply(std::move(ops), notice_);
  }
  template <typename Op>
  absl::StatusOr<typename Op::Result> Apply(Op op) {
    std::vector<WriteOp> ops;
    ops.emplace_back(std::move(op));
    auto result = std::move(Apply(std::move(ops)).front());
    if (!result.ok()) {
      return result.status();
    }
    return std::get<typename Op::Result>(*std::move(result));
  }
  const CommitNotice& notice() const { return notice_; }  // of the last Apply

  // Reads that must succeed.
  std::unique_ptr<StorageEngine::Reader> NewReader();
  Job GetJob(const std::string& id);
  CleanRoom GetRoom(const RoomKey& key);
  std::vector<JobEvent> Events(const std::string& id);
  std::int64_t OpenJobs();  // of GetStats, all states

 private:
  CommitNotice notice_;
};

std::unique_ptr<StoreFixture> MakeStoreFixture();

// Where the tests' clock starts, and offsets from it.
absl::Time At(int seconds);

RoomKey KeyOf(const std::string& room, const std::string& brand = "acme");
RoomSpec SpecOf(const std::string& room, int generation = 1);

// A create of `room` by job `job`, claimed by replica r1, with every field set to something.
SubmitJob NewRoom(const std::string& room, const std::string& job);
// A job of kind TEARDOWN for an existing room.
SubmitJob Teardown(const std::string& room, const std::string& job);

// The next decision on `job` as it is stored: to `state`, with one event.
AdvanceJob Step(const Job& job, JobState state, int at_seconds = 10);

using Outcome = SubmitJob::Result::Outcome;

}  // namespace roomkeeper::testing
