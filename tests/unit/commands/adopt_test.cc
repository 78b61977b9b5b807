#include "lib/commands/operations/adopt_clean_room.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "tests/support/room_samples.h"
#include "tests/unit/commands/world.h"

namespace roomkeeper::testing {
namespace {

// A store that has lost the room of acme's install main, and three shards that may have it.
// Placement picks "main", which has most head-room.
struct Lost : World {
  Lost() {
    for (const char* id : {"second", "third"}) {
      ShardStatus shard = shards.shards.front();
      shard.id = ShardId(id);
      shard.facts.global_metastore_id = "azure:eastus2:99999999-9999-4999-8999-999999999999";
      shard.facts.cloud_vendor = "azure";
      shard.facts.region = "eastus2";
      shards.shards.push_back(std::move(shard));
    }
    provider.room.failure.error = CallError::kNotFound;
  }

  void PutOn(const char* shard) {
    CreateCleanRoomInput input = Request();
    const auto draft = Await<RoomDraft>([&](auto done) {
      input.shard = ShardId(shard);
      DraftRoom(context, acme, input, done);
    });
    REQUIRE_OK(draft);
    const auto row = MakeRoomRow(context, *draft, input, /*generation=*/1, JobId("before"));
    REQUIRE_OK(row);
    name = row->spec.room_name;
    provider.room_on[ShardId(shard)].value = AsDesired(row->spec);
  }

  absl::StatusOr<Job> Adopt() {
    CreateCleanRoomInput input = Request();
    input.parent = {.brand = BrandId("acme"), .install = InstallId("main")};
    return Await<Job>([&](auto done) {
      AdoptCleanRoom(context, operators, {.room_name = name, .create = input}, done);
    });
  }

  std::string name;
};

TEST_CASE("an orphan is adopted on the shard that has it, whatever placement would pick",
          "[adopt]") {
  const char* shard = GENERATE("main", "second", "third");
  CAPTURE(shard);
  Lost lost;
  lost.PutOn(shard);

  const auto job = lost.Adopt();

  REQUIRE_OK(job);
  CHECK(job->shard == ShardId(shard));
  CHECK(lost.Stored(lost.room_key)->shard == ShardId(shard));
  CHECK(lost.Stored(lost.room_key)->spec.room_name == lost.name);
}

TEST_CASE("a room that two shards have with our mark is not adopted, and both are named",
          "[adopt]") {
  Lost lost;
  lost.PutOn("main");
  lost.PutOn("third");

  const auto job = lost.Adopt();

  CHECK_THAT(job.status(), StatusIs(absl::StatusCode::kFailedPrecondition, "third and on main"));
  CHECK(ReasonOf(job.status()) == reason::kRoomOnTwoShards);
  CHECK(absl::IsNotFound(lost.Stored(lost.room_key).status()));
}

TEST_CASE("a stranger's room of the same name on another shard is no second one", "[adopt]") {
  Lost lost;
  lost.PutOn("main");
  lost.PutOn("third");
  lost.provider.room_on[ShardId("third")].value.comment = "made by hand";

  const auto job = lost.Adopt();

  REQUIRE_OK(job);
  CHECK(job->shard == ShardId("main"));
}

TEST_CASE("while a shard does not answer nothing is adopted: it may have the room too", "[adopt]") {
  Lost lost;
  lost.PutOn("main");
  lost.provider.room_on[ShardId("second")].failure.error = CallError::kUnavailable;

  const auto job = lost.Adopt();

  CHECK(job.status().code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(job.status().message()), Catch::Contains("second"));
  CHECK(absl::IsNotFound(lost.Stored(lost.room_key).status()));
}

TEST_CASE("a room that no shard has is not found", "[adopt]") {
  Lost lost;
  lost.PutOn("main");
  lost.provider.room_on.clear();

  CHECK(absl::IsNotFound(lost.Adopt().status()));
}

}  // namespace
}  // namespace roomkeeper::testing
