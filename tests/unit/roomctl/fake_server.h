#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "absl/base/thread_annotations.h"

#include "roomkeeper/v1/brand.grpc.pb.h"
#include "roomkeeper/v1/clean_room.grpc.pb.h"
#include "roomkeeper/v1/job.grpc.pb.h"
#include "roomkeeper/v1/operations.grpc.pb.h"
#include "roomkeeper/v1/server.grpc.pb.h"

#include "lib/base/mutex.h"
#include "services/roomctl/exit_code.h"

namespace roomkeeper::testing {

// What the server of a test answers with, and what it was asked.
struct FakeState {
  v1::Job job = {};                       // of GetJob, and of create, delete, retry
  std::vector<v1::JobEvent> events = {};  // of WatchJob
  int break_after = -1;                   // the first watch fails after so many events
  bool hold_watch = false;                // a watch stays open until its caller goes
  grpc::Status change_status = {};        // of create, delete, retry
  grpc::Status watch_status = {};         // of a watch that has sent all events
  v1::RunnableNotebook notebook = {};
  std::vector<v1::ListCleanRoomsResponse> pages = {};
  v1::ServerInfo info = {};
  v1::CheckShardsResponse checks = {};
  v1::CheckCredentialsResponse credentials = {};
  v1::RotateCredentialsResponse rotations = {};
  std::vector<v1::Freeze> freezes = {};

  std::vector<std::string> request_ids = {};     // of create, delete, retry
  std::vector<std::int64_t> watched_after = {};  // of each watch
  std::vector<std::string> names = {};           // of each get, delete and notebook
  std::vector<std::string> authorizations = {};  // of each call
  v1::ApiKey key = {};                           // that was asked for last
  v1::CreateCleanRoomRequest created = {};       // the last
  v1::ListCleanRoomsRequest listed = {};
  v1::RenewCleanRoomRequest renewed = {};
  v1::DeleteCleanRoomRequest deleted = {};
  v1::UndeleteCleanRoomRequest undeleted = {};
};

// A server on a port of its own for roomctl to talk to. It has no rules: the real server's are
// tested in tests/service.
class FakeServer {
 public:
  FakeServer();
  ~FakeServer();

  std::string address() const;
  FakeState Get();
  void Set(const FakeState& state);

 private:
  class Rooms;
  class Jobs;
  class Brands;
  class Server;
  class Operations;

  Mutex mu_;
  FakeState state_ ABSL_GUARDED_BY(mu_);
  std::vector<std::unique_ptr<grpc::Service>> services_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

struct Ran {
  ExitCode code = ExitCode::kOk;
  std::string out = {};
  std::string err = {};
};

// Runs roomctl in this process, with a key file of its own where `server` is not null.
Ran RunRoomctl(FakeServer* server, std::vector<std::string> words);

// An event `seconds` after the job's begin.
v1::JobEvent Event(std::int64_t sequence, const std::string& type, v1::JobStep step,
                   v1::JobState state, int seconds);

}  // namespace roomkeeper::testing
