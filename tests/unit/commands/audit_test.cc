#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "lib/commands/audit/call_audit.h"
#include "lib/commands/audit/read_audit.h"
#include "lib/model/refusal.h"
#include "tests/unit/commands/world.h"

namespace roomkeeper::testing {
namespace {

AuditEntry Refused(const World& world, const std::string& actor, const std::string& method,
                   const std::string& reason = "OPERATOR_ONLY") {
  const absl::Time now = world.loop.clock().Now();
  return {.brand = BrandId("acme"),
          .at = now,
          .until = now,
          .actor_kind = ActorKind::kBrand,
          .actor = actor,
          .method = method,
          .outcome = AuditOutcome::kDenied,
          .code = "PERMISSION_DENIED",
          .reason = reason};
}

// Entries of calls that changed nothing, as an operator's list has them.
std::vector<AuditEntry> Counted(World& world, const Principal& reader) {
  auto page = world.Await<ListAuditOutput>(
      [&](auto done) { ListAuditEntries(world.context, reader, {.query = {.limit = 500}}, done); });
  REQUIRE_OK(page);
  std::vector<AuditEntry> counted;
  for (AuditEntry& entry : page->entries) {
    if (entry.outcome != AuditOutcome::kDone) {
      counted.push_back(std::move(entry));
    }
  }
  return counted;
}

absl::StatusOr<AuditVerdict> Verify(World& world, const AuditHead& known = {}) {
  return world.Await<AuditVerdict>([&](auto done) { VerifyAudit(world.context, known, done); });
}

TEST_CASE("calls refused alike are one entry, with their number and the time of the last",
          "[commands][audit]") {
  World world;
  const absl::Time first = world.loop.clock().Now();
  for (int i = 0; i < 1000; ++i) {
    world.call_audit->Note(Refused(world, "apiKeys/a", "CreateBrand"));
    world.loop.Advance(absl::Milliseconds(10));
  }
  world.call_audit->Note(Refused(world, "apiKeys/a", "CreateBrand", "API_KEY_REVOKED"));
  world.call_audit->Note(Refused(world, "apiKeys/b", "CreateBrand"));

  const auto counted = Counted(world, world.operators);

  REQUIRE(counted.size() == 3);
  std::int64_t calls = 0;
  for (const AuditEntry& entry : counted) {
    calls += entry.count;
  }
  CHECK(calls == 1002);
  const auto& many = counted[0].count > 1 ? counted[0] : counted[1];
  CHECK(many.at == first);
  CHECK(many.until == first + absl::Milliseconds(9990));
}

TEST_CASE("however many are refused however often, a minute has a hundred entries",
          "[commands][audit]") {
  World world;
  world.call_audit->Start();
  for (int caller = 0; caller < 500; ++caller) {
    for (int method = 0; method < 50; ++method) {
      world.call_audit->Note(
          Refused(world, absl::StrCat("apiKeys/", caller), absl::StrCat("m", method)));
    }
  }
  world.loop.Advance(absl::Seconds(61));

  const auto counted = Counted(world, world.operators);

  CHECK(counted.size() <= 100);
  CHECK(counted.size() > 90);
  std::int64_t calls = 0;
  for (const AuditEntry& entry : counted) {
    calls += entry.count;
  }
  CHECK(calls == 500 * 50);  // none is lost, only whose it was
}

TEST_CASE("one caller fills its own share only", "[commands][audit]") {
  World world;
  for (int method = 0; method < 50; ++method) {
    world.call_audit->Note(Refused(world, "apiKeys/loud", absl::StrCat("m", method)));
  }
  world.call_audit->Note(Refused(world, "apiKeys/quiet", "m1"));

  int loud = 0;
  int quiet = 0;
  for (const AuditEntry& entry : Counted(world, world.operators)) {
    loud += entry.actor == "apiKeys/loud" ? 1 : 0;
    quiet += entry.actor == "apiKeys/quiet" && entry.method == "m1" ? 1 : 0;
  }
  CHECK(loud == 11);  // ten kinds, and the rest
  CHECK(quiet == 1);
}

TEST_CASE("a brand's reading writes nothing, and its refused calls come with the minute",
          "[commands][audit]") {
  World world;
  world.call_audit->Start();
  world.call_audit->Note(Refused(world, "apiKeys/a", "CreateBrand"));
  CHECK(Counted(world, world.acme).empty());
  world.loop.Advance(absl::Seconds(61));
  CHECK(Counted(world, world.acme).size() == 1);
  CHECK(Counted(world, world.zeta).empty());
}

TEST_CASE("a brand lists its own slice", "[commands][audit]") {
  World world;
  REQUIRE_OK(world.Create(world.Request()));
  const auto list = [&](const Principal& who, const std::string& parent) {
    return world.Await<ListAuditOutput>([&](auto done) {
      ListAuditEntries(world.context, who, {.parent = ParseBrandPath(parent).value_or(BrandPath())},
                       done);
    });
  };
  const auto own = list(world.acme, "");
  REQUIRE_OK(own);
  CHECK(own->entries.size() == 4);  // the brand, two installs, the room
  for (const AuditEntry& entry : own->entries) {
    CHECK(entry.brand == BrandId("acme"));
    CHECK(entry.seq == 0);
  }
  CHECK(list(world.acme, "brands/acme")->entries == own->entries);
  CHECK(list(world.acme, "brands/acme/installs/main")->entries.size() == 2);
  CHECK(list(world.operators, "brands/zeta")->entries.size() == 2);
  CHECK(list(world.operators, "")->entries.size() == 6);
}

TEST_CASE("a page token goes on where it was, for the same question only", "[commands][audit]") {
  World world;
  const auto list = [&](const Principal& who, const std::string& method, const std::string& token) {
    return world.Await<ListAuditOutput>([&](auto done) {
      ListAuditEntries(world.context, who,
                       {.query = {.method = method, .limit = 2}, .page_token = token}, done);
    });
  };
  const auto first = list(world.operators, "", "");
  REQUIRE_OK(first);
  const auto second = list(world.operators, "", first->next_page_token);
  REQUIRE_OK(second);
  CHECK(second->entries.front().seq == 3);
  CHECK_FALSE(list(world.acme, "", first->next_page_token).ok());
  CHECK_FALSE(list(world.operators, "CreateBrand", first->next_page_token).ok());
}

TEST_CASE("verification tells the end, and holds it against one that was noted",
          "[commands][audit]") {
  World world;
  const auto verdict = Verify(world);
  REQUIRE_OK(verdict);
  CHECK(verdict->problem.empty());
  CHECK(verdict->entries == 5);
  CHECK(verdict->head.seq == 5);

  const AuditHead noted = verdict->head;
  REQUIRE_OK(world.Create(world.Request()));
  CHECK(Verify(world, noted)->problem.empty());
  const auto other = Verify(world, {.seq = 5, .hash = std::string(64, '0')});
  CHECK_THAT(other->problem, Catch::StartsWith("entry 5 had another hash"));
  const auto beyond = Verify(world, {.seq = 60, .hash = noted.hash});
  CHECK_THAT(beyond->problem, Catch::StartsWith("entries 7 to 60 are missing at the end"));
}

TEST_CASE("what is too old goes by itself, and what is left verifies", "[commands][audit]") {
  World world;
  const auto audit = std::make_shared<CallAudit>(world.store, world.loop, world.log,
                                                 CallAuditOptions{.retention = absl::Hours(24)});
  audit->Start();
  world.loop.Advance(absl::Hours(23));
  REQUIRE_OK(world.Create(world.Request()));
  world.loop.Advance(absl::Hours(2));

  const auto verdict = Verify(world);

  REQUIRE_OK(verdict);
  CHECK(verdict->problem.empty());
  CHECK(verdict->anchor.seq == 5);
  CHECK(verdict->entries == 2);  // the room, and that the others were erased
  CHECK(absl::IsInvalidArgument(Verify(world, {.seq = 2, .hash = "x"}).status()));
}

TEST_CASE("an entry that the store refused is written later", "[commands][audit]") {
  World world;
  class Refusing final : public AuditStore {
   public:
    explicit Refusing(AuditStore& store) : store_(store) {}
    void Append(AppendAudit op, StoreDone<AppendAudit::Result> done) override {
      if (!std::exchange(refused_, true)) {
        done(absl::UnavailableError("the disk is full"));
        return;
      }
      store_.Append(std::move(op), std::move(done));
    }
    void Prune(PruneAudit op, StoreDone<PruneAudit::Result> done) override {
      store_.Prune(op, std::move(done));
    }
    void ListAudit(AuditQuery query, StoreDone<AuditPage> done) override {
      store_.ListAudit(std::move(query), std::move(done));
    }

   private:
    AuditStore& store_;
    bool refused_ = false;
  };
  Refusing refusing(world.store);
  const auto audit =
      std::make_shared<CallAudit>(refusing, world.loop, world.log, CallAuditOptions());
  audit->Note(Refused(world, "apiKeys/a", "CreateBrand"));
  audit->Flush([](const absl::Status& written) { CHECK_FALSE(written.ok()); });
  audit->Note(Refused(world, "apiKeys/a", "CreateBrand"));
  audit->Flush([](const absl::Status& written) { CHECK_OK(written); });
  world.loop.RunPosted();

  const auto counted = Counted(world, world.operators);
  REQUIRE(counted.size() == 1);
  CHECK(counted.front().count == 2);
}

}  // namespace
}  // namespace roomkeeper::testing
