#include <string>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"

#include "lib/model/json/clean_room_json.h"
#include "lib/model/json/job_json.h"
#include "lib/model/json/package_json.h"
#include "lib/model/json/room_spec_json.h"
#include "tests/support/matchers.h"

// The texts below are stored by released versions and hashed: a change here breaks stored data.

namespace roomkeeper::testing {
namespace {

// Canonical: a JSON library that sorts keys and writes no white space gives the same bytes.
void CheckCanonical(const std::string& text) {
  CHECK(nlohmann::json::parse(text).dump() == text);
}

RoomSpec SampleSpec() {
  return {.room_name = "rk_acme_ads_1a2b",
          .comment = "rk1:\"mark\"",
          .cloud_vendor = "aws",
          .region = "us-west-2",
          .provider = {.collaborator_alias = "provider", .global_metastore_id = "aws:us-west-2:p"},
          .brand = {.collaborator_alias = "acme",
                    .global_metastore_id = "aws:eu-west-1:b",
                    .invite_recipient_email = "admin@acme.example",
                    .invite_recipient_workspace_id = 7405606098123456789},
          .enable_shared_output = true,
          .egress = {.allowed_internet_destinations = {{.destination = "pypi.org"}}},
          .package = PackageName("identity-match"),
          .package_version = "1.4.0",
          .package_digest = "sha256:aa",
          .assets = {{.type = AssetType::kTable,
                      .name = "provider.spine.emails",
                      .local_name = "main.spine.emails",
                      .partitions = {{{.name = "region",
                                       .op = "EQUAL",
                                       .recipient_property_key = "databricks.accountId"}}}},
                     {.type = AssetType::kVolume, .name = "provider.spine.docs"}},
          .notebooks = {{.name = "match",
                         .description = "joins",
                         .environment_version = "3",
                         .content_digest = "sha256:bb",
                         .runner_collaborator_aliases = {"acme"}}}};
}

constexpr char kSampleSpec[] =
    R"({"assets":[{"local_name":"main.spine.emails","name":"provider.spine.emails",)"
    R"("partitions":[[{"name":"region","op":"EQUAL","recipient_property_key":"databricks.accountId",)"
    R"("value":""}]],"type":"TABLE"},{"local_name":"","name":"provider.spine.docs","partitions":[],)"
    R"("type":"VOLUME"}],"brand":{"collaborator_alias":"acme","global_metastore_id":"aws:eu-west-1:b",)"
    R"("invite_recipient_email":"admin@acme.example",)"
    R"("invite_recipient_workspace_id":7405606098123456789},"cloud_vendor":"aws",)"
    R"("comment":"rk1:\"mark\"","egress":{"allowed_internet_destinations":[{"destination":"pypi.org",)"
    R"("protocol":"TCP","type":"FQDN"}],"restriction_mode":"RESTRICTED_ACCESS"},)"
    R"("enable_shared_output":true,"notebooks":[{"content_digest":"sha256:bb","description":"joins",)"
    R"("environment_version":"3","name":"match","runner_collaborator_aliases":["acme"]}],)"
    R"("package":"identity-match","package_digest":"sha256:aa","package_version":"1.4.0",)"
    R"("provider":{"collaborator_alias":"provider","global_metastore_id":"aws:us-west-2:p",)"
    R"("invite_recipient_email":"","invite_recipient_workspace_id":0},"region":"us-west-2",)"
    R"("room_name":"rk_acme_ads_1a2b"})";

JobProgress SampleProgress() {
  return {.attempt = 2,
          .room_attempts = 1,
          .intent_open = true,
          .assets_done = {"provider.spine.emails"},
          .notebooks_done = {{.name = "match", .etag = "e1", .content_digest = "sha256:bb"}},
          .provisioning_since = absl::FromUnixNanos(1795132800123456789),
          .absent_since = absl::FromUnixSeconds(1795132801),
          .failing_with = Problem{.reason = "ROOM_FAILED",
                                  .message = "the platform said no",
                                  .move = Move::kProviderOperator,
                                  .retryable = true},
          .platform_time = absl::Milliseconds(1500),
          .budget_time = absl::Milliseconds(2),
          .our_time = absl::Nanoseconds(7),
          .platform_calls = 9};
}

constexpr char kSampleProgress[] =
    R"({"absent_since":"2026-11-20T00:00:01+00:00","assets_done":["provider.spine.emails"],"attempt":2,"budget_time_ns":2000000,"failing_with":)"
    R"({"message":"the platform said no","move":"PROVIDER_OPERATOR","reason":"ROOM_FAILED",)"
    R"("retryable":true},"intent_open":true,"notebooks_done":[{"content_digest":"sha256:bb",)"
    R"("etag":"e1","name":"match"}],"our_time_ns":7,"platform_calls":9,"platform_time_ns":1500000000,)"
    R"("provisioning_since":"2026-11-20T00:00:00.123456789+00:00","repairs":0,"room_attempts":1,"settle_until":null})";

TEST_CASE("a room spec has one text, and it reads back", "[model][json]") {
  const std::string text = FormatRoomSpec(SampleSpec());

  CHECK(text == kSampleSpec);
  CheckCanonical(text);
  const auto read = ParseRoomSpec(kSampleSpec);
  REQUIRE_OK(read);
  CHECK(*read == SampleSpec());
}

TEST_CASE("an empty room spec reads back", "[model][json]") {
  const auto read = ParseRoomSpec(FormatRoomSpec(RoomSpec{}));

  REQUIRE_OK(read);
  CHECK(*read == RoomSpec{});
}

TEST_CASE("job progress has one text, and it reads back", "[model][json]") {
  const std::string text = FormatJobProgress(SampleProgress());

  CHECK(text == kSampleProgress);
  CheckCanonical(text);
  const auto read = ParseJobProgress(kSampleProgress);
  REQUIRE_OK(read);
  CHECK(*read == SampleProgress());
}

TEST_CASE("job progress that an older release wrote reads back without what it did not know",
          "[model][json]") {
  std::string text = FormatJobProgress(JobProgress{});
  for (const std::string key : {R"("budget_time_ns":0,)", R"("absent_since":null,)"}) {
    REQUIRE(absl::StrContains(text, key));
    text.erase(text.find(key), key.size());
  }

  const auto read = ParseJobProgress(text);

  REQUIRE_OK(read);
  CHECK(*read == JobProgress{});
}

TEST_CASE("the progress of a new job reads back", "[model][json]") {
  const auto read = ParseJobProgress(FormatJobProgress(JobProgress{}));

  REQUIRE_OK(read);
  CHECK(*read == JobProgress{});
}

TEST_CASE("labels, problems and notebooks have one text, and it reads back", "[model][json]") {
  const Labels labels = {{"team", "ads"}, {"env", "prod"}};
  const std::vector<NotebookState> notebooks = {
      {.name = "match", .etag = "e", .content_digest = "d"}, {.name = "rollup"}};

  CHECK(FormatLabels(labels) == R"({"env":"prod","team":"ads"})");
  CHECK(FormatNotebooks(notebooks) == R"([{"content_digest":"d","etag":"e","name":"match"},)"
                                      R"({"content_digest":"","etag":"","name":"rollup"}])");
  CHECK(FormatProblem({}) == R"({"message":"","move":"ROOMKEEPER","reason":"","retryable":false})");
  const auto read_labels = ParseLabels(FormatLabels(labels));
  const auto read_notebooks = ParseNotebooks(FormatNotebooks(notebooks));
  const auto read_problem = ParseProblem(FormatProblem({}));
  REQUIRE_OK(read_labels);
  REQUIRE_OK(read_notebooks);
  REQUIRE_OK(read_problem);
  CHECK(*read_labels == labels);
  CHECK(*read_notebooks == notebooks);
  CHECK(*read_problem == Problem{});
}

TEST_CASE("a package version's text leaves out its digest and the notebook's content",
          "[model][json]") {
  const PackageVersion package = {
      .name = PackageName("identity-match"),
      .version = "1.4.0",
      .digest = "sha256:not-in-the-text",
      .assets = {{.shared_name = "spine.emails", .columns = {{.name = "sha", .type = "STRING"}}}},
      .notebooks = {{.name = "match",
                     .content_base64 = "bm90LWluLXRoZS10ZXh0",
                     .content_digest = "sha256:bb",
                     .parameters = {{.name = "p", .allowed_values = {"x"}}}}},
      .required_inputs = {{.name = "crm.people"}}};

  const std::string text = FormatPackageVersion(package);

  CHECK(text ==
        R"({"assets":[{"columns":[{"meaning":"","name":"sha","required":true,"type":"STRING"}],)"
        R"("description":"","local_name":"","partitions":[],"shared_name":"spine.emails",)"
        R"("type":"TABLE"}],"description":"","display_name":"","egress":)"
        R"({"allowed_internet_destinations":[],"restriction_mode":"RESTRICTED_ACCESS"},)"
        R"("enable_shared_output":false,"name":"identity-match","notebooks":[{"content_digest":)"
        R"("sha256:bb","description":"","environment_version":"","name":"match","parameters":)"
        R"([{"allowed_values":["x"],"default_value":"","description":"","name":"p"}],)"
        R"("workspace_path":""}],"outputs":[],"required_inputs":[{"columns":[],"description":"",)"
        R"("name":"crm.people"}],"version":"1.4.0"})");
  CheckCanonical(text);
}

TEST_CASE("a stored text that is wrong is data loss that says what is wrong", "[model][json]") {
  struct Case {
    const char* from;
    const char* to;
    const char* message;
  };
  const auto c = GENERATE(Case{R"("room_name":"rk_acme_ads_1a2b"})", "", "is not JSON"},
                          Case{R"("region":"us-west-2",)", "", "no \"region\""},
                          Case{R"("enable_shared_output":true)", R"("enable_shared_output":1)",
                               "\"enable_shared_output\" must be true or false, got number"},
                          Case{"7405606098123456789", "1.5", "must be an integer, got number"},
                          Case{R"(["acme"])", "[1]", "must be an array of strings"},
                          Case{R"("VOLUME")", R"("TAPE")", "unknown asset type \"TAPE\""},
                          Case{R"("cloud_vendor":"aws")", R"("cloud_vendor":null)",
                               "\"cloud_vendor\" must be a string, got null"});
  std::string text = kSampleSpec;
  const std::size_t at = text.find(c.from);
  REQUIRE(at != std::string::npos);
  text.replace(at, std::string(c.from).size(), c.to);
  CAPTURE(text);

  CHECK_THAT(StatusOf(ParseRoomSpec(text)), StatusIs(absl::StatusCode::kDataLoss, c.message));
}

TEST_CASE("a member of a newer release is ignored", "[model][json]") {
  std::string text = kSampleProgress;
  text.replace(0, 1, R"({"a_new_member":[1],)");

  CHECK_OK(ParseJobProgress(text));
}

TEST_CASE("progress refuses a time and a number that it cannot hold", "[model][json]") {
  std::string no_time = kSampleProgress;
  no_time.replace(no_time.find("2026-11-20T"), 11, "yesterday T");
  std::string too_big = kSampleProgress;
  too_big.replace(too_big.find("\"attempt\":2"), 11, "\"attempt\":2147483648");

  CHECK_THAT(StatusOf(ParseJobProgress(no_time)),
             StatusIs(absl::StatusCode::kDataLoss, "no RFC 3339 time"));
  CHECK_THAT(StatusOf(ParseJobProgress(too_big)),
             StatusIs(absl::StatusCode::kDataLoss, "\"attempt\" must fit in 32 bits"));
}

}  // namespace
}  // namespace roomkeeper::testing
