#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "lib/base/clock.h"
#include "tests/e2e/crowd.h"
#include "tests/e2e/kills_check.h"
#include "tests/e2e/world.h"
#include "tests/support/http/sync_http.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

constexpr int kBrands = 4;
constexpr int kCustomersAtFirst = 60;
constexpr int kCustomersEachLife = 4;
constexpr absl::Duration kPatience = absl::Minutes(4);

// A platform slow enough that a kill leaves many calls without an answer.
constexpr char kSimulator[] =
    "latency: {mean: 100ms, spread: 80ms}\nprovisioning: {mean: 400ms, spread: 300ms}\n"
    "asset_pending: {mean: 30ms, spread: 30ms}\n";

std::uint64_t Number(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  std::uint64_t number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : otherwise;
}

// The world, its customers, and the chance that decides what they want and when the server dies.
class Killing {
 public:
  explicit Killing(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i < kBrands; ++i) {
      keys_.push_back(world_.Enroll(absl::StrCat("brand-", i)));
    }
  }

  World& world() { return world_; }
  Crowd& crowd() { return crowd_; }

  enum class Mood : std::uint8_t { kSteady, kFickle };
  // Of four fickle ones, one cancels and one deletes.
  void AddCustomers(int count, Mood mood) {
    for (int i = 0; i < count; ++i, ++customers_) {
      Customer customer = {.key = keys_[customers_ % keys_.size()],
                           .room_id = absl::StrCat("room-", customers_)};
      const std::int64_t cancel_at = Draw(12);
      switch (mood == Mood::kFickle ? Draw(4) : 0) {
        case 1:
          customer.then = Customer::Then::kCancel;
          customer.cancel_at = cancel_at;
          break;
        case 2:
          customer.then = Customer::Then::kDelete;
          break;
        default:
          break;
      }
      crowd_.Add(customer);
    }
  }

  // A server's life: it starts, all customers turn to it, and it is killed in the middle.
  void LiveAndDie() {
    const Moment death = DrawMoment();
    world_.StartDaemon();
    crowd_.Serve(world_.channel());
    CHECK(crowd_.AwaitProgress(death.answers, death.events, kPatience));
    AwaitRequests(death.requests);
    Kill();
  }

  void Kill() {
    world_.KillDaemon();
    REQUIRE(crowd_.AwaitSilence(kPatience));
    REQUIRE(crowd_.trouble() == "");
  }

 private:
  // In [1, max].
  std::int64_t Draw(std::int64_t max) {
    return std::uniform_int_distribution<std::int64_t>(1, max)(random_);
  }

  // When a server dies: once so much was counted.
  struct Moment {
    std::int64_t answers = 0;
    std::int64_t events = 0;
    std::int64_t requests = 0;
  };

  // While no server is there. In the long run a life must bring more than its looks at what the one
  // before left open, one request for each customer.
  Moment DrawMoment() {
    const Crowd::Counts now = crowd_.counts();
    const std::int64_t steps = 20 + 3 * now.steady;
    switch (Draw(8)) {
      case 1:
        return {};  // as soon as it serves
      case 2:
      case 3:
        return {.answers = now.answers + Draw(kCustomersEachLife)};
      case 4:
      case 5:
        return {.events = now.events + Draw(steps)};
      default:
        return {.requests = PlatformRequests() + Draw(steps)};
    }
  }

  std::int64_t PlatformRequests() {
    const HttpResult answer = http_.Send(
        {.method = "GET", .url = absl::StrCat(world_.control_url(), "/requests/counts")});
    REQUIRE(answer.status == 200);
    return nlohmann::json::parse(answer.body).at("total").get<std::int64_t>();
  }

  void AwaitRequests(std::int64_t count) {
    const absl::Duration end = SystemClock().Monotonic() + kPatience;
    while (PlatformRequests() < count && crowd_.counts().steady > 0) {
      REQUIRE(SystemClock().Monotonic() < end);
      // The pause between two looks ends with the daemon, which has no reason to end.
      REQUIRE(world_.daemon().Wait(absl::Milliseconds(5)).status().code() ==
              absl::StatusCode::kDeadlineExceeded);
    }
  }

  std::mt19937_64 random_;
  Crowd crowd_;  // outlives the server, with which its calls end
  World world_{{.simulator = kSimulator,
                .daemon = "engine: {call_timeout: 2s}\n",
                .requests_per_second = 400}};
  SyncHttp http_;
  std::vector<std::string> keys_;
  std::size_t customers_ = 0;
};

// One clean room made while nobody kills anything: what all others must be like.
nlohmann::json ContentMadeInPeace(Killing& killing) {
  World& world = killing.world();
  killing.AddCustomers(1, Killing::Mood::kSteady);
  killing.crowd().Serve(world.channel());
  REQUIRE(killing.crowd().AwaitSilence(kPatience));
  const auto kept = CheckJobs(world, killing.crowd().customers());
  REQUIRE(kept.size() == 1);
  const nlohmann::json state = world.Control("POST", "/control", R"({"action":"state"})");
  const auto metastore = world.workspace("provider")["global_metastore_id"].get<std::string>();
  nlohmann::json content = ContentOf(state.at("metastores").at(metastore).at("rooms").at(0),
                                     kept.begin()->second.brand().collaborator_alias());
  REQUIRE(content.size() == 4);  // three tables and the notebook
  CheckPlatform(world, kept, content);
  return content;
}

TEST_CASE("R1 R3 R4 R11 R12: kill -9 again and again loses nothing and doubles nothing", "[e2e]") {
  const std::uint64_t seed = Number("RK_KILLS_SEED", std::random_device()());
  const int kills = static_cast<int>(Number("RK_KILLS", 60));
  INFO("RK_KILLS_SEED=" << seed);
  Killing killing(seed);
  World& world = killing.world();
  Crowd& crowd = killing.crowd();
  const nlohmann::json content = ContentMadeInPeace(killing);

  // Only these are fickle: a delete without an answer is waited out for 42 s (two of the call
  // timeout, thirty until it leaves, ten of margin), and the test waits for the last one.
  killing.AddCustomers(kCustomersAtFirst, Killing::Mood::kFickle);
  killing.Kill();
  int in_the_middle = 0;
  for (int life = 0; life < kills; ++life) {
    killing.AddCustomers(kCustomersEachLife, Killing::Mood::kSteady);
    killing.LiveAndDie();
    in_the_middle += crowd.counts().open > 0 ? 1 : 0;
  }
  world.StartDaemon();
  CHECK(in_the_middle >= kills * 9 / 10);
  crowd.Serve(world.channel());
  REQUIRE(crowd.AwaitSilence(kPatience));
  REQUIRE(crowd.trouble() == "");
  const Crowd::Counts counts = crowd.counts();
  REQUIRE(counts.open == 0);

  const std::vector<Customer> customers = crowd.customers();
  const auto kept = CheckJobs(world, customers);
  CheckPlatform(world, kept, content);
  const std::int64_t refused = CheckWrites(world, kept);
  CHECK(refused <=
        kills);  // what may have been done is looked for; only a late landing is not seen
  std::cout << absl::StrFormat(
      "%d kills, RK_KILLS_SEED=%d: %d clean rooms, %d of them kept; %d requests, %d of them "
      "unanswered; %d events, %d watches broken; %d writes that had been done already\n",
      kills, seed, customers.size(), kept.size(), counts.asked, counts.lost, counts.events,
      counts.broken, refused);
}

}  // namespace
}  // namespace roomkeeper::testing
