#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "lib/commands/command_context.h"
#include "lib/commands/refusals.h"

namespace roomkeeper {

// Answers of all shards, kept in the order of the configuration.
template <typename Row>
struct ShardAnswers {
  std::vector<std::vector<Row>> rows = {};
  std::size_t open = 0;
  StoreDone<std::vector<Row>> done = {};

  void Take(std::size_t i, std::vector<Row> answer) {
    rows[i] = std::move(answer);
    if (--open > 0) {
      return;
    }
    std::vector<Row> all;
    for (std::vector<Row>& shard : rows) {
      for (Row& row : shard) {
        all.push_back(std::move(row));
      }
    }
    done(std::move(all));
  }
};

// Asks the shard, or all when it is empty: `ask` runs on the loop's thread, once for each.
// RESOURCE_NOT_FOUND: no such shard.
template <typename Row, typename Ask>
void AskShards(const CommandContext& context, const ShardId& shard,
               StoreDone<std::vector<Row>> done, Ask ask) {
  std::vector<ShardId> ids;
  for (const ShardStatus& status : context.shards.List()) {
    if (shard.empty() || status.id == shard) {
      ids.push_back(status.id);
    }
  }
  if (ids.empty()) {
    done(shard.empty() ? absl::StatusOr<std::vector<Row>>(std::vector<Row>())
                       : NotFound(absl::StrCat("shard ", shard.value())));
    return;
  }
  const auto answers = std::make_shared<ShardAnswers<Row>>();
  answers->rows.resize(ids.size());
  answers->open = ids.size();
  answers->done = std::move(done);
  context.loop.Post([answers, ids, ask = std::move(ask)] {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ask(ids[i], [answers, i](std::vector<Row> rows) { answers->Take(i, std::move(rows)); });
    }
  });
}

}  // namespace roomkeeper
