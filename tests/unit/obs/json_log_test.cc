#include "lib/obs/json_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

#include "lib/base/secret.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

using nlohmann::json;

// What the log wrote, read back from a pipe.
class Captured {
 public:
  Captured() { REQUIRE(::pipe2(fds_.data(), O_CLOEXEC | O_NONBLOCK) == 0); }
  ~Captured() {
    ::close(fds_[0]);
    ::close(fds_[1]);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  int fd() const { return fds_[1]; }
  std::vector<std::string> Lines() const {
    std::string text;
    std::array<char, 4096> buffer = {};
    for (ssize_t n = 0; (n = ::read(fds_[0], buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return absl::StrSplit(text, '\n', absl::SkipEmpty());
  }

 private:
  std::array<int, 2> fds_ = {};
};

TEST_CASE("one event is one JSON line with time, level, message and fields", "[log]") {
  const Captured captured;
  const FakeClock clock;
  JsonLog log(clock, {.fd = captured.fd(), .fields = {{"service_instance", "test"}}});

  log.Info("step finished", {{"job", "j1"}, {"took_ms", 12}, {"late", true}, {"share", 0.5}});

  const auto lines = captured.Lines();
  REQUIRE(lines.size() == 1);
  const json line = json::parse(lines[0], nullptr, false);
  CHECK(line == json({{"time", "2026-11-20T00:00:00.000000Z"},
                      {"level", "info"},
                      {"message", "step finished"},
                      {"service_instance", "test"},
                      {"job", "j1"},
                      {"took_ms", 12},
                      {"late", true},
                      {"share", 0.5}}));
}

TEST_CASE("events below the level are dropped, the level itself is kept", "[log]") {
  const Captured captured;
  const FakeClock clock;
  JsonLog log(clock, {.fd = captured.fd(), .level = LogLevel::kWarning});

  log.Info("below");
  log.Warning("at");
  log.Error("above");

  const auto lines = captured.Lines();
  REQUIRE(lines.size() == 2);
  CHECK(json::parse(lines[0])["message"] == "at");
  CHECK(json::parse(lines[1])["message"] == "above");
}

TEST_CASE("quotes, newlines and invalid UTF-8 leave one valid JSON line", "[log]") {
  const Captured captured;
  const FakeClock clock;
  JsonLog log(clock, {.fd = captured.fd()});

  log.Error("refused", {{"error", "a \"quoted\"\nline \xff\xfe end"}});

  const auto lines = captured.Lines();
  REQUIRE(lines.size() == 1);
  const json line = json::parse(lines[0], nullptr, false);
  REQUIRE_FALSE(line.is_discarded());
  CHECK(line["error"] == "a \"quoted\"\nline \uFFFD\uFFFD end");
}

TEST_CASE("a text past the limit is cut", "[log]") {
  struct Case {
    std::size_t size;
    std::size_t logged;
  };
  const auto c = GENERATE(Case{8191, 8191}, Case{8192, 8192}, Case{8193, 8192 + 3});
  CAPTURE(c.size);

  const std::string line =
      FormatLogLine({.message = "m", .fields = {{"error", std::string(c.size, 'x')}}}, {});

  CHECK(json::parse(line)["error"].get<std::string>().size() == c.logged);
}

TEST_CASE("lines of several threads do not mix", "[log]") {
  const Captured captured;
  const FakeClock clock;
  JsonLog log(clock, {.fd = captured.fd()});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log] {
      for (int i = 0; i < 50; ++i) {
        log.Info("event", {{"n", i}});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }

  const auto lines = captured.Lines();

  CHECK(lines.size() == 200);
  for (const std::string& line : lines) {
    CHECK_FALSE(json::parse(line, nullptr, false).is_discarded());
  }
}

TEST_CASE("a secret cannot be a field, and printed into one it is stars", "[log][secret]") {
  const Captured captured;
  const FakeClock clock;
  JsonLog log(clock, {.fd = captured.fd()});
  const Secret secret(std::string("dose0123456789abcdef"));
  static_assert(!std::is_constructible_v<decltype(LogField::value), Secret>);

  std::ostringstream text;
  text << "token request with " << secret;
  log.Error("token request failed", {{"error", text.str()}});

  const auto lines = captured.Lines();
  REQUIRE(lines.size() == 1);
  CHECK(absl::StrContains(lines[0], "token request with ***"));
  CHECK_FALSE(absl::StrContains(lines[0], "dose0123456789abcdef"));
}

TEST_CASE("a descriptor that cannot be written costs the line and nothing else", "[log]") {
  const FakeClock clock;
  JsonLog log(clock, {.fd = -1});

  log.Error("lost");

  SUCCEED();
}

TEST_CASE("level names parse back, others do not", "[log]") {
  const auto level =
      GENERATE(LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError);

  CHECK(ParseLogLevel(Name(level)) == level);
  CHECK(ParseLogLevel("INFO") == std::nullopt);
}

}  // namespace
}  // namespace roomkeeper::testing
