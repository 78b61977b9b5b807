#pragma once

#include <map>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "lib/databricks_sim/simulator.h"
#include "tests/support/fake_clock.h"

namespace roomkeeper::testing {

using Json = nlohmann::json;

struct Answer {
  int status = 0;
  std::string text = {};
  Json body = {};
  sim::SimResponse response = {};

  std::string code() const { return body.value("error_code", ""); }
  std::string message() const { return body.value("message", ""); }
  std::string header(const std::string& name) const;
};

inline constexpr const char* kProviderMetastore =
    "aws:us-west-2:11111111-1111-4111-8111-111111111111";
inline constexpr const char* kBrandMetastore = "azure:eastus2:22222222-2222-4222-8222-222222222222";

// A provider workspace (service principal "roomkeeper", user "root@provider.example"), a brand
// workspace (admin "admin@brand.example", service principal "app") and a second workspace of the
// brand's metastore (service principal "other_app"), called in process under a clock that stands
// still. Each principal has a token from the start.
class SimFixture {
 public:
  explicit SimFixture(const sim::SimConfig& config = DefaultConfig());
  static sim::SimConfig DefaultConfig();

  // As the principal of this name, or without a token if it is empty.
  Answer Call(const std::string& who, const std::string& method, const std::string& target,
              const Json& body = Json());
  Answer Get(const std::string& who, const std::string& target) { return Call(who, "GET", target); }
  Answer Raw(sim::SimRequest request);

  // Create, then let PROVISIONING pass.
  void MakeRoom(const std::string& name, bool packaged = true);
  Json RoomBody(const std::string& name, bool packaged = true) const;
  static Json TableBody();
  static Json NotebookBody(const std::string& content = "<html>v1</html>");
  Answer AddTable(const std::string& room) {
    return Call("roomkeeper", "POST", "/api/2.0/clean-rooms/" + room + "/assets", TableBody());
  }
  Answer AddNotebook(const std::string& room) {
    return Call("roomkeeper", "POST", "/api/2.0/clean-rooms/" + room + "/assets", NotebookBody());
  }
  // The brand's admin lets its app see and run this room.
  void GrantRun(const std::string& room);

  void Set(const std::string& knob, const std::string& value);
  Json Control(const Json& request);
  const sim::Principal& Who(const std::string& name) const;
  std::string Login(const std::string& who);  // a new access token

  FakeClock clock;
  std::unique_ptr<sim::Simulator> simulator;
  std::map<std::string, std::string> tokens;      // by principal
  std::map<std::string, std::string> workspaces;  // of each principal
};

inline const std::string kRooms = "/api/2.0/clean-rooms";

}  // namespace roomkeeper::testing
