// What a gRPC answer costs on this machine without a product around it. Usage: bare_server
// echo|durable FILE
//   echo     answers GetServerInfo at once
//   durable  answers it when one row of 100 bytes is committed (SQLite, WAL, synchronous=FULL),
//   commits in groups
// Prints its address on stdout and serves until it is killed.
#include <sqlite3.h>

#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "roomkeeper/v1/server.grpc.pb.h"

#include "lib/base/check.h"

namespace {

class Writer {
 public:
  explicit Writer(const char* path) {
    RK_CHECK(sqlite3_open(path, &db_) == SQLITE_OK);
    Run("PRAGMA journal_mode=WAL");
    Run("PRAGMA synchronous=FULL");
    Run("PRAGMA wal_autocheckpoint=20000");
    Run("CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)");
    RK_CHECK(sqlite3_prepare_v2(db_, "INSERT INTO t (body) VALUES (?)", -1, &insert_, nullptr) ==
             0);
    std::thread([this] { Loop(); }).detach();
  }

  void Add(grpc::ServerUnaryReactor* reactor) {
    const std::lock_guard<std::mutex> lock(mu_);
    queue_.push_back(reactor);
    arrived_.notify_one();
  }

 private:
  void Run(const char* sql) {
    RK_CHECK(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  }

  void Loop() {
    const std::string body(100, 'x');
    while (true) {
      std::vector<grpc::ServerUnaryReactor*> batch;
      {
        std::unique_lock<std::mutex> lock(mu_);
        arrived_.wait(lock, [this] { return !queue_.empty(); });
        batch.swap(queue_);
      }
      Run("BEGIN IMMEDIATE");
      for (std::size_t i = 0; i < batch.size(); ++i) {
        sqlite3_bind_text(insert_, 1, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
        RK_CHECK(sqlite3_step(insert_) == SQLITE_DONE);
        sqlite3_reset(insert_);
      }
      Run("COMMIT");
      for (grpc::ServerUnaryReactor* reactor : batch) {
        reactor->Finish(grpc::Status::OK);
      }
    }
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  std::mutex mu_;
  std::condition_variable arrived_;
  std::vector<grpc::ServerUnaryReactor*> queue_;
};

class Service final : public roomkeeper::v1::ServerService::CallbackService {
 public:
  explicit Service(Writer* writer) : writer_(writer) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const roomkeeper::v1::GetServerInfoRequest*,
                                          roomkeeper::v1::ServerInfo* answer) override {
    answer->set_commit(std::string(100, 'x'));
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (writer_ == nullptr) {
      reactor->Finish(grpc::Status::OK);
    } else {
      writer_->Add(reactor);
    }
    return reactor;
  }

 private:
  Writer* writer_;
};

}  // namespace

int main(int argc, char** argv) {
  const bool durable = argc == 3 && std::strcmp(argv[1], "durable") == 0;
  if (argc != 3) {
    std::fputs("usage: bare_server echo|durable FILE\n", stderr);
    return 2;
  }
  const auto writer = durable ? std::make_unique<Writer>(argv[2]) : nullptr;
  Service service(writer.get());
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  std::printf("127.0.0.1:%d\n", port);
  std::fflush(stdout);
  server->Wait();
  return 0;
}
