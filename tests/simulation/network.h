#pragma once

#include <functional>
#include <string>

#include "lib/http/http_client.h"
#include "tests/simulation/platform.h"
#include "tests/simulation/scheduler.h"

namespace roomkeeper::testing {

// How often what goes wrong, in thousandths of the requests. Drawn anew for each seed, many of them
// zero, so that each run has an illness of its own.
struct Weather {
  int not_sent = 0;
  int lost_before = 0;  // the platform never hears of it
  int lost_after = 0;   // it acts, the answer is lost
  int lands_late = 0;   // the client is told that it is lost; it acts later
  int hang = 0;
  int slow = 0;           // seconds to arrive or to come back
  int server_error = 0;   // 5xx, acted or not
  int rate_limit = 0;     // 429, with or without Retry-After
  int token_trouble = 0;  // every token expires at this moment
  int bad_list = 0;       // LIST answers an error
  int garbage = 0;        // 200 with a page that is not JSON
};

// What the requests of all processes go through. A request that left lands, whatever becomes of its
// sender, and not later than its timeout after it was sent.
class Network {
 public:
  Network(Scheduler& scheduler, Platform& platform) : scheduler_(scheduler), platform_(platform) {}

  Weather weather = {};
  // Nothing is served for so long: no route, errors or silence.
  void GoAway(absl::Duration how_long);
  void Return() { away_until_ = -absl::InfiniteDuration(); }
  // Requests that may still act although their sender was told that they are lost, or is dead.
  int strays() const { return strays_; }
  // Runs after each request that may have changed something.
  std::function<void(const std::string& method, const std::string& target)> on_write = {};

  struct Fate;
  void Carry(HttpRequest request, const Scheduler::OwnerPtr& sender, HttpClient::Done done);

 private:
  Fate Draw(const HttpRequest& request);
  sim::SimResponse Land(const HttpRequest& request, const Fate& fate);
  void Deliver(const Fate& fate, const Scheduler::OwnerPtr& sender, absl::Duration sent_at,
               absl::Duration timeout, sim::SimResponse response, const HttpClient::Done& done);

  Scheduler& scheduler_;
  Platform& platform_;
  int strays_ = 0;
  absl::Duration away_until_ = -absl::InfiniteDuration();
  int away_how_ = 0;
};

// The client of one process, and the check that it is a good guest: never above its budget, and
// silent for as long as a Retry-After asked.
class ProcessHttp final : public HttpClient {
 public:
  ProcessHttp(Network& network, Scheduler& scheduler, Scheduler::OwnerPtr owner)
      : network_(network), scheduler_(scheduler), owner_(std::move(owner)) {}

  void Send(HttpRequest request, Done done) override;
  const std::string& violations() const { return violations_; }

 private:
  void CheckBudget();
  void NoteAnswer(const HttpResult& result);

  Network& network_;
  Scheduler& scheduler_;
  Scheduler::OwnerPtr owner_;
  double tokens_ = -1;  // -1: not used yet
  absl::Duration refilled_at_ = absl::ZeroDuration();
  absl::Duration silent_until_ = -absl::InfiniteDuration();
  std::string violations_;
};

}  // namespace roomkeeper::testing
