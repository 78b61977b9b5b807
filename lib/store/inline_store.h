#pragma once

#include <memory>
#include <utility>

#include "lib/io/loop.h"
#include "lib/store/store_front.h"

namespace roomkeeper {

// Applies each op at once on the caller's thread and posts `done` to the loop, after the commit
// listener has run: the whole product in one thread under virtual time. For tests and simulation;
// with an engine that writes to disk the caller would block. Single-threaded. What is posted and
// not yet run when the store goes is dropped, as when a process dies.
class InlineStore final : public StoreFront {
 public:
  // Both outlive the store.
  InlineStore(StorageEngine& engine, Loop& loop) : engine_(engine), loop_(loop) {}

  void SetCommitListener(CommitListener listener) override { listener_ = std::move(listener); }

 private:
  void Write(WriteOp op, WriteDone done) override;
  void Read(ReadTask task) override;

  StorageEngine& engine_;
  Loop& loop_;
  CommitListener listener_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace roomkeeper
