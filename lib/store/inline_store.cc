#include "lib/store/inline_store.h"

#include <vector>

namespace roomkeeper {

void InlineStore::Write(WriteOp op, WriteDone done) {
  CommitNotice notice;
  std::vector<WriteOp> ops;
  ops.push_back(std::move(op));
  std::vector<absl::StatusOr<WriteResult>> results = engine_.Apply(std::move(ops), notice);
  if (listener_) {
    listener_(notice);
  }
  loop_.Post([alive = std::weak_ptr<const bool>(alive_), done = std::move(done),
              result = std::move(results.front())] {
    if (!alive.expired()) {
      done(result);
    }
  });
}

void InlineStore::Read(ReadTask task) {
  // Not before the loop turns, so that a read sees what was written before it was answered.
  loop_.Post([this, alive = std::weak_ptr<const bool>(alive_), task = std::move(task)] {
    if (alive.expired()) {
      return;
    }
    const auto reader = engine_.NewReader();
    if (!reader.ok()) {
      task(reader.status());
      return;
    }
    task(reader->get());
  });
}

}  // namespace roomkeeper
