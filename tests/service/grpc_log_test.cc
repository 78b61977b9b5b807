#include "services/roomkeeperd/grpc_log.h"

#include <initializer_list>
#include <string>
#include <variant>
#include <vector>

#include <grpc/support/log.h>

#include "lib/obs/log.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

class KeptLog final : public Log {
 public:
  struct Event {
    LogLevel level = LogLevel::kInfo;
    std::string message = {};
    std::string error = {};
  };

  void Write(LogLevel level, absl::string_view message,
             std::initializer_list<LogField> fields) override {
    events.push_back({level, std::string(message), std::get<std::string>(fields.begin()->value)});
  }

  std::vector<Event> events;
};

TEST_CASE("what gRPC logs becomes an event of ours", "[log]") {
  static KeptLog log;  // gRPC may log until the process ends
  RouteGrpcLog(log);

  gpr_log(GPR_ERROR, "no address added out of total %d", 1);

  REQUIRE(log.events.size() == 1);
  CHECK(log.events[0].level == LogLevel::kError);
  CHECK(log.events[0].message == "grpc");
  CHECK(log.events[0].error == "no address added out of total 1");
}

}  // namespace
}  // namespace roomkeeper::testing
