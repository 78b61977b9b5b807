#include "tests/unit/roomctl/fake_server.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "services/roomctl/command.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

void NoteCaller(const grpc::ServerContext& context, FakeState& state) {
  const auto found = context.client_metadata().find("authorization");
  state.authorizations.emplace_back(found == context.client_metadata().end()
                                        ? ""
                                        : std::string(found->second.data(), found->second.size()));
}

}  // namespace

class FakeServer::Rooms final : public v1::CleanRoomService::Service {
 public:
  explicit Rooms(FakeServer& server) : server_(server) {}

  grpc::Status CreateCleanRoom(grpc::ServerContext* context,
                               const v1::CreateCleanRoomRequest* request, v1::Job* job) override {
    MutexLock lock(server_.mu_);
    NoteCaller(*context, server_.state_);
    server_.state_.request_ids.push_back(request->request_id());
    server_.state_.created = *request;
    *job = server_.state_.job;
    return server_.state_.change_status;
  }
  grpc::Status DeleteCleanRoom(grpc::ServerContext*, const v1::DeleteCleanRoomRequest* request,
                               v1::Job* job) override {
    MutexLock lock(server_.mu_);
    server_.state_.deleted = *request;
    server_.state_.request_ids.push_back(request->request_id());
    server_.state_.names.push_back(request->name());
    *job = server_.state_.job;
    return server_.state_.change_status;
  }
  grpc::Status GetCleanRoom(grpc::ServerContext*, const v1::GetCleanRoomRequest* request,
                            v1::CleanRoom* room) override {
    MutexLock lock(server_.mu_);
    server_.state_.names.push_back(request->name());
    room->set_name(request->name());
    return grpc::Status::OK;
  }
  grpc::Status ListCleanRooms(grpc::ServerContext*, const v1::ListCleanRoomsRequest* request,
                              v1::ListCleanRoomsResponse* answer) override {
    MutexLock lock(server_.mu_);
    const std::string& token = request->page_token();
    server_.state_.listed = *request;
    *answer = server_.state_.pages.at(token.empty() ? 0 : std::stoul(token));
    return grpc::Status::OK;
  }
  grpc::Status RenewCleanRoom(grpc::ServerContext*, const v1::RenewCleanRoomRequest* request,
                              v1::CleanRoom* room) override {
    MutexLock lock(server_.mu_);
    server_.state_.renewed = *request;
    room->set_name(request->name());
    room->mutable_expire_time()->set_seconds(1795132800);
    return server_.state_.change_status;
  }
  grpc::Status UndeleteCleanRoom(grpc::ServerContext*, const v1::UndeleteCleanRoomRequest* request,
                                 v1::CleanRoom* room) override {
    MutexLock lock(server_.mu_);
    server_.state_.undeleted = *request;
    room->set_name(request->name());
    return server_.state_.change_status;
  }
  grpc::Status GetRunnableNotebook(grpc::ServerContext*,
                                   const v1::GetRunnableNotebookRequest* request,
                                   v1::RunnableNotebook* notebook) override {
    MutexLock lock(server_.mu_);
    server_.state_.names.push_back(request->name());
    *notebook = server_.state_.notebook;
    return grpc::Status::OK;
  }

 private:
  FakeServer& server_;
};

class FakeServer::Jobs final : public v1::JobService::Service {
 public:
  explicit Jobs(FakeServer& server) : server_(server) {}

  grpc::Status GetJob(grpc::ServerContext*, const v1::GetJobRequest*, v1::Job* job) override {
    *job = server_.Get().job;
    return grpc::Status::OK;
  }
  grpc::Status RetryJob(grpc::ServerContext*, const v1::RetryJobRequest* request,
                        v1::Job* job) override {
    MutexLock lock(server_.mu_);
    server_.state_.request_ids.push_back(request->request_id());
    *job = server_.state_.job;
    return server_.state_.change_status;
  }
  grpc::Status WatchJob(grpc::ServerContext* context, const v1::WatchJobRequest* request,
                        grpc::ServerWriter<v1::JobEvent>* writer) override {
    FakeState state = server_.Get();
    {
      MutexLock lock(server_.mu_);
      server_.state_.watched_after.push_back(request->after_sequence());
    }
    int sent = 0;
    for (const v1::JobEvent& event : state.events) {
      if (state.watched_after.empty() && sent == state.break_after) {
        return {grpc::StatusCode::UNAVAILABLE, "the server shuts down"};
      }
      if (event.sequence() > request->after_sequence()) {
        writer->Write(event);
        ++sent;
      }
    }
    MutexLock lock(server_.mu_);
    CondVar never;
    while (state.hold_watch && !context->IsCancelled()) {
      (void)never.WaitFor(server_.mu_, absl::Milliseconds(10));
    }
    return state.watch_status;
  }

 private:
  FakeServer& server_;
};

class FakeServer::Brands final : public v1::BrandService::Service {
 public:
  explicit Brands(FakeServer& server) : server_(server) {}
  grpc::Status CreateApiKey(grpc::ServerContext*, const v1::CreateApiKeyRequest* request,
                            v1::ApiKey* key) override {
    MutexLock lock(server_.mu_);
    server_.state_.request_ids.push_back(request->request_id());
    server_.state_.key = request->api_key();
    key->set_name("apiKeys/k1");
    key->set_operator_role(request->api_key().operator_role());
    *key->mutable_ci() = request->api_key().ci();
    key->set_key("rk_k1_secret");
    return server_.state_.change_status;
  }

 private:
  FakeServer& server_;
};

class FakeServer::Server final : public v1::ServerService::Service {
 public:
  explicit Server(FakeServer& server) : server_(server) {}
  grpc::Status GetServerInfo(grpc::ServerContext*, const v1::GetServerInfoRequest*,
                             v1::ServerInfo* info) override {
    *info = server_.Get().info;
    return grpc::Status::OK;
  }

 private:
  FakeServer& server_;
};

class FakeServer::Operations final : public v1::OperationsService::Service {
 public:
  explicit Operations(FakeServer& server) : server_(server) {}
  grpc::Status CheckShards(grpc::ServerContext*, const v1::CheckShardsRequest*,
                           v1::CheckShardsResponse* answer) override {
    *answer = server_.Get().checks;
    return grpc::Status::OK;
  }
  grpc::Status CheckCredentials(grpc::ServerContext*, const v1::CheckCredentialsRequest*,
                                v1::CheckCredentialsResponse* answer) override {
    *answer = server_.Get().credentials;
    return grpc::Status::OK;
  }
  grpc::Status RotateCredentials(grpc::ServerContext*, const v1::RotateCredentialsRequest* request,
                                 v1::RotateCredentialsResponse* answer) override {
    *answer = server_.Get().rotations;
    if (request->validate_only()) {
      answer->mutable_rotations(0)->set_outcome(v1::CredentialRotation::OUTCOME_PLANNED);
    }
    return grpc::Status::OK;
  }
  grpc::Status FreezeMutations(grpc::ServerContext*, const v1::FreezeMutationsRequest* request,
                               v1::Freeze* answer) override {
    FakeState state = server_.Get();
    answer->set_scope(request->scope());
    answer->set_reason(request->reason());
    state.freezes.push_back(*answer);
    server_.Set(state);
    return grpc::Status::OK;
  }
  grpc::Status ThawMutations(grpc::ServerContext*, const v1::ThawMutationsRequest* request,
                             v1::ThawMutationsResponse* answer) override {
    FakeState state = server_.Get();
    std::erase_if(state.freezes,
                  [&](const v1::Freeze& freeze) { return freeze.scope() == request->scope(); });
    server_.Set(state);
    answer->mutable_freezes()->Add(state.freezes.begin(), state.freezes.end());
    return grpc::Status::OK;
  }
  grpc::Status BackupStore(grpc::ServerContext*, const v1::BackupStoreRequest*,
                           v1::BackupStoreResponse* answer) override {
    answer->set_path("/backups/roomkeeper-1.db");
    answer->set_size_bytes(4096);
    return grpc::Status::OK;
  }
  grpc::Status ListFreezes(grpc::ServerContext*, const v1::ListFreezesRequest*,
                           v1::ListFreezesResponse* answer) override {
    const FakeState state = server_.Get();
    answer->mutable_freezes()->Add(state.freezes.begin(), state.freezes.end());
    return grpc::Status::OK;
  }

 private:
  FakeServer& server_;
};

FakeServer::FakeServer() {
  services_.push_back(std::make_unique<Rooms>(*this));
  services_.push_back(std::make_unique<Jobs>(*this));
  services_.push_back(std::make_unique<Brands>(*this));
  services_.push_back(std::make_unique<Server>(*this));
  services_.push_back(std::make_unique<Operations>(*this));
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  for (const auto& service : services_) {
    builder.RegisterService(service.get());
  }
  server_ = builder.BuildAndStart();
  REQUIRE(server_ != nullptr);
}

FakeServer::~FakeServer() {
  server_->Shutdown();
  server_->Wait();
}

std::string FakeServer::address() const {
  return absl::StrCat("127.0.0.1:", port_);
}

FakeState FakeServer::Get() {
  MutexLock lock(mu_);
  return state_;
}

void FakeServer::Set(const FakeState& state) {
  MutexLock lock(mu_);
  state_ = state;
}

Ran RunRoomctl(FakeServer* server, std::vector<std::string> words) {
  std::string key_file = "/tmp/roomctl_test_XXXXXX";
  if (server != nullptr) {
    const int fd = mkstemp(key_file.data());  // makes it with mode 0600
    REQUIRE(fd >= 0);
    close(fd);
    std::ofstream(key_file) << "rk_id_s3cret\n";
    words.insert(words.end(), {"--address", server->address(), "--api-key-file", key_file,
                               "--profile", "/dev/null"});
  }
  std::ostringstream out;
  std::ostringstream err;
  const ExitCode code = roomkeeper::RunRoomctl(words, out, err, /*is_terminal=*/false);
  unlink(key_file.c_str());
  return {code, out.str(), err.str()};
}

v1::JobEvent Event(std::int64_t sequence, const std::string& type, v1::JobStep step,
                   v1::JobState state, int seconds) {
  v1::JobEvent event;
  event.set_sequence(sequence);
  event.set_type(type);
  event.set_step(step);
  event.set_job_state(state);
  event.mutable_event_time()->set_seconds(1795132800 + seconds);
  event.set_message(absl::StrCat("message ", sequence));
  return event;
}

}  // namespace roomkeeper::testing
