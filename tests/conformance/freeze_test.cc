#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

SetFreeze FreezeOf(const std::string& scope, const std::string& reason = "an incident") {
  return {.freeze = {.scope = scope, .reason = reason, .by = "apiKeys/k", .since = At(5)}};
}

std::vector<std::string> Scopes(const std::vector<Freeze>& freezes) {
  std::vector<std::string> scopes;
  for (const Freeze& freeze : freezes) {
    scopes.push_back(freeze.scope);
  }
  return scopes;
}

TEST_CASE("a freeze survives a restart, with all that it says", "[store]") {
  const auto store = MakeStoreFixture();
  const SetFreeze op = FreezeOf("shards/main");

  const auto set = store->Apply(op);

  REQUIRE_OK(set);
  CHECK(set->freeze == op.freeze);
  CHECK(store->notice().freezes == std::vector<Freeze>{op.freeze});
  store->Reopen();
  const auto read = store->NewReader()->ListFreezes();
  REQUIRE_OK(read);
  CHECK(*read == std::vector<Freeze>{op.freeze});
}

TEST_CASE("freezing again takes the new reason and keeps the time", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(FreezeOf("everything")));
  SetFreeze again = FreezeOf("everything", "another");
  again.freeze.since = At(9);

  const auto set = store->Apply(again);

  REQUIRE_OK(set);
  CHECK(set->freeze.since == At(5));
  CHECK(set->freeze.reason == "another");
  const auto read = store->NewReader()->ListFreezes();
  REQUIRE_OK(read);
  CHECK(*read == std::vector<Freeze>{set->freeze});
}

TEST_CASE("a thaw answers what is still frozen, also when it is repeated", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(FreezeOf("shards/b")));
  REQUIRE_OK(store->Apply(FreezeOf("shards/a")));
  REQUIRE_OK(store->Apply(FreezeOf("everything")));
  for (int i = 0; i < 2; ++i) {
    const auto thawed = store->Apply(LiftFreeze{.scope = "everything"});
    REQUIRE_OK(thawed);
    CHECK(Scopes(thawed->left) == std::vector<std::string>{"shards/a", "shards/b"});
    CHECK(store->notice().freezes == thawed->left);
  }
}

TEST_CASE("a brand that does not exist is not frozen", "[store]") {
  const auto store = MakeStoreFixture();
  CHECK(store->Apply(FreezeOf("brands/nobody")).status().code() == absl::StatusCode::kNotFound);
  REQUIRE_OK(store->Apply(CreateBrand{.brand = {.id = BrandId("acme")}}));
  CHECK_OK(store->Apply(FreezeOf("brands/acme")));
}

TEST_CASE("no job enters where its brand, its shard or everything is frozen", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(CreateBrand{.brand = {.id = BrandId("acme")}}));
  const SubmitJob submit = NewRoom("a", "j1");
  for (const std::string& scope :
       {std::string("brands/acme"), FreezeScope(submit.room.shard), std::string("everything")}) {
    CAPTURE(scope);
    REQUIRE_OK(store->Apply(FreezeOf(scope)));
    const auto held = store->Apply(submit);
    REQUIRE_OK(held);
    CHECK(held->outcome == Outcome::kFrozen);
    CHECK(held->freeze.scope == scope);
    CHECK(store->OpenJobs() == 0);
    REQUIRE_OK(store->Apply(LiftFreeze{.scope = scope}));
  }
  REQUIRE_OK(store->Apply(FreezeOf("shards/another")));
  const auto entered = store->Apply(submit);
  REQUIRE_OK(entered);
  CHECK(entered->outcome == Outcome::kInserted);
}

TEST_CASE("an answer that was given is given again while all is frozen", "[store]") {
  const auto store = MakeStoreFixture();
  SubmitJob submit = NewRoom("a", "j1");
  submit.request_id = "r";
  REQUIRE_OK(store->Apply(submit));
  REQUIRE_OK(store->Apply(FreezeOf("everything")));

  const auto again = store->Apply(submit);

  REQUIRE_OK(again);
  CHECK(again->outcome == Outcome::kReplayed);
}

}  // namespace
}  // namespace roomkeeper::testing
