#include <set>
#include <string>

#include <grpcpp/generic/generic_stub.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/auth/api_key.h"
#include "lib/model/reasons.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::World;
using Rooms = v1::CleanRoomService::Stub;
using Brands = v1::BrandService::Stub;

// What GetServerInfo, which any key may call, answers to this key.
std::string ReasonFor(World& world, const std::string& key) {
  const auto answer = world.Call(world.info, &v1::ServerService::Stub::GetServerInfo,
                                 v1::GetServerInfoRequest(), key);
  return answer.ok() ? "OK" : answer.reason();
}

TEST_CASE("no call is open: keys are asked for and judged", "[service][auth]") {
  World world({.engine = false});
  CHECK(ReasonFor(world, "") == reason::kApiKeyMissing);
  CHECK(ReasonFor(world, "hunter2") == reason::kApiKeyInvalid);
  CHECK(ReasonFor(world, MintApiKey().text.Reveal()) == reason::kApiKeyInvalid);
  CHECK(ReasonFor(world, world.acme) == "OK");

  const MintedKey expired = MintApiKey();
  world.Put({.id = expired.id,
             .role = Role::kAdmin,
             .secret_sha256 = expired.secret_sha256,
             .expires_at = world.clock.Now() - absl::Seconds(1)});
  CHECK(ReasonFor(world, expired.text.Reveal()) == reason::kApiKeyExpired);
}

TEST_CASE("a revoked key is refused from the moment the revocation is answered",
          "[service][auth]") {
  World world({.engine = false});
  const std::string key = world.NewKey("acme", "main");
  REQUIRE(ReasonFor(world, key) == "OK");
  v1::RevokeApiKeyRequest request;
  request.set_name("apiKeys/" + key.substr(3, 16));

  const auto revoked = world.Call(world.brands, &Brands::RevokeApiKey, request, world.op);

  REQUIRE(revoked.ok());
  CHECK(revoked.value.has_revoke_time());
  CHECK(revoked.value.key().empty());
  CHECK(ReasonFor(world, key) == reason::kApiKeyRevoked);
  CHECK(world.Call(world.brands, &Brands::RevokeApiKey, request, world.op)
            .value.revoke_time()
            .seconds() == revoked.value.revoke_time().seconds());
}

TEST_CASE("a brand's key opens no operator's call", "[service][auth]") {
  World world({.engine = false});
  const auto list =
      world.Call(world.brands, &Brands::ListBrands, v1::ListBrandsRequest(), world.acme);
  CHECK(list.status.error_code() == grpc::StatusCode::PERMISSION_DENIED);
  CHECK(list.reason() == reason::kOperatorOnly);
  const auto check = world.Call(world.operations, &v1::OperationsService::Stub::CheckShards,
                                v1::CheckShardsRequest(), world.acme);
  CHECK(check.reason() == reason::kOperatorOnly);
}

TEST_CASE("the caller is told who it is", "[service][auth]") {
  World world({.engine = false});
  const auto get = &v1::ServerService::Stub::GetServerInfo;
  const auto mine = world.Call(world.info, get, v1::GetServerInfoRequest(), world.acme);
  CHECK(mine.value.version() == "1.2.3");
  CHECK(mine.value.caller().role() == v1::Caller::ROLE_BRAND);
  CHECK(mine.value.caller().parent() == "brands/acme/installs/main");
  const auto op = world.Call(world.info, get, v1::GetServerInfoRequest(), world.op);
  CHECK(op.value.caller().role() == v1::Caller::ROLE_OPERATOR);
  CHECK(op.value.caller().parent().empty());
}

// Code, message without the name asked for, and reason: all that a stranger could compare.
template <typename Answer>
std::string Seen(const Answer& answer, const std::string& name) {
  std::string message = answer.status.error_message();
  if (const auto at = message.find(name); at != std::string::npos) {
    message.erase(at, name.size());
  }
  return absl::StrCat(answer.status.error_code(), " ", message, " ", answer.reason());
}

TEST_CASE("another brand's rows are indistinguishable from none", "[service][auth]") {
  World world({.engine = false});
  const auto created =
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest(), world.acme);
  REQUIRE(created.ok());
  const std::string theirs = testing::kAcmeRoom;
  const std::string nobodys = "brands/nobody/installs/main/cleanRooms/identity-match";

  const auto same = [&](auto method, auto request, auto set) {
    set(request, theirs);
    const auto a = Seen(world.Call(world.rooms, method, request, world.zeta), theirs);
    set(request, nobodys);
    const auto b = Seen(world.Call(world.rooms, method, request, world.zeta), nobodys);
    CHECK(a == b);
    CHECK(absl::StrContains(a, reason::kNotFound));
  };
  const auto name = [](auto& request, const std::string& text) { request.set_name(text); };
  same(&Rooms::GetCleanRoom, v1::GetCleanRoomRequest(), name);
  same(&Rooms::DeleteCleanRoom, v1::DeleteCleanRoomRequest(), name);
  v1::UpdateCleanRoomRequest update;
  update.set_package_version("1.0.0");
  same(&Rooms::UpdateCleanRoom, update, name);
  same(&Rooms::ExplainCleanRoom, v1::ExplainCleanRoomRequest(), name);
  same(&Rooms::GetRunnableNotebook, v1::GetRunnableNotebookRequest(), name);
  same(&Rooms::ConfirmRoomRemoved, v1::ConfirmRoomRemovedRequest(), name);
  same(&Rooms::ListTaskRuns, v1::ListTaskRunsRequest(),
       [](auto& request, const std::string& text) { request.set_parent(text); });

  v1::GetJobRequest get;
  const std::string job = created.value.name();
  get.set_name(job);
  const auto a = Seen(world.Call(world.jobs, &v1::JobService::Stub::GetJob, get, world.zeta), job);
  get.set_name("jobs/0000000000000000");
  const auto b = Seen(world.Call(world.jobs, &v1::JobService::Stub::GetJob, get, world.zeta),
                      "jobs/0000000000000000");
  CHECK(a == b);

  const auto list =
      world.Call(world.rooms, &Rooms::ListCleanRooms, v1::ListCleanRoomsRequest(), world.zeta);
  CHECK(list.ok());
  CHECK(list.value.clean_rooms().empty());
  v1::ListCleanRoomsRequest of_acme;
  of_acme.set_parent("brands/acme");
  CHECK(world.Call(world.rooms, &Rooms::ListCleanRooms, of_acme, world.zeta).reason() ==
        reason::kNotFound);
}

TEST_CASE("a key without an install reads all of its brand and changes nothing",
          "[service][auth]") {
  World world({.engine = false});
  const std::string reader = world.NewKey("acme", "");
  REQUIRE(
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest(), world.acme).ok());
  v1::GetCleanRoomRequest get;
  get.set_name(testing::kAcmeRoom);
  CHECK(world.Call(world.rooms, &Rooms::GetCleanRoom, get, reader).ok());
  v1::DeleteCleanRoomRequest remove;
  remove.set_name(testing::kAcmeRoom);
  const auto refused = world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, reader);
  CHECK(refused.status.error_code() == grpc::StatusCode::PERMISSION_DENIED);
  CHECK(refused.reason() == reason::kOtherInstall);
}

TEST_CASE("mutating calls leave one log line with ids, and no line has a key", "[service][auth]") {
  World world({.engine = false});
  auto context = world.NewContext(world.acme);
  context->AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  v1::Job job;
  REQUIRE(world.rooms->CreateCleanRoom(context.get(), World::CreateRequest("click-1"), &job).ok());

  const std::string log = world.log.text();
  CHECK(absl::StrContains(log, "CreateCleanRoom"));
  CHECK(absl::StrContains(log, "trace_id=0af7651916cd43dd8448eb211c80319c"));
  CHECK(absl::StrContains(log, "request_id=click-1"));
  for (const std::string& key : {world.op, world.acme, world.zeta}) {
    CHECK_FALSE(absl::StrContains(log, key.substr(20)));
  }
}

}  // namespace
}  // namespace roomkeeper
