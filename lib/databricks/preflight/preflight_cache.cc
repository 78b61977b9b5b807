#include "lib/databricks/preflight/preflight_cache.h"

#include <algorithm>
#include <utility>

#include "lib/databricks/api/clean_rooms_api.h"
#include "lib/model/reasons.h"
#include "lib/obs/metric_table.h"

namespace roomkeeper {
namespace {

constexpr absl::Duration kChecksFor = absl::Minutes(5);
// Also of what is asked afresh: hundreds of jobs may wait for one cause and ask again and again.
constexpr absl::Duration kFreshFor = absl::Seconds(30);
constexpr std::size_t kEntriesMax = 1000;

bool IsRoomLimit(const Problem& problem) {
  return problem.reason == reason::kRoomLimitReached;
}

}  // namespace

PreflightCache::PreflightCache(Loop& loop, RestClient& rest, Metrics& metrics,
                               const ShardOptions& shard)
    : loop_(loop), rest_(rest), metrics_(metrics), shard_(shard) {}

void PreflightCache::Run(const CallOrigin& origin, const RoomSpec& spec, bool fresh,
                         CallDone<PreflightReport> done) {
  if (entries_.size() >= kEntriesMax) {
    std::erase_if(entries_, [](const auto& entry) { return entry.second.waiting.empty(); });
  }
  Entry& entry = entries_[spec.package_digest];
  const absl::Duration now = loop_.clock().Monotonic();
  if (now - entry.at > (fresh ? kFreshFor : kChecksFor)) {
    entry.waiting.push_back(std::move(done));
    if (entry.waiting.size() == 1) {
      Ask(origin, spec, spec.package_digest);
    }
  } else {
    Count(origin, [this, done = std::move(done),
                   problems = entry.problems](const CallResult<std::int64_t>& rooms) {
      CallResult<PreflightReport> result = {.failure = rooms.failure,
                                            .took = rooms.took,
                                            .waited = rooms.waited,
                                            .calls = rooms.calls};
      if (rooms.ok()) {
        result.value = Report(problems);
      }
      done(std::move(result));
    });
  }
}

void PreflightCache::Ask(const CallOrigin& origin, const RoomSpec& spec,
                         const std::string& digest) {
  GatherFindings({rest_, origin}, spec.assets,
                 [this, digest](ShardFindings findings) { Take(digest, std::move(findings)); });
}

void PreflightCache::Take(const std::string& digest, ShardFindings findings) {
  Entry& entry = entries_[digest];
  CallResult<PreflightReport> result = {
      .took = findings.took, .waited = findings.waited, .calls = findings.calls};
  if (const std::optional<CallFailure> failure = Unanswered(findings)) {
    result.failure = *failure;
  } else {
    entry.at = loop_.clock().Monotonic();
    entry.problems = ProblemsOf(CheckShard(shard_, findings));
    std::erase_if(entry.problems, IsRoomLimit);
    if (findings.rooms.ok()) {
      SetRooms(findings.rooms.value);
    }
    result.value = Report(entry.problems);
  }
  for (const CallDone<PreflightReport>& done : std::exchange(entry.waiting, {})) {
    done(result);
    result.calls = 0;  // they cost the first one
  }
}

void PreflightCache::Count(const CallOrigin& origin, CallDone<std::int64_t> done) {
  if (loop_.clock().Monotonic() - rooms_at_ <= kFreshFor) {
    loop_.Post([count = rooms_, done = std::move(done)] { done({.value = count}); });
    return;
  }
  counting_.push_back(std::move(done));
  if (counting_.size() > 1) {
    return;
  }
  ListRooms({rest_, origin}, nullptr, [this](const CallResult<std::vector<ObservedRoom>>& rooms) {
    CallResult<std::int64_t> result = {
        .failure = rooms.failure, .took = rooms.took, .waited = rooms.waited, .calls = rooms.calls};
    if (rooms.ok()) {
      SetRooms(static_cast<std::int64_t>(rooms.value.size()));
      result.value = rooms_;
    }
    for (const CallDone<std::int64_t>& it : std::exchange(counting_, {})) {
      it(result);
      result.calls = 0;  // they cost the first one
    }
  });
}

void PreflightCache::SetRooms(std::int64_t count) {
  rooms_ = count;
  rooms_at_ = loop_.clock().Monotonic();
  metrics_.Set(metric::kRoomsListed, {shard_.id.value()}, static_cast<double>(count));
}

void PreflightCache::RoomsChanged(std::int64_t by) {
  rooms_ = std::max<std::int64_t>(rooms_ + by, 0);
}

PreflightReport PreflightCache::Report(std::vector<Problem> problems) const {
  for (Problem& problem : ProblemsOf({CheckRoomCount(shard_, {.value = rooms_})})) {
    problems.push_back(std::move(problem));
  }
  return {.problems = std::move(problems), .rooms_listed = rooms_};
}

}  // namespace roomkeeper
