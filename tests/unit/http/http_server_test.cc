#include "lib/http/http_server.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/base/mutex.h"
#include "tests/support/http/raw_connection.h"
#include "tests/support/matchers.h"

namespace roomkeeper {
namespace {

using testing::RawConnection;
using testing::StatusIs;
using testing::StatusOf;
using Ending = HttpServerResponse::Ending;

std::string Get(const std::string& target) {
  return absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: x\r\nX-Trace: abc\r\n\r\n");
}

void Echo(HttpServerRequest request, const HttpRespond& respond) {
  respond({.status = 201,
           .headers = {{"X-Trace", std::string(request.Header("x-trace"))}},
           .body = absl::StrCat(request.method, " ", request.target, " ", request.path(), " ",
                                request.body.size())});
}

// Keeps what it is asked to answer, for the test to answer later.
class Held {
 public:
  void Add(HttpRespond respond) {
    const MutexLock lock(mu_);
    held_.push_back(std::move(respond));
    changed_.NotifyAll();
  }
  HttpRespond Take() {
    const MutexLock lock(mu_);
    while (held_.empty()) {
      changed_.Wait(mu_);
    }
    HttpRespond first = std::move(held_.front());
    held_.erase(held_.begin());
    return first;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::vector<HttpRespond> held_ ABSL_GUARDED_BY(mu_);
};

TEST_CASE("a handler sees the request as it was sent, and its answer arrives", "[http]") {
  HttpServer server({}, &Echo);
  REQUIRE_OK(server.Start());
  RawConnection client(server.port());

  REQUIRE(client.Send(Get("/a%2Fb/c%20d?q=%41+1")));
  const auto first = client.ReadAnswer();
  REQUIRE(client.Send("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"));
  const auto second = client.ReadAnswer();  // on the same connection

  REQUIRE(first.has_value());
  CHECK_THAT(*first, Catch::StartsWith("HTTP/1.1 201 "));
  CHECK_THAT(*first, Catch::Contains("X-Trace: abc\r\n"));
  CHECK_THAT(*first, Catch::EndsWith("GET /a%2Fb/c%20d?q=%41+1 /a%2Fb/c%20d 0"));
  REQUIRE(second.has_value());
  CHECK_THAT(*second, Catch::EndsWith("POST /p /p 5"));
}

TEST_CASE("a handler may answer later, from another thread", "[http]") {
  Held held;
  HttpServer server({}, [&](const HttpServerRequest& /*request*/, HttpRespond respond) {
    held.Add(std::move(respond));
  });
  REQUIRE_OK(server.Start());
  RawConnection client(server.port());
  REQUIRE(client.Send(Get("/")));

  std::thread([&] { held.Take()({.body = "late"}); }).join();

  const auto answer = client.ReadAnswer();
  REQUIRE(answer.has_value());
  CHECK_THAT(*answer, Catch::EndsWith("late"));
}

TEST_CASE("delayed answers do not hold up each other", "[http]") {
  // One is due after the test would have given up; the others must not queue behind it.
  HttpServer server({}, [](const HttpServerRequest& request, const HttpRespond& respond) {
    respond({.body = request.target,
             .delay = request.target == "/slow" ? absl::Hours(1) : absl::Milliseconds(5)});
  });
  REQUIRE_OK(server.Start());
  RawConnection slow(server.port());
  REQUIRE(slow.Send(Get("/slow")));

  for (int i = 0; i < 20; ++i) {
    RawConnection client(server.port());
    REQUIRE(client.Send(Get("/quick")));
    CHECK(client.ReadAnswer().has_value());
  }
}

TEST_CASE("a connection can be reset instead of answered", "[http]") {
  const auto delay = GENERATE(absl::ZeroDuration(), absl::Milliseconds(3));
  HttpServer server({}, [&](const HttpServerRequest& /*request*/, const HttpRespond& respond) {
    respond({.ending = Ending::kReset, .delay = delay});
  });
  REQUIRE_OK(server.Start());
  RawConnection client(server.port());

  REQUIRE(client.Send(Get("/")));

  CHECK_FALSE(client.ReadAnswer().has_value());
  CHECK(client.reset());
}

TEST_CASE("a hanging request frees its connection when the client leaves", "[http]") {
  HttpServer server(
      {.connections_max = 1}, [](const HttpServerRequest& request, const HttpRespond& respond) {
        respond({.ending = request.target == "/hang" ? Ending::kHang : Ending::kAnswer});
      });
  REQUIRE_OK(server.Start());
  {
    RawConnection hanging(server.port());
    REQUIRE(hanging.Send(Get("/hang")));
  }

  RawConnection next(server.port());  // waits in the listen queue until the only slot is free
  REQUIRE(next.Send(Get("/")));

  CHECK(next.ReadAnswer().has_value());
}

TEST_CASE("a slow body arrives whole", "[http]") {
  const std::string body(100000, 'b');
  HttpServer server({}, [&](const HttpServerRequest& /*request*/, const HttpRespond& respond) {
    respond({.ending = Ending::kSlowBody, .body = body, .delay = absl::Milliseconds(90)});
  });
  REQUIRE_OK(server.Start());
  RawConnection client(server.port());

  REQUIRE(client.Send(Get("/")));

  const auto answer = client.ReadAnswer();
  REQUIRE(answer.has_value());
  CHECK(absl::EndsWith(*answer, absl::StrCat("\r\n\r\n", body)));
}

TEST_CASE("a body over the limit is answered 413, one at the limit is served", "[http]") {
  struct Case {
    std::size_t size;
    const char* answer;
  };
  const auto c = GENERATE(Case{9999, "HTTP/1.1 201"}, Case{10000, "HTTP/1.1 201"},
                          Case{10001, "HTTP/1.1 413"}, Case{2000000, "HTTP/1.1 413"});
  CAPTURE(c.size);
  HttpServer server({.body_bytes_max = 10000}, &Echo);
  REQUIRE_OK(server.Start());
  RawConnection client(server.port());

  REQUIRE(client.Send(absl::StrCat("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ", c.size,
                                   "\r\n\r\n", std::string(c.size, 'x'))));

  const auto answer = client.ReadAnswer();
  REQUIRE(answer.has_value());
  CHECK_THAT(*answer, Catch::StartsWith(c.answer));
}

TEST_CASE("stop ends requests of every kind and may be repeated", "[http]") {
  const auto ending = GENERATE(Ending::kHang, Ending::kAnswer, Ending::kSlowBody);
  Held held;
  HttpServer server({}, [&](const HttpServerRequest& request, HttpRespond respond) {
    if (request.target == "/kept") {
      return held.Add(std::move(respond));
    }
    respond({.ending = ending, .body = "0123456789", .delay = absl::Hours(1)});
    held.Add(std::move(respond));
  });
  REQUIRE_OK(server.Start());
  RawConnection waiting(server.port());
  RawConnection kept(server.port());
  REQUIRE(waiting.Send(Get("/waiting")));
  REQUIRE(kept.Send(Get("/kept")));
  const HttpRespond one = held.Take();
  const HttpRespond other = held.Take();

  server.Stop();
  server.Stop();

  CHECK_FALSE(waiting.ReadAnswer().has_value());
  CHECK_FALSE(kept.ReadAnswer().has_value());
  one({.body = "nobody listens"});  // must be harmless
  other({.body = "nobody listens"});
}

TEST_CASE("a server starts once, tells its address, and starts again after a stop", "[http]") {
  HttpServer server({}, &Echo);
  CHECK(server.url().empty());
  for (int round = 0; round < 2; ++round) {
    REQUIRE_OK(server.Start());
    const int port = server.port();
    REQUIRE_OK(server.Start());
    CHECK(server.port() == port);
    CHECK(server.url() == absl::StrCat("http://127.0.0.1:", port));
    {
      RawConnection client(port);
      REQUIRE(client.Send(Get("/")));
      CHECK(client.ReadAnswer().has_value());
    }
    server.Stop();
    CHECK(server.port() == 0);
  }
}

TEST_CASE("a server that cannot start says why, and frees what it took", "[http]") {
  HttpServer first({}, &Echo);
  REQUIRE_OK(first.Start());

  HttpServer in_use({.port = first.port()}, &Echo);
  CHECK_THAT(in_use.Start(), StatusIs(absl::StatusCode::kUnavailable, "Address already in use"));
  HttpServer no_address({.address = "localhost"}, &Echo);
  CHECK_THAT(no_address.Start(), StatusIs(absl::StatusCode::kInvalidArgument, "\"localhost\""));
  HttpServer no_port({.port = 65536}, &Echo);
  CHECK_THAT(no_port.Start(), StatusIs(absl::StatusCode::kInvalidArgument, "65536"));
  HttpServer no_key({.tls_certificate_pem = "x"}, &Echo);
  CHECK_THAT(no_key.Start(), StatusIs(absl::StatusCode::kInvalidArgument, "key"));

  const int port = first.port();
  first.Stop();
  HttpServer bad_pem({.port = port, .tls_certificate_pem = "x", .tls_key_pem = Secret("y")}, &Echo);
  CHECK_THAT(bad_pem.Start(), StatusIs(absl::StatusCode::kInvalidArgument, "certificate"));
  HttpServer again({.port = port}, &Echo);
  CHECK_OK(again.Start());
}

}  // namespace
}  // namespace roomkeeper
