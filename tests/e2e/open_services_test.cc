// What the daemon answers without a key: health, and on loopback reflection.
#include <signal.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "tests/e2e/world.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kHealthWatch[] = "/grpc.health.v1.Health/Watch";
constexpr char kReflect[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
// HealthCheckResponse.status = SERVING, NOT_SERVING; list_services = "*" of a reflection request.
constexpr char kServing[] = "\x08\x01";
constexpr char kNotServing[] = "\x08\x02";
constexpr char kListServices[] = "\x3a\x01*";

// A call of any method with one request, in bytes, and without a key.
class BareCall {
 public:
  BareCall(const World& world, const std::string& method, const std::string& request)
      : stub_(world.channel()) {
    context_.set_wait_for_ready(true);
    call_ = stub_.PrepareCall(&context_, method, &queue_);
    call_->StartCall(this);
    if (Done()) {
      const grpc::Slice slice(request);
      call_->WriteLast(grpc::ByteBuffer(&slice, 1), {}, this);
      (void)Done();
    }
  }

  // The next answer; nothing after the last.
  std::optional<std::string> Read() {
    grpc::ByteBuffer answer;
    call_->Read(&answer, this);
    std::vector<grpc::Slice> slices;
    if (!Done() || !answer.Dump(&slices).ok()) {
      return std::nullopt;
    }
    std::string bytes;
    for (const grpc::Slice& slice : slices) {
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    return bytes;
  }

  // How it ended, after the last answer.
  grpc::StatusCode Finish() {
    grpc::Status status;
    call_->Finish(&status, this);
    (void)Done();
    return status.error_code();
  }

 private:
  bool Done() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

TEST_CASE("health needs no key, and says NOT_SERVING before the daemon goes", "[e2e][health]") {
  World world({});
  CHECK(BareCall(world, kHealthCheck, "").Read() == kServing);
  BareCall watch(world, kHealthWatch, "");
  CHECK(watch.Read() == kServing);

  world.daemon().Signal(SIGTERM);

  CHECK(watch.Read() == kNotServing);
  const auto code = world.daemon().Wait();  // a second SIGTERM would not wait for the drain
  REQUIRE_OK(code);
  CHECK(*code == 0);
}

TEST_CASE("reflection is there on loopback and nowhere else", "[e2e][reflection]") {
  const bool loopback = GENERATE(true, false);
  const World world({.grpc = loopback ? "address: \"127.0.0.1:0\""
                                      : "address: \"0.0.0.0:0\", allow_plaintext: true"});
  CHECK(BareCall(world, kHealthCheck, "").Read() == kServing);

  BareCall call(world, kReflect, kListServices);
  const auto services = call.Read();

  REQUIRE(services.has_value() == loopback);
  if (loopback) {
    CHECK_THAT(*services, Catch::Contains("roomkeeper.v1.CleanRoomService") &&
                              Catch::Contains("grpc.health.v1.Health"));
  } else {
    CHECK(call.Finish() == grpc::StatusCode::UNIMPLEMENTED);
  }
}

}  // namespace
}  // namespace roomkeeper::testing
