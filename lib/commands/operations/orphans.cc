#include "lib/commands/operations/orphans.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"

namespace roomkeeper {
namespace {

constexpr std::int32_t kPage = 500;

using PlatformName = std::pair<ShardId, std::string>;  // names compare without case

PlatformName NameOf(const ShardId& shard, const std::string& room_name) {
  return {shard, absl::AsciiStrToLower(room_name)};
}

struct Search {
  const CommandContext& context;
  Principal principal = {};
  std::vector<ShardId> shards = {};
  std::set<ShardId> asked = {};
  std::set<PlatformName> on_platform = {};
  std::set<PlatformName> claimed = {};
  std::deque<Orphan> to_confirm = {};
  OrphansOutput found = {};
  StoreDone<OrphansOutput> done = {};
};
using SearchPtr = std::shared_ptr<Search>;

CallScope ScopeOf(const Search& search, const ShardId& shard) {
  return {.shard = shard, .origin = {.trace_id = search.principal.trace_id}};
}

void Finish(Search& search) {
  std::sort(search.found.orphans.begin(), search.found.orphans.end(),
            [](const Orphan& a, const Orphan& b) {
              return std::tie(a.shard, a.kind, a.room_name) <
                     std::tie(b.shard, b.kind, b.room_name);
            });
  search.done(std::move(search.found));
}

// True: what the lists said of it is so.
bool Confirm(const Search& search, const CallResult<ObservedRoom>& seen, Orphan& orphan) {
  if (orphan.kind == Orphan::Kind::kGone) {
    return seen.failure.error == CallError::kNotFound;
  }
  if (!seen.ok()) {
    return false;  // gone by now, or it cannot be read: then there is nothing to say of it
  }
  orphan.status = seen.value.status;
  orphan.mark = search.context.provenance.Verify(seen.value.comment, orphan.room_name);
  if (const auto mark = ParseMark(seen.value.comment); mark && orphan.mark == MarkVerdict::kOurs) {
    orphan.made_by = mark->job;
  }
  return true;
}

// One after the other: the request budget belongs to the jobs.
void ConfirmNext(const SearchPtr& search) {
  if (search->to_confirm.empty()) {
    Finish(*search);
    return;
  }
  const Orphan& next = search->to_confirm.front();
  search->context.provider.ObserveRoom(ScopeOf(*search, next.shard), next.room_name,
                                       Provider::Depth::kRoom,
                                       [search](const CallResult<ObservedRoom>& seen) {
                                         Orphan orphan = std::move(search->to_confirm.front());
                                         search->to_confirm.pop_front();
                                         if (Confirm(*search, seen, orphan)) {
                                           search->found.orphans.push_back(std::move(orphan));
                                         }
                                         ConfirmNext(search);
                                       });
}

void TakeRecord(Search& search, const CleanRoom& room) {
  const PlatformName name = NameOf(room.shard, room.spec.room_name);
  search.claimed.insert(name);
  Orphan orphan{.shard = room.shard, .room_name = room.spec.room_name, .room = room};
  if (!search.asked.contains(room.shard)) {
    return;
  }
  if (room.state == RoomState::kAwaitingBrandDelete) {
    orphan.kind = Orphan::Kind::kTombstone;
    search.found.orphans.push_back(std::move(orphan));
  } else if (IsRunnable(room.state) && !search.on_platform.contains(name)) {
    orphan.kind = Orphan::Kind::kGone;
    search.to_confirm.push_back(std::move(orphan));
  }
}

// After the platform: a room that is made meanwhile has its record first.
void ReadRecords(const SearchPtr& search, std::int64_t after) {
  search->context.jobs.ListRooms(
      {.after = after, .limit = kPage}, [search](const absl::StatusOr<RoomPage>& page) {
        if (!page.ok()) {
          search->done(page.status());
          return;
        }
        for (const CleanRoom& room : page->rooms) {
          TakeRecord(*search, room);
        }
        if (page->next != 0) {
          ReadRecords(search, page->next);
          return;
        }
        for (const auto& [shard, name] : search->on_platform) {
          if (!search->claimed.contains({shard, name})) {
            search->to_confirm.push_back({.shard = shard, .room_name = name});
          }
        }
        search->context.loop.Post([search] { ConfirmNext(search); });
      });
}

void ListShard(const SearchPtr& search, std::size_t i) {
  if (i == search->shards.size()) {
    ReadRecords(search, 0);
    return;
  }
  const ShardId shard = search->shards[i];
  search->context.provider.ListRooms(
      ScopeOf(*search, shard),
      [search, shard, i](const CallResult<std::vector<ObservedRoom>>& rooms) {
        if (!rooms.ok()) {
          search->found.not_asked.push_back({shard, rooms.failure.message});
        } else {
          search->asked.insert(shard);
          for (const ObservedRoom& room : rooms.value) {
            search->on_platform.insert(NameOf(shard, room.name));
          }
        }
        ListShard(search, i + 1);
      });
}

}  // namespace

void FindOrphans(const CommandContext& context, const Principal& principal, const ShardId& shard,
                 StoreDone<OrphansOutput> done) {
  const auto search = std::make_shared<Search>(Search{.context = context, .principal = principal});
  for (const ShardStatus& status : context.shards.List()) {
    if (shard.empty() || status.id == shard) {
      search->shards.push_back(status.id);
    }
  }
  if (search->shards.empty() && !shard.empty()) {
    done(NotFound(absl::StrCat("shards/", shard.value())));
    return;
  }
  search->done = std::move(done);
  context.loop.Post([search] { ListShard(search, 0); });
}

}  // namespace roomkeeper
