#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks/databricks_provider.h"
#include "lib/databricks_sim/simulator.h"
#include "tests/support/fake_loop.h"
#include "tests/support/matchers.h"
#include "tests/support/sim_http_client.h"
#include "tests/unit/databricks/client_fixture.h"

namespace roomkeeper::testing {

// A process that dies at its n-th contact with what outlives it: the platform and files. From then
// on nothing of it acts, and nothing reaches it.
struct Life {
  int contacts = 0;
  int dies_at = 0;  // 0: never
  bool dead = false;

  // False: it died just before the contact, or is dead.
  bool Contact() {
    dead = dead || ++contacts == dies_at;
    return !dead;
  }
};
using LifePtr = std::shared_ptr<Life>;

class MortalLoop final : public Loop {
 public:
  MortalLoop(Loop& loop, LifePtr life) : loop_(loop), life_(std::move(life)) {}
  void Post(Task task) override { loop_.Post(WhileAlive(std::move(task))); }
  TimerId RunAfter(absl::Duration delay, Task task) override {
    return loop_.RunAfter(delay, WhileAlive(std::move(task)));
  }
  void Cancel(TimerId id) override { loop_.Cancel(id); }
  const Clock& clock() const override { return loop_.clock(); }

 private:
  Task WhileAlive(Task task) const {
    return [life = life_, task = std::move(task)] {
      if (!life->dead) {
        task();
      }
    };
  }

  Loop& loop_;
  const LifePtr life_;
};

class MortalHttp final : public HttpClient {
 public:
  MortalHttp(HttpClient& http, LifePtr life) : http_(http), life_(std::move(life)) {}
  void Send(HttpRequest request, Done done) override {
    if (life_->Contact()) {
      http_.Send(std::move(request), [life = life_, done = std::move(done)](HttpResult result) {
        if (life->Contact()) {
          done(std::move(result));
        }
      });
    }
  }

 private:
  HttpClient& http_;
  const LifePtr life_;
};

// A service principal that manages itself on a simulated platform, the files of the daemon, and
// daemons that rotate its secret, one after another.
class RotationWorld {
 public:
  RotationWorld() { files["client_secret"] = principal().client_secret; }

  const sim::Principal& principal() const {
    return simulator->config().workspaces[0].principals[0];
  }

  // A daemon's life, to the end of the rotation or to its death.
  std::optional<RotationReport> Rotate(bool plan = false, int dies_at = 0) {
    const auto life = std::make_shared<Life>(Life{.dies_at = dies_at});
    MortalLoop mortal_loop(loop, life);
    MortalHttp http(sim_http, life);
    std::optional<RotationReport> report;
    DatabricksProvider provider({mortal_loop, http, log, metrics, random}, {Options(life)},
                                "acme_roomkeeper/1");
    provider.RotateSecrets(ShardId("s1"), plan,
                           [&](RotationReport got) { report = std::move(got); });
    CHECK_FALSE(report.has_value());
    REQUIRE(loop.RunUntil([&] { return report.has_value() || life->dead; }));
    const bool died = std::exchange(life->dead, true);
    return died ? std::nullopt : report;  // what it did with its last breath nobody heard
  }

  // Whether the platform gives a token for what this file holds.
  bool Works(const std::string& file) {
    sim::SimRequest request = {.workspace = "provider",
                               .host_url = "http://provider.sim",
                               .method = "POST",
                               .target = "/oidc/v1/token"};
    std::string secret = files[file];
    secret.erase(secret.find_last_not_of('\n') + 1);
    request.headers = {
        {"authorization", absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(
                                                     principal().client_id, ":", secret)))}};
    request.body = "grant_type=client_credentials";
    return simulator->Handle(request).status == 200;
  }

  // Ids of the principal's secrets on the platform.
  std::vector<std::string> Listed() {
    const auto get = [&](const std::string& target) {
      sim::SimRequest request = {.workspace = "provider",
                                 .host_url = "http://provider.sim",
                                 .method = "GET",
                                 .target = target};
      const sim::Principal& root = simulator->config().workspaces[0].principals[1];
      request.headers = {{"authorization", "Bearer " + root.client_secret}};
      return nlohmann::json::parse(simulator->Handle(request).body);
    };
    std::vector<std::string> ids;
    for (const auto& secret :
         get("/api/2.0/accounts/servicePrincipals/" + scim_id + "/credentials/secrets")
             .value("secrets", nlohmann::json::array())) {
      ids.push_back(secret["id"]);
    }
    return ids;
  }

  // Somebody makes a secret by hand. Its id.
  std::string AddByHand(const std::string& into_file = "") {
    const auto added = simulator->Control(
        R"({"action":"add_secret","workspace":"provider","principal":"roomkeeper"})");
    REQUIRE_OK(added);
    const auto json = nlohmann::json::parse(*added);
    if (!into_file.empty()) {
      files[into_file] = json["secret"];
    }
    return json["id"];
  }

  static sim::SimConfig Config() {
    sim::SimConfig config;
    sim::MetastoreConfig metastore;
    metastore.global_metastore_id = "aws:us-west-2:11111111-1111-4111-8111-111111111111";
    config.metastores = {metastore};
    config.workspaces = {{.name = "provider",
                          .workspace_id = 1,
                          .global_metastore_id = metastore.global_metastore_id,
                          .principals = {{.name = "roomkeeper", .secrets_manager = true},
                                         {.kind = sim::Principal::Kind::kUser,
                                          .name = "root@provider.example",
                                          .metastore_admin = true}}}};
    config.knobs = {{"token_format", "opaque"}};
    return config;
  }

  FakeLoop loop;
  std::unique_ptr<sim::Simulator> simulator = *sim::Simulator::Make(Config(), loop.clock());
  SimHttpClient sim_http{*simulator, loop};
  CapturedLog log;
  Metrics metrics;
  std::mt19937_64 random{42};
  std::map<std::string, std::string> files = {};  // by the credential's name
  std::string record = {};
  absl::Status writable = absl::OkStatus();  // of the files
  std::string scim_id = FindScimId();

 private:
  Credential FileOf(const std::string& name, const LifePtr& life) {
    Credential credential;
    credential.name = name;
    credential.read = [this, name]() -> absl::StatusOr<Secret> {
      if (files.count(name) == 0) {
        return absl::NotFoundError("no such file");
      }
      std::string text = files[name];
      text.erase(text.find_last_not_of('\n') + 1);
      return Secret(text);
    };
    credential.write = [this, name, life](absl::string_view text) -> absl::Status {
      if (life->Contact() && writable.ok()) {
        files[name] = std::string(text);
      }
      return life->Contact() ? writable : absl::UnknownError("dead");
    };
    return credential;
  }

  ShardOptions Options(const LifePtr& life) {
    ShardOptions options;
    options.id = ShardId("s1");
    options.host = SimHttpClient::UrlOf("provider");
    options.client_id = principal().client_id;
    options.credentials = {FileOf("client_secret", life), FileOf("client_secret_2", life)};
    options.requests_per_second = 100;
    options.rotation_record.read = [this]() -> absl::StatusOr<std::string> { return record; };
    options.rotation_record.write = [this, life](absl::string_view text) -> absl::Status {
      if (life->Contact()) {
        record = std::string(text);
      }
      return life->Contact() ? absl::OkStatus() : absl::UnknownError("dead");
    };
    return options;
  }

  std::string FindScimId() {
    files["client_secret"] = principal().client_secret;
    sim::SimRequest token = {.workspace = "provider",
                             .host_url = "http://provider.sim",
                             .method = "POST",
                             .target = "/oidc/v1/token"};
    token.body = absl::StrCat("grant_type=client_credentials&client_id=", principal().client_id,
                              "&client_secret=", principal().client_secret);
    const std::string bearer = nlohmann::json::parse(simulator->Handle(token).body)["access_token"];
    sim::SimRequest me = {.workspace = "provider",
                          .host_url = "http://provider.sim",
                          .method = "GET",
                          .target = "/api/2.0/preview/scim/v2/Me"};
    me.headers = {{"authorization", "Bearer " + bearer}};
    return nlohmann::json::parse(simulator->Handle(me).body)["id"];
  }
};

}  // namespace roomkeeper::testing
