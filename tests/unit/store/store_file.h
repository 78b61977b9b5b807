#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "lib/store/sqlite/sqlite_engine.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/store/submit_sample.h"

namespace roomkeeper::testing {

// A SQLite store in a folder of its own.
struct StoreFile {
  std::string path() const { return dir.path() + "/store.db"; }
  // As a daemon that starts, or starts again.
  absl::Status Open() {
    engine.reset();
    auto opened = SqliteEngine::Open(path(), clock);
    if (opened.ok()) {
      engine = *std::move(opened);
    }
    return opened.status();
  }
  absl::StatusOr<WriteResult> Write(WriteOp op) {
    std::vector<WriteOp> ops;
    ops.push_back(std::move(op));
    CommitNotice notice;
    return std::move(engine->Apply(std::move(ops), notice).front());
  }

  TempFolder dir;
  FakeClock clock;
  std::unique_ptr<SqliteEngine> engine;
};

}  // namespace roomkeeper::testing
