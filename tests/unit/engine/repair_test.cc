#include "lib/engine/workflows/repair.h"

#include "lib/model/reasons.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

const Problem kDenied = {.reason = reason::kAssetPermissionDenied,
                         .message = "grant it again",
                         .move = Move::kProviderOperator,
                         .retryable = true};
const Problem kPending = {.reason = reason::kAssetNotActive,
                          .message = "asset a is PENDING",
                          .move = Move::kPlatform,
                          .retryable = true};
const Problem kForeign = {
    .reason = reason::kRoomNotOurs, .message = "no mark", .move = Move::kProviderOperator};

TEST_CASE("a room of which nothing is to be done has not drifted", "[engine][drift]") {
  CHECK_FALSE(FindDrift({}, "ACTIVE").has_value());
}

TEST_CASE("what is wrong with a room that was READY has a reason and somebody's move",
          "[engine][drift]") {
  struct Case {
    Action action;
    const char* status;
    const char* reason;
    Move move;
    bool mendable;
  };
  const std::vector<Case> cases = {
      {{ActionKind::kQuarantine, "room", kForeign},
       "ACTIVE",
       "ROOM_NOT_OURS",
       Move::kProviderOperator,
       false},
      {{ActionKind::kCreateRoom, "room", {}}, "", "ROOM_GONE", Move::kProviderOperator, false},
      {{ActionKind::kRecreateRoom, "room", {}}, "DELETED", "ROOM_GONE", Move::kBrandAdmin, false},
      {{ActionKind::kRecreateRoom, "room", {}},
       "FAILED",
       "ROOM_GONE",
       Move::kProviderOperator,
       false},
      {{ActionKind::kAwaitActive, "room", {}},
       "UPDATING",
       "PLATFORM_STATE",
       Move::kPlatform,
       false},
      {{ActionKind::kAwaitAsset, "a", kDenied},
       "ACTIVE",
       "ASSET_PERMISSION_DENIED",
       Move::kProviderOperator,
       false},
      {{ActionKind::kAwaitAsset, "a", kPending},
       "ACTIVE",
       "ASSET_NOT_ACTIVE",
       Move::kPlatform,
       false},
      {{ActionKind::kAddAsset, "a", {}}, "ACTIVE", "ROOM_DRIFTED", Move::kRoomkeeper, true},
      {{ActionKind::kUpdateAsset, "a", {}}, "ACTIVE", "ROOM_DRIFTED", Move::kRoomkeeper, true},
      {{ActionKind::kAddNotebook, "n", {}}, "ACTIVE", "ROOM_DRIFTED", Move::kRoomkeeper, true},
      {{ActionKind::kUpdateNotebook, "n", {}}, "ACTIVE", "ROOM_DRIFTED", Move::kRoomkeeper, true},
  };
  for (const Case& c : cases) {
    CAPTURE(Name(c.action.kind), c.status);
    const std::optional<Drift> drift = FindDrift({c.action}, c.status);
    REQUIRE(drift.has_value());
    CHECK(drift->problem.reason == c.reason);
    CHECK(drift->problem.move == c.move);
    CHECK(drift->mendable == c.mendable);
    CHECK_FALSE(drift->problem.message.empty());
  }
}

TEST_CASE("what a person has to do is told before what heals by itself", "[engine][drift]") {
  const std::vector<Action> plan = {{ActionKind::kAwaitAsset, "a", kPending},
                                    {ActionKind::kAwaitAsset, "b", kDenied}};
  CHECK(FindDrift(plan, "ACTIVE")->problem == kDenied);
}

TEST_CASE("a difference names all that is to be done, and not what is waited for",
          "[engine][drift]") {
  const std::vector<Action> plan = {{ActionKind::kAwaitAsset, "a", kDenied},
                                    {ActionKind::kAddAsset, "b", {}},
                                    {ActionKind::kUpdateNotebook, "c", {}}};
  const std::optional<Drift> drift = FindDrift(plan, "ACTIVE");
  REQUIRE(drift.has_value());
  CHECK(drift->mendable);
  CHECK(drift->problem.message ==
        "somebody changed the clean room; it needs: ADD_ASSET b, UPDATE_NOTEBOOK c");
}

}  // namespace
}  // namespace roomkeeper::testing
