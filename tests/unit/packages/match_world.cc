#include "tests/unit/packages/match_world.h"

#include <sqlite3.h>

#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "lib/crypto/digest.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

constexpr char kTables[] =
    "CREATE TABLE brand_record (record_id TEXT, email TEXT, phone TEXT, device_id TEXT);"
    "CREATE TABLE spine_person (person_id TEXT PRIMARY KEY, household_id TEXT, opted_out INT);"
    "CREATE TABLE spine_identifier (identifier_type TEXT, identifier_sha256 TEXT, person_id TEXT,"
    "  last_seen TEXT, PRIMARY KEY (identifier_type, identifier_sha256, person_id));"
    "CREATE TABLE spine_household (household_id TEXT PRIMARY KEY, member_count INT);"
    "CREATE TABLE match_settings (default_calling_code TEXT, use_email INT, use_phone INT,"
    "  use_device INT, max_persons_per_identifier INT);"
    "INSERT INTO match_settings VALUES ('1', 1, 1, 1, 3);";

// sha2(text, 256) of Databricks SQL: lower-case hex, NULL for NULL.
void Sha2(sqlite3_context* context, int, sqlite3_value** values) {
  const unsigned char* text = sqlite3_value_text(values[0]);
  if (text == nullptr || sqlite3_value_int(values[1]) != 256) {
    sqlite3_result_null(context);
    return;
  }
  std::string bytes;
  for (int i = 0; i < sqlite3_value_bytes(values[0]); ++i) {
    bytes.push_back(static_cast<char>(text[i]));
  }
  const std::string hex = Sha256Hex(bytes);
  sqlite3_result_text(context, hex.c_str(), -1, SQLITE_TRANSIENT);
}

int AddRow(void* rows, int columns, char** values, char** names) {
  ResultRow row;
  for (int i = 0; i < columns; ++i) {
    row[names[i]] = values[i] == nullptr ? "" : values[i];
  }
  static_cast<std::vector<ResultRow>*>(rows)->push_back(std::move(row));
  return 0;
}

}  // namespace

void MatchWorld::Closer::operator()(sqlite3* db) const {
  sqlite3_close(db);
}

MatchWorld::MatchWorld() {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(":memory:", &db) == SQLITE_OK);
  db_.reset(db);
  REQUIRE(sqlite3_create_function(db, "sha2", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, Sha2,
                                  nullptr, nullptr) == SQLITE_OK);
  (void)Query(kTables);
}

std::vector<ResultRow> MatchWorld::Query(const std::string& sql) {
  std::vector<ResultRow> rows;
  char* error = nullptr;
  const int result = sqlite3_exec(db_.get(), sql.c_str(), AddRow, &rows, &error);
  INFO(sql << "\n" << (error == nullptr ? "" : error));
  sqlite3_free(error);
  REQUIRE(result == SQLITE_OK);
  return rows;
}

void MatchWorld::Insert(const std::string& table, const std::vector<const char*>& values) {
  (void)Query(absl::StrCat("INSERT INTO ", table, " VALUES (",
                           absl::StrJoin(values, ", ",
                                         [](std::string* out, const char* value) {
                                           *out += value == nullptr ? "NULL"
                                                                    : absl::StrCat("'", value, "'");
                                         }),
                           ")"));
}

void MatchWorld::AddRecord(const Record& record) {
  Insert("brand_record", {record.id, record.email, record.phone, record.device_id});
}

void MatchWorld::AddHousehold(const std::string& id, int members) {
  Insert("spine_household", {id.c_str(), std::to_string(members).c_str()});
}

void MatchWorld::AddPerson(const std::string& id, const std::string& household, bool opted_out) {
  Insert("spine_person",
         {id.c_str(), household.empty() ? nullptr : household.c_str(), opted_out ? "1" : "0"});
}

void MatchWorld::AddIdentifier(const Identifier& identifier) {
  Insert("spine_identifier", {identifier.type, Sha256Hex(identifier.value).c_str(),
                              identifier.person, identifier.last_seen});
}

void MatchWorld::UseKeys(absl::string_view keys) {
  (void)Query(
      absl::StrCat("UPDATE match_settings SET use_email = ", int{absl::StrContains(keys, "email")},
                   ", use_phone = ", int{absl::StrContains(keys, "phone")},
                   ", use_device = ", int{absl::StrContains(keys, "device")}));
}

void MatchWorld::Run(const std::string& sql) {
  (void)Query(sql);
}

std::vector<ResultRow> MatchWorld::Table(const std::string& name) {
  return Query(absl::StrCat("SELECT * FROM ", name, " ORDER BY 1"));
}

std::string MatchWorld::MatchOf(const std::string& record) {
  const auto rows = Query(absl::StrCat(
      "SELECT identifier_type || ' ' || person_id AS found FROM record_match WHERE record_id = '",
      record, "'"));
  REQUIRE(rows.size() <= 1);  // one person for each record
  return rows.empty() ? "" : rows[0].at("found");
}

std::string ReadMatchSql() {
  std::ifstream file("deploy/packages/identity-match/match.sql");
  REQUIRE(file.good());
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace roomkeeper::testing
