#include "lib/commands/rooms/get_runnable_notebook.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"
#include "lib/commands/rooms/explain_clean_room.h"
#include "lib/commands/rooms/read_clean_rooms.h"
#include "lib/commands/submit.h"
#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

void RefuseNotReady(const CommandContext& context, const Principal& principal, const RoomKey& key,
                    const StoreDone<RunnableNotebook>& done) {
  ExplainCleanRoom(context, principal, key, [done](absl::StatusOr<Explanation> explanation) {
    if (!explanation.ok()) {
      done(explanation.status());
      return;
    }
    const CleanRoom& room = explanation->room;
    done(ToStatus({.code = absl::StatusCode::kFailedPrecondition,
                   .reason = reason::kRoomNotReady,
                   .message = explanation->text,
                   .metadata = {{"clean_room", FormatName(room.key)},
                                {"state", std::string(Name(room.state))},
                                {"move", std::string(Name(room.move))},
                                {"job", FormatName(room.job)}}}));
  });
}

absl::StatusOr<RunnableNotebook> FromStored(const CommandContext& context, const CleanRoom& room,
                                            const std::string& wanted) {
  const std::string name =
      wanted.empty() && !room.spec.notebooks.empty() ? room.spec.notebooks.front().name : wanted;
  const auto found = std::find_if(
      room.notebooks.begin(), room.notebooks.end(),
      [&](const NotebookState& state) { return absl::EqualsIgnoreCase(state.name, name); });
  if (found == room.notebooks.end()) {
    return NotFound(absl::StrCat("notebook ", name, " of ", FormatName(room.key)));
  }
  RunnableNotebook runnable{.room = room, .notebook = *found};
  const auto package = context.packages.Get(room.spec.package, room.spec.package_version);
  if (package.ok()) {
    runnable.package = *package;
  }
  return runnable;
}

// A move could be neither done nor undone: nobody knows which version of the notebook is there.
bool IsBetweenVersions(const CleanRoom& room, const absl::StatusOr<RunnableNotebook>& runnable) {
  return room.leaving.has_value() && absl::IsNotFound(runnable.status());
}

// Keeps what was seen, then answers with it.
void Remember(const CommandContext& context, const Principal& principal, RunnableNotebook runnable,
              const StoreDone<RunnableNotebook>& done) {
  std::vector<NotebookState> notebooks = runnable.room.notebooks;
  for (NotebookState& notebook : notebooks) {
    if (notebook.name == runnable.notebook.name) {
      notebook = runnable.notebook;
    }
  }
  if (notebooks == runnable.room.notebooks) {
    done(std::move(runnable));
    return;
  }
  ObserveNotebooks op{.key = runnable.room.key,
                      .package_version = runnable.room.spec.package_version,
                      .notebooks = std::move(notebooks),
                      .now = context.clock.Now()};
  context.jobs.Observe(std::move(op), [&context, principal, runnable = std::move(runnable),
                                       done](absl::StatusOr<ObserveNotebooks::Result> kept) {
    if (absl::IsAborted(kept.status())) {  // it moved meanwhile: what was seen may be of either
      RefuseNotReady(context, principal, runnable.room.key, done);
      return;
    }
    if (!kept.ok()) {
      done(kept.status());
      return;
    }
    RunnableNotebook fresh = runnable;
    fresh.room = kept->room;
    done(std::move(fresh));
  });
}

void Refresh(const CommandContext& context, const Principal& principal, RunnableNotebook runnable,
             StoreDone<RunnableNotebook> done) {
  context.loop.Post([&context, principal, scope = ScopeOf(principal, runnable.room),
                     runnable = std::move(runnable), done = std::move(done)] {
    context.provider.GetAsset(
        scope, runnable.room.spec.room_name, std::string(Name(AssetType::kNotebookFile)),
        runnable.notebook.name,
        [&context, principal, runnable, done](const CallResult<ObservedAsset>& seen) {
          if (!seen.ok()) {
            done(FromCallFailure(principal, seen.failure, "show the notebook"));
            return;
          }
          RunnableNotebook fresh = runnable;
          fresh.notebook.etag = seen.value.notebook_etag.value_or(runnable.notebook.etag);
          fresh.notebook.content_digest =
              seen.value.notebook_content_digest.value_or(runnable.notebook.content_digest);
          Remember(context, principal, std::move(fresh), done);
        });
  });
}

}  // namespace

void GetRunnableNotebook(const CommandContext& context, const Principal& principal,
                         GetRunnableNotebookInput input, StoreDone<RunnableNotebook> done) {
  const RoomKey key = input.room;
  GetCleanRoom(context, key,
               [&context, principal, input = std::move(input),
                done = std::move(done)](absl::StatusOr<CleanRoom> room) {
                 if (!room.ok()) {
                   done(room.status());
                   return;
                 }
                 if (!IsRunnable(room->state) || room->notebooks.empty()) {
                   RefuseNotReady(context, principal, input.room, done);
                   return;
                 }
                 auto runnable = FromStored(context, *room, input.notebook);
                 if (IsBetweenVersions(*room, runnable)) {
                   RefuseNotReady(context, principal, input.room, done);
                   return;
                 }
                 if (runnable.ok() && input.refresh) {
                   Refresh(context, principal, *std::move(runnable), done);
                   return;
                 }
                 done(std::move(runnable));
               });
}

}  // namespace roomkeeper
