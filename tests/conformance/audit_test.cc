#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/store/audit/audit_chain.h"
#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

AuditStampPtr Ada(const std::string& method) {
  auto stamp = std::make_shared<AuditStamp>();
  stamp->actor_kind = ActorKind::kBrand;
  stamp->actor = "apiKeys/ada";
  stamp->install = InstallId("web");
  stamp->on_behalf_of = "ada@acme.example";
  stamp->method = method;
  stamp->request_id = "click-1";
  stamp->trace_id = "0123";
  stamp->peer = "203.0.113.7";
  return stamp;
}

AuditPage Read(StoreFixture& store, AuditQuery query = {}) {
  auto page = store.NewReader()->ListAudit(query);
  REQUIRE_OK(page);
  return *std::move(page);
}

std::vector<std::string> Methods(const AuditPage& page) {
  std::vector<std::string> methods;
  for (const AuditEntry& entry : page.entries) {
    methods.push_back(entry.method);
  }
  return methods;
}

// What a reader of the whole log, or of a brand's slice as the brand sees it, finds wrong.
std::string Check(StoreFixture& store, const std::string& brand = "") {
  const bool whole = brand.empty();
  AuditQuery query{.limit = 1000};
  if (!whole) {
    query.brand = BrandId(brand);
  }
  const AuditPage page = Read(store, query);
  AuditChecker checker(whole ? AuditChecker::Chain::kWhole : AuditChecker::Chain::kBrand,
                       page.anchor);
  for (const AuditEntry& entry : page.entries) {
    if (const auto wrong = checker.Take(whole ? entry : BrandView(entry))) {
      return *wrong;
    }
  }
  return checker.head() == page.head ? "" : "the end is missing";
}

CreateBrand Brand(const std::string& id, int at = 1) {
  return {.brand = {.id = BrandId(id), .created_at = At(at)}};
}

// Three brands, one after the other.
void AddBrands(StoreFixture& store) {
  int at = 0;
  for (const std::string id : {"acme", "bolt", "cyan"}) {
    REQUIRE_OK(store.Apply(Brand(id, ++at)));
  }
}

TEST_CASE("a change is entered with who made it, what, when, for whom and from where", "[store]") {
  const auto store = MakeStoreFixture();
  SubmitJob submit = NewRoom("a", "j1");
  submit.audit = Ada("CreateCleanRoom");

  REQUIRE_OK(store->Apply(submit));

  CHECK(submit.audit->entered);
  store->Reopen();
  AuditPage page = Read(*store);
  REQUIRE(page.entries.size() == 1);
  AuditEntry& entry = page.entries.front();
  CHECK(entry.hash.size() == 64);
  CHECK(entry.brand_hash.size() == 64);
  CHECK(page.head == AuditHead{.seq = 1, .hash = entry.hash});
  entry.hash = entry.brand_hash = "";
  CHECK(entry == AuditEntry{.seq = 1,
                            .brand = BrandId("acme"),
                            .brand_seq = 1,
                            .at = submit.job.created_at,
                            .until = submit.job.created_at,
                            .actor_kind = ActorKind::kBrand,
                            .actor = "apiKeys/ada",
                            .install = InstallId("web"),
                            .on_behalf_of = "ada@acme.example",
                            .method = "CreateCleanRoom",
                            .resource = "brands/acme/installs/web/cleanRooms/a",
                            .job = "jobs/j1",
                            .code = "OK",
                            .request_id = "click-1",
                            .trace_id = "0123",
                            .peer = "203.0.113.7"});
}

TEST_CASE("what is refused, repeated or changes nothing leaves no entry of a change", "[store]") {
  const auto store = MakeStoreFixture();
  SubmitJob submit = NewRoom("a", "j1");
  submit.request_id = "r";
  REQUIRE_OK(store->Apply(submit));
  REQUIRE_OK(store->Apply(Brand("acme")));
  const AuditHead before = Read(*store).head;

  SubmitJob again = submit;
  again.audit = Ada("CreateCleanRoom");
  const auto replayed = store->Apply(again);
  REQUIRE_OK(replayed);
  CHECK(replayed->outcome == Outcome::kReplayed);
  CHECK_FALSE(again.audit->entered);
  const auto busy = store->Apply(Teardown("a", "j2"));
  REQUIRE_OK(busy);
  CHECK(busy->outcome == Outcome::kRoomBusy);
  CHECK_OK(store->Apply(Brand("acme")));
  CHECK_OK(store->Apply(LiftFreeze{.scope = "everything"}));
  CHECK_FALSE(store->Apply(MoveRoom{.key = KeyOf("a")}).ok());
  CHECK_FALSE(store->Apply(RevokeApiKey{.id = ApiKeyId("k")}).ok());
  CHECK_OK(store->Apply(CancelJob{.id = JobId("j1"), .now = At(3)}));
  CHECK_OK(store->Apply(CancelJob{.id = JobId("j1"), .now = At(4)}));

  CHECK(Read(*store).head.seq == before.seq + 1);  // the first cancel
  CHECK(Methods(Read(*store, {.after = before.seq})) == std::vector<std::string>{"CancelJob"});
}

TEST_CASE("what nobody called is entered as Roomkeeper's own doing", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(Brand("acme")));
  REQUIRE_OK(store->Apply(CreateInstall{
      .install = {.brand = BrandId("acme"), .id = InstallId("web"), .created_at = At(2)}}));
  REQUIRE_OK(store->Apply(
      CreateApiKey{.key = {.id = ApiKeyId("k"), .brand = BrandId("acme"), .created_at = At(3)}}));
  REQUIRE_OK(store->Apply(RevokeApiKey{.id = ApiKeyId("k"), .now = At(4)}));
  REQUIRE_OK(store->Apply(SetFreeze{.freeze = {.scope = "everything", .since = At(5)}}));
  REQUIRE_OK(store->Apply(LiftFreeze{.scope = "everything", .now = At(6)}));
  REQUIRE_OK(store->Apply(UpdateBrand{.brand = {.id = BrandId("acme"), .updated_at = At(7)}}));

  const AuditPage page = Read(*store);

  CHECK(Methods(page) == std::vector<std::string>{"CreateBrand", "CreateInstall", "CreateApiKey",
                                                  "RevokeApiKey", "SetFreeze", "LiftFreeze",
                                                  "UpdateBrand"});
  for (std::size_t i = 0; i < page.entries.size(); ++i) {
    CAPTURE(i);
    const AuditEntry& entry = page.entries[i];
    CHECK(entry.actor_kind == ActorKind::kRoomkeeper);
    CHECK(entry.at == At(static_cast<int>(i) + 1));
    CHECK(entry.brand.value() == (entry.resource == "everything" ? "" : "acme"));
  }
  CHECK(page.entries[3].resource == "apiKeys/k");
  CHECK(page.entries[1].resource == "brands/acme/installs/web");
}

TEST_CASE("a batch in which one op fails half made keeps one chain", "[store]") {
  const auto store = MakeStoreFixture();
  std::vector<WriteOp> ops;
  ops.emplace_back(Brand("acme"));
  ops.emplace_back(NewRoom("a", "j1"));
  SubmitJob taken = NewRoom("b", "j1");  // the job's id
  taken.request_id = "another";
  ops.emplace_back(std::move(taken));
  ops.emplace_back(Brand("bolt"));

  const auto results = store->Apply(std::move(ops));

  CHECK_FALSE(results[2].ok());
  CHECK(Methods(Read(*store)) ==
        std::vector<std::string>{"CreateBrand", "SubmitJob", "CreateBrand"});
  CHECK(Check(*store).empty());
}

TEST_CASE("the whole log and each slice can be checked, also after a restart", "[store]") {
  const auto store = MakeStoreFixture();
  AddBrands(*store);
  store->Reopen();
  AuditStampPtr stamp = Ada("UpdateBrand");
  REQUIRE_OK(store->Apply(UpdateBrand{.brand = {.id = BrandId("acme")}, .audit = stamp}));
  REQUIRE_OK(store->Apply(AppendAudit{{{.at = At(9),
                                        .until = At(12),
                                        .count = 40,
                                        .actor_kind = ActorKind::kNobody,
                                        .method = "GetJob",
                                        .outcome = AuditOutcome::kDenied,
                                        .code = "UNAUTHENTICATED"}}}));

  CHECK(Check(*store).empty());
  CHECK(Check(*store, "acme").empty());
  CHECK(Check(*store, "bolt").empty());
  CHECK(Read(*store, {.brand = BrandId("acme")}).head.seq == 2);
  CHECK(Read(*store, {.brand = BrandId("nobody")}).entries.empty());
}

TEST_CASE("a changed, missing or moved entry is named", "[store]") {
  const auto store = MakeStoreFixture();
  AddBrands(*store);
  REQUIRE_OK(store->Apply(UpdateBrand{.brand = {.id = BrandId("bolt")}}));
  std::vector<AuditEntry> entries = Read(*store).entries;
  const auto check = [&] {
    AuditChecker checker(AuditChecker::Chain::kWhole, AuditHead());
    for (const AuditEntry& entry : entries) {
      if (const auto wrong = checker.Take(entry)) {
        return *wrong;
      }
    }
    return std::string();
  };
  REQUIRE(check().empty());

  SECTION("changed") {
    entries[1].peer = "198.51.100.1";
    CHECK(absl::StartsWith(check(), "entry 2 was changed"));
  }
  SECTION("missing") {
    entries.erase(entries.begin() + 1, entries.begin() + 3);
    CHECK(check() == "entries 2 to 3 are missing");
  }
  SECTION("moved") {
    std::swap(entries[1], entries[2]);
    CHECK(check() == "entry 2 is missing");
  }
  SECTION("moved, and numbered anew") {
    std::swap(entries[1], entries[2]);
    std::swap(entries[1].seq, entries[2].seq);
    CHECK(absl::StartsWith(check(), "entry 2 "));
  }
  SECTION("made anew, with all hashes after it") {
    entries[1].peer = "198.51.100.1";
    LinkEntry({.seq = 1, .hash = entries[0].hash}, {}, entries[1]);
    CHECK(absl::StartsWith(check(), "entry 3 does not follow entry 2"));
  }
  SECTION("in its slice only") {
    entries[3].brand_previous_hash = std::string(64, '0');
    CHECK(absl::StartsWith(check(), "entry 4, in the slice of brands/bolt: entry 2 does not"));
  }
}

TEST_CASE("a brand's view hides an operator and can still be checked", "[store]") {
  const auto store = MakeStoreFixture();
  auto stamp = std::make_shared<AuditStamp>();
  stamp->actor_kind = ActorKind::kOperator;
  stamp->actor = "apiKeys/op";
  stamp->request_id = "secret plan";
  stamp->peer = "10.0.0.1";
  CreateBrand op = Brand("acme");
  op.audit = stamp;
  REQUIRE_OK(store->Apply(op));

  const AuditEntry seen = BrandView(Read(*store, {.brand = BrandId("acme")}).entries.front());

  CHECK(seen.actor_kind == ActorKind::kOperator);
  CHECK(
      absl::StrCat(seen.actor, seen.request_id, seen.peer, seen.hash, seen.previous_hash).empty());
  CHECK(seen.seq == 0);
  CHECK(Check(*store, "acme").empty());
}

TEST_CASE("filters and pages show each entry once", "[store]") {
  const auto store = MakeStoreFixture();
  AddBrands(*store);
  REQUIRE_OK(store->Apply(UpdateBrand{.brand = {.id = BrandId("acme"), .updated_at = At(4)},
                                      .audit = Ada("v1.BrandService.UpdateBrand")}));
  REQUIRE_OK(store->Apply(CreateInstall{
      .install = {.brand = BrandId("acme"), .id = InstallId("web"), .created_at = At(5)}}));
  const auto places = [&](const AuditQuery& query) {
    std::vector<std::int64_t> found;
    for (const AuditEntry& entry : Read(*store, query).entries) {
      found.push_back(entry.seq);
    }
    return found;
  };
  using Places = std::vector<std::int64_t>;
  CHECK(places({}) == Places{1, 2, 3, 4, 5});
  CHECK(places({.brand = BrandId("acme")}) == Places{1, 4, 5});
  CHECK(places({.method = "UpdateBrand"}) == Places{4});
  CHECK(places({.method = "v1.BrandService.UpdateBrand"}) == Places{4});
  CHECK(places({.actor = "apiKeys/ada"}) == Places{4});
  CHECK(places({.resource = "brands/acme"}) == Places{1, 4, 5});
  CHECK(places({.resource = "brands/ac"}).empty());
  CHECK(places({.outcome = AuditOutcome::kDenied}).empty());
  CHECK(places({.since = At(3), .until = At(5)}) == Places{3, 4});
  CHECK(places({.brand = BrandId("acme"), .since = At(3)}) == Places{4, 5});
  for (const auto& brand : {std::optional<BrandId>(), std::optional<BrandId>(BrandId("acme"))}) {
    Places paged;
    AuditQuery query{.brand = brand, .limit = 2};
    do {
      const AuditPage page = Read(*store, query);
      for (const AuditEntry& entry : page.entries) {
        paged.push_back(entry.seq);
      }
      query.after = page.next;
    } while (query.after != 0);
    CHECK(paged == (brand.has_value() ? Places{1, 4, 5} : Places{1, 2, 3, 4, 5}));
  }
}

TEST_CASE("what is left after old entries were erased can still be checked", "[store]") {
  const auto store = MakeStoreFixture();
  AddBrands(*store);
  REQUIRE_OK(store->Apply(UpdateBrand{.brand = {.id = BrandId("bolt"), .updated_at = At(9)}}));

  const auto nothing = store->Apply(PruneAudit{.before = At(1), .now = At(20)});
  REQUIRE_OK(nothing);
  CHECK(nothing->erased == 0);
  CHECK(nothing->head.seq == 4);
  const auto first = store->Apply(PruneAudit{.before = At(4), .now = At(20), .rows_max = 2});
  REQUIRE_OK(first);
  CHECK(first->erased == 2);
  CHECK(first->more);
  const auto rest = store->Apply(PruneAudit{.before = At(4), .now = At(21), .rows_max = 2});
  REQUIRE_OK(rest);
  CHECK(rest->erased == 1);
  CHECK_FALSE(rest->more);

  store->Reopen();
  const AuditPage page = Read(*store);
  CHECK(Methods(page) == std::vector<std::string>{"UpdateBrand", "PruneAudit", "PruneAudit"});
  CHECK(page.anchor.seq == 3);
  CHECK(page.entries[1].count == 2);
  CHECK(Check(*store).empty());
  CHECK(Check(*store, "acme").empty());
  CHECK(Check(*store, "bolt").empty());
  // Its chain goes on, though all of it is gone.
  REQUIRE_OK(store->Apply(UpdateBrand{.brand = {.id = BrandId("acme"), .updated_at = At(30)}}));
  const AuditPage acme = Read(*store, {.brand = BrandId("acme")});
  REQUIRE(acme.entries.size() == 1);
  CHECK(acme.entries.front().brand_seq == 2);
  CHECK(Check(*store, "acme").empty());
}

}  // namespace
}  // namespace roomkeeper::testing
