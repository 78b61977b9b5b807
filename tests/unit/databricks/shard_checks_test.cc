#include "lib/databricks/preflight/shard_checks.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

const ShardOptions& Options() {
  static const ShardOptions options = {.id = ShardId("s1"),
                                       .host = "https://w",
                                       .client_id = "app-1",
                                       .global_metastore_id = "aws:us-west-2:m1",
                                       .room_limit = 3};
  return options;
}

ShardFindings Good() {
  ShardFindings findings;
  findings.identity.value = {.user_name = "app-1", .groups = {"owners"}};
  findings.metastore.value = {.global_metastore_id = "aws:us-west-2:m1",
                              .name = "main",
                              .owner = "admins",
                              .delta_sharing_scope = "INTERNAL_AND_EXTERNAL"};
  findings.metastore_privileges.value = {"CREATE_CLEAN_ROOM"};
  findings.rooms.value = 2;
  findings.assets.resize(2);
  findings.assets[0].asset = {.type = AssetType::kTable, .local_name = "c.s.t"};
  findings.assets[0].privileges.value = {"SELECT"};
  findings.assets[1].asset = {.type = AssetType::kVolume, .local_name = "c.s.v"};
  findings.assets[1].privileges.value = {"READ_VOLUME"};
  findings.clock_ahead = absl::Seconds(2);
  return findings;
}

CallFailure Failure(CallError error) {
  return {.error = error, .error_code = "CODE", .message = "words"};
}

std::vector<Problem> Problems(const std::function<void(ShardFindings&)>& change) {
  ShardFindings findings = Good();
  change(findings);
  return ProblemsOf(CheckShard(Options(), findings));
}

TEST_CASE("a shard in order has a check for everything and no problem", "[checks]") {
  const std::vector<ShardCheck> checks = CheckShard(Options(), Good());

  CHECK(checks.size() == 8);
  for (const ShardCheck& check : checks) {
    CAPTURE(check.name, check.message);
    CHECK(check.ok);
    CHECK(check.fix.empty());
    CHECK_FALSE(check.message.empty());
  }
}

TEST_CASE("each thing that is wrong has its reason, its sentence and its fix", "[checks]") {
  struct Case {
    const char* reason;
    bool retryable;
    const char* says;
    std::function<void(ShardFindings&)> change;
  };
  const std::vector<Case> cases = {
      {"SHARING_SCOPE_NOT_EXTERNAL", false, "scope is INTERNAL",
       [](ShardFindings& f) { f.metastore.value.delta_sharing_scope = "INTERNAL"; }},
      {"SHARD_MISMATCH", false, "the configuration says aws:us-west-2:m1",
       [](ShardFindings& f) { f.metastore.value.global_metastore_id = "aws:us-west-2:m2"; }},
      {"MISSING_PRIVILEGE", true, "GRANT CREATE CLEAN ROOM ON METASTORE TO `app-1`",
       [](ShardFindings& f) { f.metastore_privileges.value = {"CREATE_CATALOG"}; }},
      {"MISSING_PRIVILEGE", true, "cannot read the metastore",
       [](ShardFindings& f) { f.metastore.failure = Failure(CallError::kDenied); }},
      {"ROOM_LIMIT_REACHED", true, "3 of at most 3", [](ShardFindings& f) { f.rooms.value = 3; }},
      {"SHARING_DISABLED", false, "CODE: words",
       [](ShardFindings& f) { f.rooms.failure = Failure(CallError::kInvalid); }},
      {"ASSET_NOT_FOUND", false, "table c.s.t does not exist",
       [](ShardFindings& f) { f.assets[0].securable.failure = Failure(CallError::kNotFound); }},
      {"MISSING_PRIVILEGE", true, "cannot be seen",
       [](ShardFindings& f) { f.assets[0].securable.failure = Failure(CallError::kDenied); }},
      {"MISSING_PRIVILEGE", true, "GRANT SELECT ON TABLE c.s.t TO `app-1`",
       [](ShardFindings& f) { f.assets[0].privileges.value = {"MODIFY"}; }},
      {"MISSING_PRIVILEGE", true, "GRANT READ VOLUME ON VOLUME c.s.v",
       [](ShardFindings& f) { f.assets[1].privileges.value = {"SELECT"}; }}};
  for (const Case& c : cases) {
    CAPTURE(c.reason, c.says);
    const std::vector<Problem> problems = Problems(c.change);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].reason == c.reason);
    CHECK(problems[0].retryable == c.retryable);
    CHECK(problems[0].move == Move::kProviderOperator);
    CHECK(absl::StrContains(problems[0].message, c.says));
  }
}

TEST_CASE("what grants by other ways is accepted", "[checks]") {
  CHECK(Problems([](ShardFindings& f) {
          f.metastore_privileges.value = {"ALL_PRIVILEGES"};
        }).empty());
  CHECK(Problems([](ShardFindings& f) {
          f.metastore_privileges.value = {};
          f.metastore.value.owner = "app-1";
        }).empty());
  CHECK(Problems([](ShardFindings& f) {
          f.assets[0].privileges.value = {};
          f.assets[0].securable.value.owner = "owners";  // a group we are in
        }).empty());
}

TEST_CASE("privileges that may not be read do not stop anything", "[checks]") {
  CHECK(Problems([](ShardFindings& f) {
          f.metastore_privileges.failure = Failure(CallError::kDenied);
          f.assets[0].privileges.failure = Failure(CallError::kDenied);
        }).empty());
}

TEST_CASE("a platform that does not answer says nothing about the shard", "[checks]") {
  const CallError error =
      GENERATE(CallError::kUnauthenticated, CallError::kUnavailable, CallError::kRateLimited);
  ShardFindings findings = Good();
  CHECK_FALSE(Unanswered(findings).has_value());
  findings.assets[1].securable.failure = Failure(error);

  REQUIRE(Unanswered(findings).has_value());
  CHECK(Unanswered(findings)->error == error);
}

TEST_CASE("dead credentials and a wrong clock are told with what to do", "[checks]") {
  ShardFindings findings = Good();
  findings.identity.failure = Failure(CallError::kUnauthenticated);
  findings.clock_ahead = -absl::Seconds(31);

  const std::vector<ShardCheck> checks = CheckShard(Options(), findings);

  REQUIRE(checks.size() == 2);
  CHECK_FALSE(checks[0].ok);
  CHECK(absl::StrContains(checks[0].fix, "client_id app-1"));
  CHECK_FALSE(checks[1].ok);
  CHECK(absl::StrContains(checks[1].message, "31s behind"));
  CHECK(ProblemsOf(checks).empty());  // neither is a fact about the room
}

}  // namespace
}  // namespace roomkeeper::testing
