#pragma once

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <nlohmann/json.hpp>

#include "roomkeeper/v1/brand.grpc.pb.h"
#include "roomkeeper/v1/clean_room.grpc.pb.h"
#include "roomkeeper/v1/job.grpc.pb.h"

#include "tests/support/subprocess.h"

namespace roomkeeper::testing {

// The real programs on loopback: databricks-sim and roomkeeperd with SQLite in a folder of its own,
// and one enrolled brand. Failures end the test. Not thread-safe.
class World {
 public:
  struct Options {
    std::string simulator =
        {};                   // YAML added to the simulator's config, e.g. "latency: {mean: 5ms}\n"
    std::string daemon = {};  // YAML added to the daemon's config
    std::string store = {};   // … to its section store, e.g. ", backup_dir: ."
    std::string shard = {};   // … to its shard, indented by four
    std::string grpc = "address: \"127.0.0.1:0\"";  // of its section grpc
    std::string admin = "address: \"127.0.0.1:0\"";  // of its section admin
    int requests_per_second = 10000;                // the shard's request budget
    std::string packages = "deploy/packages";       // folder, from the root of the source tree
  };

  explicit World(const Options& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void StartDaemon();
  void KillDaemon();      // SIGKILL, and waits for the end
  int TerminateDaemon();  // SIGTERM; its exit code

  // A brand with an install "prod" and a key bound to it. The key's text.
  std::string Enroll(const std::string& brand);

  std::unique_ptr<grpc::ClientContext> Call(const std::string& key) const;
  const std::string& operator_key() const { return operator_key_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  const std::string& grpc_address() const { return grpc_address_; }
  const std::string& admin_url() const { return admin_url_; }
  pid_t daemon_pid() const { return daemon_->pid(); }
  Subprocess& daemon() { return *daemon_; }
  std::string log() const { return daemon_->errors(); }

  // What the admin server answers, then the HTTP code, once that contains `wanted`. The test ends
  // if the daemon does, or after `patience`.
  std::string AwaitAdmin(const std::string& path, const std::string& wanted,
                         absl::Duration patience = Subprocess::kPatience) const;

  // Waits on the server until the job is final; its last form.
  v1::Job Wait(const std::string& key, const std::string& job);

  // The simulator's side: what its control URL answers, and one workspace of the ready line.
  std::string control_url() const { return ready_["control_url"].get<std::string>(); }
  nlohmann::json Control(const std::string& method, const std::string& path,
                         const std::string& body = "");
  const nlohmann::json& workspace(const std::string& name) const;

  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  std::unique_ptr<Subprocess> simulator_;
  nlohmann::json ready_;
  std::unique_ptr<Subprocess> daemon_;
  std::shared_ptr<grpc::Channel> channel_;
  std::string operator_key_;
  std::string grpc_address_;
  std::string admin_url_;
  std::int64_t enrolled_ = 0;  // each install has a workspace of its own
};

}  // namespace roomkeeper::testing
