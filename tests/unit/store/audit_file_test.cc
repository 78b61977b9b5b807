#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/store/audit/audit_chain.h"
#include "tests/support/matchers.h"
#include "tests/unit/store/store_file.h"

// What somebody does to the audit log who can write to the database file.

namespace roomkeeper::testing {
namespace {

struct World : StoreFile {
  World() {
    REQUIRE_OK(Open());
    for (int i = 1; i <= 9; ++i) {
      REQUIRE_OK(Write(CreateBrand{
          .brand = {.id = BrandId(absl::StrCat("brand-", i)), .display_name = "of the audited"}}));
    }
    engine.reset();
  }

  // Without the triggers, as any program could.
  void Forge(const std::string& sql) {
    auto db = SqliteDb::Open(path(), SqliteDb::Mode::kReadWrite);
    REQUIRE_OK(db);
    REQUIRE_OK((*db)->Execute(
        "DROP TRIGGER audit_is_append_only; DROP TRIGGER audit_goes_from_its_begin"));
    const std::string kept = sql;
    REQUIRE_OK((*db)->Execute(kept.c_str()));
  }

  // What a verification says; `known` is what it would be told of the end.
  std::string Verify(AuditHead* end = nullptr) {
    REQUIRE_OK(Open());
    const auto reader = engine->NewReader();
    REQUIRE_OK(reader);
    const auto page = (*reader)->ListAudit({.limit = 1000});
    REQUIRE_OK(page);
    AuditChecker checker(AuditChecker::Chain::kWhole, page->anchor);
    for (const AuditEntry& entry : page->entries) {
      if (const auto wrong = checker.Take(entry)) {
        return *wrong;
      }
    }
    if (end != nullptr) {
      *end = checker.head();
    }
    return "";
  }
};

TEST_CASE("a log that nobody touched verifies", "[sqlite][audit]") {
  World world;
  AuditHead end;
  CHECK(world.Verify(&end).empty());
  CHECK(end.seq == 9);
}

TEST_CASE("one changed byte of any column is found, and the entry named", "[sqlite][audit]") {
  const std::string column =
      GENERATE(as<std::string>{}, "brand", "actor", "install", "on_behalf_of", "method", "resource",
               "job", "code", "reason", "request_id", "trace_id", "peer", "brand_hash", "hash");
  CAPTURE(column);
  World world;
  // The last byte, or one where there was none.
  world.Forge(absl::StrCat("UPDATE audit_entry SET ", column, " = substr(", column, ", 1, max(0, ",
                           "length(", column, ") - 1)) || '~' WHERE seq = 5"));
  CHECK(absl::StartsWith(world.Verify(), "entry 5"));
}

TEST_CASE("a changed number or time is found, and the entry named", "[sqlite][audit]") {
  const std::string column =
      GENERATE(as<std::string>{}, "brand_seq", "at", "until", "count", "actor_kind", "outcome");
  CAPTURE(column);
  World world;
  const bool falls = column == "actor_kind";  // the highest that may be is what they have
  world.Forge(absl::StrCat("UPDATE audit_entry SET ", column, " = ", column,
                           falls ? " - 1" : " + 1", " WHERE seq = 5"));
  CHECK(absl::StartsWith(world.Verify(), "entry 5"));
}

TEST_CASE("a row that was taken away is missed by its number", "[sqlite][audit]") {
  World world;
  world.Forge("DELETE FROM audit_entry WHERE seq = 5");
  CHECK(world.Verify() == "entry 5 is missing");
}

TEST_CASE("the first rows, taken away without an anchor, are missed", "[sqlite][audit]") {
  World world;
  world.Forge("DELETE FROM audit_entry WHERE seq < 4");
  CHECK(world.Verify() == "entries 1 to 3 are missing");
}

TEST_CASE("rows in another order are found", "[sqlite][audit]") {
  World world;
  world.Forge(
      "UPDATE audit_entry SET seq = 100 WHERE seq = 4; UPDATE audit_entry SET seq = 4 WHERE seq = "
      "6; UPDATE audit_entry SET seq = 6 WHERE seq = 100");
  CHECK(absl::StartsWith(world.Verify(), "entry 4 was changed"));
}

TEST_CASE("a row from nowhere is found", "[sqlite][audit]") {
  World world;
  world.Forge(
      "INSERT INTO audit_entry SELECT 10, 'brand-new', 1, at, until, count, actor_kind, actor, "
      "install, on_behalf_of, method, resource, job, outcome, code, reason, request_id, trace_id, "
      "peer, brand_hash, hash FROM audit_entry WHERE seq = 9");
  CHECK(absl::StartsWith(world.Verify(), "entry 10 was changed"));
}

TEST_CASE("rows taken away at the end are seen by who noted the end before", "[sqlite][audit]") {
  World world;
  AuditHead noted;
  REQUIRE(world.Verify(&noted).empty());
  world.engine.reset();
  world.Forge("DELETE FROM audit_entry WHERE seq > 7");
  AuditHead end;
  CHECK(world.Verify(&end).empty());
  CHECK(end.seq < noted.seq);
}

TEST_CASE("our own connection cannot change the log, nor erase but from its begin",
          "[sqlite][audit]") {
  World world;
  auto db = SqliteDb::Open(world.path(), SqliteDb::Mode::kReadWrite);
  REQUIRE_OK(db);
  CHECK_FALSE((*db)->Execute("UPDATE audit_entry SET peer = 'x' WHERE seq = 3").ok());
  CHECK_FALSE((*db)->Execute("DELETE FROM audit_entry WHERE seq = 1").ok());
}

}  // namespace
}  // namespace roomkeeper::testing
