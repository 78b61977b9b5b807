#include "services/roomkeeperd/admin_http.h"

#include <atomic>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"

#include "lib/config/address.h"
#include "lib/obs/metric_table.h"
#include "tests/support/http/raw_connection.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {
namespace {

std::string Ask(const AdminHttp& admin, const std::string& head, const std::string& headers = "") {
  const auto address = ParseHostPort(admin.address());
  REQUIRE_OK(address);
  RawConnection client(address->port);
  REQUIRE(client.Send(absl::StrCat(head, " HTTP/1.1\r\nHost: x\r\n", headers, "\r\n")));
  return client.ReadAnswer().value_or("");
}

TEST_CASE("the admin port serves the metrics as Prometheus text", "[admin]") {
  Metrics metrics;
  metrics.Set(metric::kQueueAge, {}, 7);
  AdminHttp admin({}, metrics);
  REQUIRE_OK(admin.Start());

  const std::string page = Ask(admin, "GET /metrics");

  CHECK_THAT(page, Catch::StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(page, Catch::Contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  CHECK_THAT(page, Catch::Contains("\nroomkeeper_queue_age_seconds 7\n"));
}

TEST_CASE("readiness follows its checks and says which one fails", "[admin]") {
  std::atomic<bool> reachable = false;
  const Metrics metrics;
  AdminHttp admin({.ready = {{"store", [] { return absl::OkStatus(); }},
                             {"shard main",
                              [&] {
                                return reachable ? absl::OkStatus()
                                                 : absl::UnavailableError("no token yet");
                              }}}},
                  metrics);
  REQUIRE_OK(admin.Start());

  const std::string before = Ask(admin, "GET /readyz");
  reachable = true;
  const std::string after = Ask(admin, "GET /readyz?verbose");

  CHECK_THAT(before, Catch::StartsWith("HTTP/1.1 503 "));
  CHECK_THAT(before, Catch::EndsWith("store: ok\nshard main: no token yet\nfailing\n"));
  CHECK_THAT(after, Catch::StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(after, Catch::EndsWith("store: ok\nshard main: ok\nok\n"));
}

TEST_CASE("a server that is not ready is alive all the same", "[admin]") {
  const Metrics metrics;
  AdminHttp admin({.ready = {{"store", [] { return absl::UnavailableError("gone"); }}}}, metrics);
  REQUIRE_OK(admin.Start());

  CHECK_THAT(Ask(admin, "GET /livez"), Catch::StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("other paths and methods are refused", "[admin]") {
  const Metrics metrics;
  AdminHttp admin({}, metrics);
  REQUIRE_OK(admin.Start());

  CHECK_THAT(Ask(admin, "GET /"), Catch::StartsWith("HTTP/1.1 404 "));
  const std::string refusal = Ask(admin, "DELETE /metrics");
  CHECK_THAT(refusal, Catch::StartsWith("HTTP/1.1 405 "));
  CHECK_THAT(refusal, Catch::Contains("Allow: GET, HEAD\r\n"));
}

TEST_CASE("with a key file the metrics ask for the key, and probes without it are told little",
          "[admin]") {
  const TempFolder folder;
  const std::string file = folder.Write("admin.key", "first-key\n");
  const Metrics metrics;
  AdminHttp admin(
      {.key_file = file, .ready = {{"shards", [] { return absl::UnavailableError("main"); }}}},
      metrics);
  REQUIRE_OK(admin.Start());
  const auto bearer = [](const std::string& key) {
    return absl::StrCat("Authorization: Bearer ", key, "\r\n");
  };

  for (const std::string& wrong : {std::string(), bearer("other"), bearer("first-ke"), bearer(""),
                                   std::string("Authorization: Basic first-key\r\n")}) {
    CAPTURE(wrong);
    const std::string refused = Ask(admin, "GET /metrics", wrong);
    CHECK_THAT(refused, Catch::StartsWith("HTTP/1.1 401 "));
    CHECK_THAT(refused, !Catch::Contains("roomkeeper_"));
    const std::string ready = Ask(admin, "GET /readyz", wrong);
    CHECK_THAT(ready, Catch::StartsWith("HTTP/1.1 503 "));
    CHECK_THAT(ready, Catch::EndsWith("\r\n\r\nfailing\n"));
    CHECK_THAT(Ask(admin, "GET /livez", wrong), Catch::StartsWith("HTTP/1.1 200 "));
  }
  CHECK_THAT(Ask(admin, "GET /metrics", bearer("first-key")), Catch::StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(Ask(admin, "GET /readyz", bearer("first-key")),
             Catch::EndsWith("shards: main\nfailing\n"));

  (void)folder.Write("admin.key", "second-key\n");
  CHECK_THAT(Ask(admin, "GET /metrics", bearer("first-key")), Catch::StartsWith("HTTP/1.1 401 "));
  CHECK_THAT(Ask(admin, "GET /metrics", bearer("second-key")), Catch::StartsWith("HTTP/1.1 200 "));
  std::remove(file.c_str());
  CHECK_THAT(Ask(admin, "GET /metrics", bearer("second-key")), Catch::StartsWith("HTTP/1.1 401 "));
}

TEST_CASE("a port in use is an error that names the address", "[admin]") {
  const Metrics metrics;
  AdminHttp first({.address = "localhost:0"}, metrics);
  REQUIRE_OK(first.Start());
  AdminHttp second({.address = first.address()}, metrics);

  CHECK_THAT(second.Start(), StatusIs(absl::StatusCode::kUnavailable, "admin.address localhost:"));
  CHECK(second.address().empty());
}

}  // namespace
}  // namespace roomkeeper::testing
