#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

struct sqlite3;

namespace roomkeeper::testing {

// One row of a result, by column; numbers as SQLite prints them, "" for NULL.
using ResultRow = std::map<std::string, std::string>;

// A brand's table and a spine in an SQLite database in memory, with the views that match.sql reads
// and the sha2() that Databricks has. Failures end the test.
class MatchWorld {
 public:
  MatchWorld();

  struct Record {
    const char* id = "";
    const char* email = nullptr;
    const char* phone = nullptr;
    const char* device_id = nullptr;
  };
  void AddRecord(const Record& record);

  void AddHousehold(const std::string& id, int members);
  // `household` may be "".
  void AddPerson(const std::string& id, const std::string& household, bool opted_out = false);
  struct Identifier {
    const char* type = "";   // EMAIL | PHONE | DEVICE
    const char* value = "";  // normalised; hashed here, as the spine holds it
    const char* person = "";
    const char* last_seen = "2026-01-01";
  };
  void AddIdentifier(const Identifier& identifier);
  // A comma-separated list such as "email,phone".
  void UseKeys(absl::string_view keys);

  // Runs the statements of match.sql, which may be called once.
  void Run(const std::string& sql);
  // Rows in the order of their first column.
  std::vector<ResultRow> Table(const std::string& name);
  // "EMAIL p1", or "" if the record has no person.
  std::string MatchOf(const std::string& record);

 private:
  void Insert(const std::string& table, const std::vector<const char*>& values);
  std::vector<ResultRow> Query(const std::string& sql);

  struct Closer {
    void operator()(sqlite3* db) const;
  };
  std::unique_ptr<sqlite3, Closer> db_;
};

// deploy/packages/identity-match/match.sql. Tests run in the root of the source tree.
std::string ReadMatchSql();

}  // namespace roomkeeper::testing
