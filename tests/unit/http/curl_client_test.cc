#include "lib/http/curl_client.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/base/clock.h"
#include "lib/io/event_loop.h"
#include "tests/support/matchers.h"
#include "tests/unit/http/tiny_server.h"

namespace roomkeeper::testing {
namespace {

using Transport = HttpResult::Transport;
using Reply = TinyServer::Reply;

struct ClientTest {
  explicit ClientTest(CurlOptions options = {}) : client(*CurlClient::Make(*loop, options)) {}

  // Sends all and runs the loop until all are answered; results in order of the requests.
  std::vector<HttpResult> SendAll(std::vector<HttpRequest> requests) {
    std::vector<HttpResult> results(requests.size());
    std::size_t open = requests.size();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      client->Send(std::move(requests[i]), [&, i](HttpResult result) {
        results[i] = std::move(result);
        if (--open == 0) {
          loop->Stop();
        }
      });
    }
    CHECK(open == results.size());  // never inside Send
    loop->Run();
    return results;
  }
  HttpResult Send(HttpRequest request) { return SendAll({std::move(request)})[0]; }

  SystemClock clock;
  std::unique_ptr<EventLoop> loop = *EventLoop::Make(clock);
  std::unique_ptr<CurlClient> client;
};

std::string HeaderOf(const HttpResult& result, const std::string& name) {
  for (const auto& [key, value] : result.headers) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

TEST_CASE("a request carries method, path, headers and body; the answer comes back whole",
          "[curl]") {
  ClientTest t;
  TinyServer server(*t.loop, [](const std::string&) {
    return Reply{.bytes =
                     "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
                     "HTTP/1.1 404 Not Found\r\nRetry-After: 7\r\nX-Mixed-Case:  v \r\n"
                     "Content-Length: 3\r\n\r\nabc"};
  });

  const HttpResult result = t.Send({.method = "PATCH",
                                    .url = server.Url("/a/b%2Fc?d=1"),
                                    .headers = {{"X-One", "1"}, {"X-Empty", ""}},
                                    .body = "{\"x\":1}"});

  REQUIRE(result.transport == Transport::kAnswered);
  CHECK(result.status == 404);
  CHECK(result.body == "abc");
  CHECK(HeaderOf(result, "retry-after") == "7");
  CHECK(HeaderOf(result, "x-mixed-case") == "v");
  CHECK(HeaderOf(result, "x-early").empty());
  REQUIRE(server.requests().size() == 1);
  const std::string& request = server.requests()[0];
  CHECK(absl::StartsWith(request, "PATCH /a/b%2Fc?d=1 HTTP/1.1\r\n"));
  CHECK(absl::StrContains(request, "\r\nX-One: 1\r\n"));
  CHECK(absl::StrContains(request, "\r\nX-Empty:\r\n"));
  CHECK(absl::EndsWith(request, "\r\n\r\n{\"x\":1}"));
}

TEST_CASE("one handle serves every method after another without leftovers", "[curl]") {
  ClientTest t;
  TinyServer server(*t.loop, [](const std::string&) { return Reply{TinyServer::Ok("{}")}; });

  for (const std::string method : {"POST", "GET", "DELETE", "PATCH", "GET", "POST"}) {
    const bool has_body = method == "POST" || method == "PATCH";
    const HttpResult result =
        t.Send({.method = method, .url = server.Url("/"), .body = has_body ? "{\"a\":2}" : ""});
    REQUIRE(result.transport == Transport::kAnswered);
    const std::string& request = server.requests().back();
    CHECK(absl::StartsWith(request, absl::StrCat(method, " / ")));
    CHECK(absl::EndsWith(request, "{\"a\":2}") == has_body);
    CHECK(absl::StrContains(absl::AsciiStrToLower(request), "content-length") == has_body);
  }

  CHECK(server.connections() == 1);
}

TEST_CASE("connections are reused, and no more are opened than requests are in flight", "[curl]") {
  ClientTest t({.in_flight_max = 4});
  TinyServer server(*t.loop, [](const std::string&) { return Reply{TinyServer::Ok("x")}; });
  std::vector<HttpRequest> requests(200, {.method = "GET", .url = server.Url("/")});

  const std::vector<HttpResult> results = t.SendAll(std::move(requests));

  CHECK(std::all_of(results.begin(), results.end(), [](const HttpResult& result) {
    return result.transport == Transport::kAnswered && result.body == "x";
  }));
  CHECK(server.connections() <= 4);
  CHECK(t.client->in_flight() == 0);
}

TEST_CASE("a request beyond the full queue is refused as not sent", "[curl]") {
  ClientTest t({.in_flight_max = 1, .queue_max = 1});
  TinyServer server(*t.loop, [](const std::string&) { return Reply{TinyServer::Ok("x")}; });
  std::vector<HttpRequest> requests(3, {.method = "GET", .url = server.Url("/")});

  const std::vector<HttpResult> results = t.SendAll(std::move(requests));

  CHECK(results[0].transport == Transport::kAnswered);
  CHECK(results[1].transport == Transport::kAnswered);
  CHECK(results[2].transport == Transport::kNotSent);
  CHECK(absl::StrContains(results[2].error, "queue is full"));
}

TEST_CASE("waiting in the queue counts against the timeout", "[curl]") {
  ClientTest t({.in_flight_max = 1});
  TinyServer server(*t.loop, [](const std::string&) {
    return Reply{.bytes = TinyServer::Ok("x"), .delay = absl::Milliseconds(30)};
  });

  const auto results =
      t.SendAll({{.method = "GET", .url = server.Url("/")},
                 {.method = "POST", .url = server.Url("/"), .timeout = absl::Milliseconds(10)}});

  CHECK(results[0].transport == Transport::kAnswered);
  CHECK(results[1].transport == Transport::kNotSent);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("what surely did not reach the server is kNotSent", "[curl]") {
  ClientTest t;
  std::string refused;
  {
    const TinyServer gone(*t.loop, [](const std::string&) { return Reply{}; });
    refused = gone.Url("/");
  }
  TinyServer plain(*t.loop, [](const std::string&) { return Reply{"not TLS\r\n"}; });
  const std::string tls = "https" + plain.Url("/").substr(4);
  const std::vector<std::string> urls = {refused, tls, "http://name.invalid/", "ftp://x/",
                                         "http://[/"};
  const std::string& url = urls[GENERATE(0U, 1U, 2U, 3U, 4U)];
  CAPTURE(url);

  const HttpResult result =
      t.Send({.method = "POST", .url = url, .body = "{}", .timeout = absl::Milliseconds(200)});

  CHECK(result.transport == Transport::kNotSent);
  CHECK_FALSE(result.error.empty());
}

TEST_CASE("what may have reached the server is kLost", "[curl]") {
  struct Case {
    const char* name;
    Reply reply;
  };
  const auto c =
      GENERATE(Case{"no answer in time", {.bytes = "x", .delay = absl::Hours(1)}},
               Case{"reset instead of an answer", {.then = Reply::Then::kReset}},
               Case{"closed instead of an answer", {.then = Reply::Then::kClose}},
               Case{"cut headers", {.bytes = "HTTP/1.1 200 OK\r\nX", .then = Reply::Then::kClose}},
               Case{"cut body",
                    {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
                     .then = Reply::Then::kReset}},
               Case{"no HTTP", {.bytes = "what?\r\n\r\n", .then = Reply::Then::kClose}});
  CAPTURE(c.name);
  ClientTest t;
  TinyServer server(*t.loop, [&](const std::string&) { return c.reply; });

  const HttpResult result = t.Send(
      {.method = "POST", .url = server.Url("/"), .body = "{}", .timeout = absl::Milliseconds(40)});

  CHECK(result.transport == Transport::kLost);
  CHECK(result.body.empty());
  CHECK_FALSE(result.error.empty());
}

TEST_CASE("an answer over the body cap is kLost", "[curl]") {
  ClientTest t({.body_bytes_max = 100});
  const int bytes = GENERATE(100, 101);
  TinyServer server(*t.loop, [&](const std::string&) {
    return Reply{TinyServer::Ok(std::string(static_cast<std::size_t>(bytes), 'x'))};
  });

  const HttpResult result = t.Send({.method = "GET", .url = server.Url("/")});
  const HttpResult smaller =
      t.Send({.method = "GET", .url = server.Url("/"), .body_bytes_max = 99});
  const HttpResult larger =
      t.Send({.method = "GET", .url = server.Url("/"), .body_bytes_max = 999});

  CHECK(result.transport == (bytes > 100 ? Transport::kLost : Transport::kAnswered));
  CHECK(smaller.transport == Transport::kLost);
  CHECK(larger.transport == result.transport);
}

TEST_CASE("a write on a kept connection that dies is never sent twice; a read is", "[curl]") {
  const std::string method = GENERATE("POST", "PATCH", "GET", "DELETE");
  CAPTURE(method);
  const bool is_read = method == "GET" || method == "DELETE";
  ClientTest t;
  int seen = 0;
  TinyServer server(*t.loop, [&](const std::string&) {
    ++seen;
    return seen == 2 ? Reply{.then = Reply::Then::kClose} : Reply{TinyServer::Ok("ok")};
  });
  const HttpRequest request = {.method = method, .url = server.Url("/"), .body = "{}"};
  REQUIRE(t.Send(request).transport == Transport::kAnswered);

  const HttpResult result = t.Send(request);  // reuses the connection, which then dies

  CHECK(result.transport == (is_read ? Transport::kAnswered : Transport::kLost));
  CHECK(seen == (is_read ? 3 : 2));
}

TEST_CASE("a connection that the server has closed while idle is not used for a write", "[curl]") {
  ClientTest t;
  TinyServer server(*t.loop, [](const std::string&) { return Reply{TinyServer::Ok("ok")}; });
  const HttpRequest request = {.method = "POST", .url = server.Url("/"), .body = "{}"};
  REQUIRE(t.Send(request).transport == Transport::kAnswered);
  server.CloseIdle();

  CHECK(t.Send(request).transport == Transport::kAnswered);
  CHECK(server.connections() == 2);
}

TEST_CASE("a header cannot smuggle another one in", "[curl]") {
  ClientTest t;
  TinyServer server(*t.loop, [](const std::string&) { return Reply{TinyServer::Ok("ok")}; });

  const HttpResult result = t.Send({.method = "GET",
                                    .url = server.Url("/"),
                                    .headers = {{"Authorization", "Bearer a\r\nX-Evil: 1"}}});

  CHECK(result.transport == Transport::kNotSent);
  CHECK(server.requests().empty());
}

TEST_CASE("redirects are shown, not followed", "[curl]") {
  ClientTest t;
  TinyServer server(*t.loop, [](const std::string&) {
    return Reply{"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"};
  });

  const HttpResult result = t.Send({.method = "GET", .url = server.Url("/")});

  CHECK(result.status == 302);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a client may go while requests are open", "[curl]") {
  ClientTest t({.in_flight_max = 1});
  TinyServer server(*t.loop, [&](const std::string&) {
    t.loop->Stop();
    return Reply{.bytes = "x", .delay = absl::Hours(1)};
  });
  bool called = false;
  for (int i = 0; i < 2; ++i) {
    t.client->Send({.method = "GET", .url = server.Url("/")}, [&](HttpResult) { called = true; });
  }
  t.loop->Run();

  t.client.reset();
  t.loop->RunAfter(absl::Milliseconds(5), [&] { t.loop->Stop(); });
  t.loop->Run();

  CHECK_FALSE(called);
}

}  // namespace
}  // namespace roomkeeper::testing
