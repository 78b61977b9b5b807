#include "lib/commands/rooms/read_clean_rooms.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/ci/ci_scope.h"
#include "lib/commands/page_token.h"
#include "lib/commands/refusals.h"
#include "lib/commands/submit.h"

namespace roomkeeper {
namespace {

// What a page token is bound to.
std::string TextOf(const Principal& principal, const RoomQuery& query) {
  return absl::StrCat(
      "rooms\n", CallerScope(principal), "\n", query.brand.value_or(BrandId()).value(), "\n",
      query.install.value_or(InstallId()).value(), "\n",
      query.package.value_or(PackageName()).value(), "\n", query.package_version.value_or(""), "\n",
      query.state ? Name(*query.state) : "", "\n", CanonicalText(query.labels), "\n",
      query.show_deleted);
}

}  // namespace

void GetCleanRoom(const CommandContext& context, RoomKey room, StoreDone<CleanRoom> done) {
  const std::string name = FormatName(room);
  context.jobs.GetRoom(std::move(room),
                       [name, done = std::move(done)](absl::StatusOr<CleanRoom> stored) {
                         if (!stored.ok()) {
                           done(NotFoundOr(stored.status(), name));
                           return;
                         }
                         done(std::move(stored));
                       });
}

void ListCleanRooms(const CommandContext& context, const Principal& principal,
                    ListCleanRoomsInput input, StoreDone<ListCleanRoomsOutput> done) {
  BrandPath path = input.parent;
  if (path.brand.empty()) {
    path.brand = principal.brand;  // empty for operators: all
  }
  RoomQuery query = std::move(input.query);
  if (absl::Status held = HoldToLabel(principal, "labels", query.labels); !held.ok()) {
    done(std::move(held));
    return;
  }
  if (principal.IsCi()) {
    path = {.brand = principal.brand, .install = principal.install};
  }
  if (!path.brand.empty()) {
    query.brand = path.brand;
  }
  if (!path.install.empty()) {
    query.install = path.install;
  }
  const std::string text = TextOf(principal, query);
  const auto after = ParsePageToken(context.settings.page_token_key, text, input.page_token);
  if (!after.ok()) {
    done(after.status());
    return;
  }
  query.after = *after;
  const Secret& key = context.settings.page_token_key;
  context.jobs.ListRooms(
      std::move(query), [&key, text, done = std::move(done)](absl::StatusOr<RoomPage> page) {
        if (!page.ok()) {
          done(page.status());
          return;
        }
        done(ListCleanRoomsOutput{.rooms = std::move(page->rooms),
                                  .next_page_token = MakePageToken(key, text, page->next)});
      });
}

}  // namespace roomkeeper
