#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "tests/support/matchers.h"
#include "tests/unit/packages/match_world.h"

namespace roomkeeper::testing {
namespace {

// The spine of the single cases: every identifier of a value names a person of its own.
MatchWorld Spine() {
  MatchWorld world;
  for (const char* person : {"by-email", "by-phone", "by-device"}) {
    world.AddPerson(person, "");
  }
  world.AddIdentifier({"EMAIL", "ann@example.com", "by-email", "2020-01-01"});
  world.AddIdentifier({"PHONE", "12125550100", "by-phone", "2023-01-01"});
  world.AddIdentifier(
      {"DEVICE", "38400000-8cf0-11bd-b23e-10b96e40000d", "by-device", "2026-01-01"});
  return world;
}

constexpr char kEmail[] = "ann@example.com";
constexpr char kPhone[] = "+1 212 555 0100";
constexpr char kDevice[] = "38400000-8cf0-11bd-b23e-10b96e40000d";

TEST_CASE("e-mail decides before phone, and phone before device, however old it is", "[match]") {
  struct Case {
    const char* name;
    MatchWorld::Record record;
    const char* match;
  };
  const auto c =
      GENERATE(Case{"all three disagree", {"r", kEmail, kPhone, kDevice}, "EMAIL by-email"},
               Case{"e-mail against phone", {"r", kEmail, kPhone, nullptr}, "EMAIL by-email"},
               Case{"e-mail against device", {"r", kEmail, nullptr, kDevice}, "EMAIL by-email"},
               Case{"phone against device", {"r", nullptr, kPhone, kDevice}, "PHONE by-phone"},
               Case{"an unknown e-mail decides nothing",
                    {"r", "no@example.com", kPhone, kDevice},
                    "PHONE by-phone"},
               Case{"device alone", {"r", nullptr, nullptr, kDevice}, "DEVICE by-device"},
               Case{"nothing known", {"r", "no@example.com", "+1 212 555 0199", nullptr}, ""});
  CAPTURE(c.name);
  MatchWorld world = Spine();
  world.AddRecord(c.record);

  world.Run(ReadMatchSql());

  CHECK(world.MatchOf("r") == c.match);
}

TEST_CASE("the brand's spelling of an identifier does not matter", "[match]") {
  struct Case {
    MatchWorld::Record record;
    const char* match;
  };
  const auto c = GENERATE(
      Case{{"r", "  Ann@Example.COM ", nullptr, nullptr}, "EMAIL by-email"},
      Case{{"r", "ann+news@example.com", nullptr, nullptr}, ""},
      Case{{"r", "ann@@example.com", nullptr, nullptr}, ""},
      Case{{"r", nullptr, "(212) 555-0100", nullptr}, "PHONE by-phone"},
      Case{{"r", nullptr, "0212 555 0100", nullptr}, "PHONE by-phone"},
      Case{{"r", nullptr, "001 212.555.0100", nullptr}, "PHONE by-phone"},
      Case{{"r", nullptr, "1 212 555 0100", nullptr}, "PHONE by-phone"},
      Case{{"r", nullptr, "+44 212 555 0100", nullptr}, ""},
      Case{{"r", nullptr, "(212) 555-0100 ext 5", nullptr}, ""},
      Case{{"r", nullptr, nullptr, "38400000-8CF0-11BD-B23E-10B96E40000D"}, "DEVICE by-device"});
  CAPTURE(c.record.email, c.record.phone, c.record.device_id);
  MatchWorld world = Spine();
  world.AddRecord(c.record);

  world.Run(ReadMatchSql());

  CHECK(world.MatchOf("r") == c.match);
}

TEST_CASE("of several persons with one identifier the last seen wins, then the smallest id",
          "[match]") {
  struct Case {
    const char* seen_a;
    const char* seen_b;
    const char* match;
  };
  const auto c = GENERATE(Case{"2026-01-02", "2026-01-01", "PHONE a"},
                          Case{"2026-01-01", "2026-01-02", "PHONE b"},
                          Case{"2026-01-01", "2026-01-01", "PHONE a"});
  MatchWorld world;
  world.AddPerson("b", "");
  world.AddPerson("a", "");
  world.AddIdentifier({"PHONE", "12125550100", "b", c.seen_b});
  world.AddIdentifier({"PHONE", "12125550100", "a", c.seen_a});
  world.AddRecord({"r", nullptr, kPhone, nullptr});

  world.Run(ReadMatchSql());

  CHECK(world.MatchOf("r") == c.match);
}

TEST_CASE("an identifier that too many people share is no evidence", "[match]") {
  const int persons = GENERATE(2, 3, 4);  // the limit of this world is 3
  CAPTURE(persons);
  MatchWorld world = Spine();
  for (int i = 0; i < persons; ++i) {
    const std::string id = absl::StrCat("p", i);
    world.AddPerson(id, "");
    world.AddIdentifier({"EMAIL", "info@example.com", id.c_str()});
  }
  world.AddRecord({"r", "info@example.com", kPhone, nullptr});

  world.Run(ReadMatchSql());

  CHECK(world.MatchOf("r") == (persons <= 3 ? "EMAIL p0" : "PHONE by-phone"));
}

TEST_CASE("who opted out is not found, also not through a shared identifier", "[match]") {
  MatchWorld world = Spine();
  world.AddPerson("gone", "", /*opted_out=*/true);
  world.AddIdentifier({"EMAIL", "gone@example.com", "gone"});
  world.AddIdentifier({"PHONE", "12125550100", "gone", "2026-06-01"});
  world.AddRecord({"alone", "gone@example.com", nullptr, nullptr});
  world.AddRecord({"shared", "gone@example.com", kPhone, nullptr});

  world.Run(ReadMatchSql());

  CHECK(world.MatchOf("alone").empty());
  CHECK(world.MatchOf("shared") == "PHONE by-phone");
}

TEST_CASE("a refused device id stands for nobody", "[match]") {
  MatchWorld world = Spine();
  world.AddIdentifier({"DEVICE", "00000000-0000-0000-0000-000000000000", "by-device"});
  world.AddRecord({"r", nullptr, nullptr, "00000000-0000-0000-0000-000000000000"});

  world.Run(ReadMatchSql());

  CHECK(world.MatchOf("r").empty());
}

TEST_CASE("rows with one record id are one record with one person", "[match]") {
  MatchWorld world = Spine();
  world.AddRecord({"r", nullptr, nullptr, kDevice});
  world.AddRecord({"r", kEmail, nullptr, nullptr});
  world.AddRecord({"r", nullptr, kPhone, nullptr});

  world.Run(ReadMatchSql());

  CHECK(world.MatchOf("r") == "EMAIL by-email");
  CHECK(world.Table("match_rate")[0].at("brand_records") == "1");
}

TEST_CASE("a key that is switched off decides nothing", "[match]") {
  MatchWorld world = Spine();
  world.UseKeys("phone,device");
  world.AddRecord({"r", kEmail, kPhone, kDevice});

  world.Run(ReadMatchSql());

  CHECK(world.MatchOf("r") == "PHONE by-phone");
}

// 100 brand records and a spine of 50 households, put together so that every number is known:
//   r0  .. r29   e-mail known, phone known of the neighbour (wrong precedence would take him)
//   r30 .. r49   phone known, device of the neighbour
//   r50 .. r59   device known
//   r60 .. r64   e-mail of a person without a household
//   r65 .. r69   e-mail of the persons of r0 .. r4 again: two records, one person
//   r70 .. r89   identifiers that the spine does not know
//   r90 .. r99   nothing to look up
// Person pN (N < 60) lives in household h(N / 2 * 2), so p0 and p1 share h0; a household has two
// members if N / 2 is even, else four. The neighbour of rN is p(N + 30) % 60, of another household.
void Populate(MatchWorld& world) {
  const auto email = [](int n) { return absl::StrCat("user", n, "@example.com"); };
  const auto phone = [](int n) { return absl::StrCat("1212555", 1000 + n); };
  const auto device = [](int n) {
    return absl::StrCat("00000000-0000-4000-8000-", 100000000000 + n);
  };
  for (int n = 0; n < 60; ++n) {
    const std::string household = absl::StrCat("h", n / 2 * 2);
    const std::string person = absl::StrCat("p", n);
    if (n % 2 == 0) {
      world.AddHousehold(household, n / 2 % 2 == 0 ? 2 : 4);
    }
    world.AddPerson(person, household);
    world.AddIdentifier({"EMAIL", email(n).c_str(), person.c_str(), "2021-01-01"});
    world.AddIdentifier({"PHONE", phone(n).c_str(), person.c_str(), "2022-01-01"});
    world.AddIdentifier({"DEVICE", device(n).c_str(), person.c_str(), "2023-01-01"});
  }
  const auto add = [&](int n, const std::string& e, const std::string& p, const std::string& d) {
    const auto text = [](const std::string& s) { return s.empty() ? nullptr : s.c_str(); };
    world.AddRecord({absl::StrCat("r", n).c_str(), text(e), text(p), text(d)});
  };
  for (int n = 0; n < 60; ++n) {
    const int neighbour = (n + 30) % 60;
    add(n, n < 30 ? email(n) : "",
        n < 30   ? phone(neighbour)
        : n < 50 ? phone(n)
                 : "",
        n < 30   ? ""
        : n < 50 ? device(neighbour)
                 : device(n));
  }
  for (int n = 60; n < 65; ++n) {
    const std::string person = absl::StrCat("p", n);
    world.AddPerson(person, "");
    world.AddIdentifier({"EMAIL", email(n).c_str(), person.c_str()});
    add(n, email(n), "", "");
  }
  for (int n = 65; n < 70; ++n) {
    add(n, email(n - 65), "", "");
  }
  for (int n = 70; n < 90; ++n) {
    add(n, email(n), n < 80 ? phone(n) : "", n < 75 ? device(n) : "");
  }
  for (int n = 90; n < 100; ++n) {
    add(n, n < 95 ? "not an address" : "", "", "");
  }
}

std::string CoverageLine(const ResultRow& row) {
  return absl::StrCat(row.at("identifier_type"), " ", row.at("precedence"), " ",
                      row.at("records_with_value"), " ", row.at("records_usable"), " ",
                      row.at("records_found"), " ", row.at("records_decided"));
}

TEST_CASE("match rate, coverage and household counts come out as they were put in", "[match]") {
  MatchWorld world;
  Populate(world);

  world.Run(ReadMatchSql());

  // 60 + 5 + 5 records of 100; p0 .. p64; households h0 .. h58; five persons without one.
  const auto rate = world.Table("match_rate");
  REQUIRE(rate.size() == 1);
  CHECK(rate[0] == ResultRow{{"brand_records", "100"},
                             {"matched_records", "70"},
                             {"match_rate", "0.7"},
                             {"matched_persons", "65"},
                             {"matched_households", "30"},
                             {"persons_without_household", "5"}});
  const auto coverage = world.Table("coverage");
  REQUIRE(coverage.size() == 3);
  CHECK(CoverageLine(coverage[0]) == "DEVICE 3 35 35 30 10");
  CHECK(CoverageLine(coverage[1]) == "EMAIL 1 65 60 40 40");
  CHECK(CoverageLine(coverage[2]) == "PHONE 2 60 60 50 20");
  // 15 households of two with both members found, 15 of four with two found.
  const auto households = world.Table("household_coverage");
  REQUIRE(households.size() == 2);
  CHECK(households[0] == ResultRow{{"household_size", "2"},
                                   {"matched_households", "15"},
                                   {"household_members", "30"},
                                   {"matched_members", "30"},
                                   {"member_coverage", "1.0"}});
  CHECK(households[1] == ResultRow{{"household_size", "4+"},
                                   {"matched_households", "15"},
                                   {"household_members", "60"},
                                   {"matched_members", "30"},
                                   {"member_coverage", "0.5"}});
  // Nobody was taken for his neighbour.
  for (int n = 0; n < 60; ++n) {
    const std::string key = n < 30 ? "EMAIL" : n < 50 ? "PHONE" : "DEVICE";
    CHECK(world.MatchOf(absl::StrCat("r", n)) == absl::StrCat(key, " p", n));
  }
}

TEST_CASE("an empty table has a match rate of zero", "[match]") {
  MatchWorld world = Spine();

  world.Run(ReadMatchSql());

  CHECK(world.Table("match_rate")[0].at("match_rate") == "0.0");
  CHECK(world.Table("coverage")[0].at("found_rate") == "0.0");
  CHECK(world.Table("household_coverage").empty());
}

// The cases above must notice a changed precedence: here is each other order, and what it breaks.
TEST_CASE("any other precedence gives other numbers in the seeded world", "[match]") {
  struct Case {
    const char* email;
    const char* phone;
    const char* device;
  };
  const auto c = GENERATE(Case{"1", "3", "2"}, Case{"2", "1", "3"}, Case{"2", "3", "1"},
                          Case{"3", "1", "2"}, Case{"3", "2", "1"});
  CAPTURE(c.email, c.phone, c.device);
  const std::string changed = absl::StrReplaceAll(
      ReadMatchSql(),
      {{"'EMAIL' AS identifier_type, 1 AS precedence",
        absl::StrCat("'EMAIL' AS identifier_type, ", c.email, " AS precedence")},
       {"'PHONE' AS identifier_type, 2 AS precedence",
        absl::StrCat("'PHONE' AS identifier_type, ", c.phone, " AS precedence")},
       {"'DEVICE' AS identifier_type, 3 AS precedence",
        absl::StrCat("'DEVICE' AS identifier_type, ", c.device, " AS precedence")}});
  REQUIRE(changed != ReadMatchSql());
  MatchWorld world;
  Populate(world);

  world.Run(changed);

  int wrong = 0;
  for (int n = 0; n < 60; ++n) {
    wrong += absl::EndsWith(world.MatchOf(absl::StrCat("r", n)), absl::StrCat(" p", n)) ? 0 : 1;
  }
  CHECK(wrong >= 20);
}

TEST_CASE("the statements are as the notebook splits them", "[match]") {
  const std::vector<std::string> statements = absl::StrSplit(ReadMatchSql(), ';');

  REQUIRE(statements.size() > 3);
  CHECK(absl::StripAsciiWhitespace(statements.back()).empty());
  for (std::size_t i = 0; i + 1 < statements.size(); ++i) {
    CAPTURE(statements[i]);
    CHECK(absl::StrContains(statements[i], "\nCREATE TEMPORARY VIEW "));
  }
}

}  // namespace
}  // namespace roomkeeper::testing
