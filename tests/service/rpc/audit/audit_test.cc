#include <future>
#include <string>
#include <vector>

#include <grpcpp/generic/generic_stub.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "lib/model/reasons.h"
#include "services/roomkeeperd/audit/call_stamp.h"
#include "services/roomkeeperd/rpc/authz.h"
#include "tests/service/rpc/seen_fields.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::World;
using Audit = v1::AuditService::Stub;
using Brands = v1::BrandService::Stub;
using Jobs = v1::JobService::Stub;
using Rooms = v1::CleanRoomService::Stub;
using Entries = std::vector<v1::AuditEntry>;

Entries List(World& world, const std::string& key, v1::ListAuditEntriesRequest request = {}) {
  request.set_page_size(500);
  const auto page = world.Call(world.audit, &Audit::ListAuditEntries, request, key);
  INFO(page.status.error_message());
  REQUIRE(page.ok());
  return {page.value.audit_entries().begin(), page.value.audit_entries().end()};
}

Entries OfMethod(World& world, const std::string& method, const std::string& key) {
  v1::ListAuditEntriesRequest request;
  request.set_method(method);
  return List(world, key, request);
}

// Asks a method for nothing in particular.
grpc::Status CallEmpty(World& world, const std::string& method, const std::string& key) {
  const std::size_t dot = method.rfind('.');
  const std::string path = absl::StrCat("/", method.substr(0, dot), "/", method.substr(dot + 1));
  grpc::GenericStub stub(world.channel);
  grpc::CompletionQueue queue;
  const auto context = world.NewContext(key);
  const grpc::Slice empty("");
  const grpc::ByteBuffer request(&empty, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  const auto call = stub.PrepareUnaryCall(context.get(), path, request, &queue);
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  REQUIRE(queue.Next(&tag, &ok));
  return status;
}

TEST_CASE("every call that could change something leaves an entry, also when it is refused",
          "[service][audit]") {
  World world({.engine = false});
  int methods = 0;
  for (const Grant& grant : Grants()) {
    if (grant.effect != Effect::kMutates) {
      continue;
    }
    CAPTURE(grant.method);
    ++methods;
    const auto before = OfMethod(world, grant.method, world.op).size();
    const grpc::Status refused = CallEmpty(world, grant.method, world.acme);
    CHECK_FALSE(refused.ok());
    const Entries entries = OfMethod(world, grant.method, world.op);
    REQUIRE(entries.size() == before + 1);
    CHECK(entries.back().outcome() >= v1::AuditEntry::OUTCOME_REFUSED);
    const bool proved_by_key = grant.access != Access::kCode;
    CHECK(entries.back().actor() ==
          (proved_by_key ? v1::AuditEntry::ACTOR_BRAND : v1::AuditEntry::ACTOR_NOBODY));
    CHECK(entries.back().peer() == "127.0.0.1");
  }
  CHECK(methods > 15);
}

TEST_CASE("a change says who made it, for whom, by which request and from where",
          "[service][audit]") {
  World world;
  auto context = world.NewContext(world.acme);
  context->AddMetadata(kOnBehalfOf, "ada@acme.example");
  v1::Job job;
  REQUIRE(world.rooms->CreateCleanRoom(context.get(), World::CreateRequest("click-1"), &job).ok());

  const Entries entries = OfMethod(world, "CreateCleanRoom", world.op);

  REQUIRE(entries.size() == 1);
  const v1::AuditEntry& entry = entries.front();
  CHECK(entry.actor() == v1::AuditEntry::ACTOR_BRAND);
  CHECK(absl::StartsWith(entry.api_key(), "apiKeys/"));
  CHECK(entry.install() == "brands/acme/installs/main");
  CHECK(entry.unverified_on_behalf_of() == "ada@acme.example");
  CHECK(entry.resource() == testing::kAcmeRoom);
  CHECK(entry.job() == job.name());
  CHECK(entry.outcome() == v1::AuditEntry::OUTCOME_DONE);
  CHECK(entry.code() == "OK");
  CHECK(entry.request_id() == "click-1");
  CHECK(entry.trace_id().size() == 32);
  CHECK(entry.peer() == "127.0.0.1");
}

TEST_CASE("each change of a room's life and of operators is one entry of its own method",
          "[service][audit]") {
  World world({.settings = {.delete_grace = absl::Hours(1)}});
  auto create = World::CreateRequest("click");
  create.mutable_clean_room()->mutable_ttl()->set_seconds(3600);
  const auto made = world.Call(world.rooms, &Rooms::CreateCleanRoom, create, world.acme);
  REQUIRE(made.ok());
  (void)world.Wait(made.value.name(), world.acme);
  v1::RenewCleanRoomRequest renew;
  renew.set_name(testing::kAcmeRoom);
  renew.mutable_ttl()->set_seconds(7200);
  REQUIRE(world.Call(world.rooms, &Rooms::RenewCleanRoom, renew, world.acme).ok());
  v1::DeleteCleanRoomRequest remove;
  remove.set_name(testing::kAcmeRoom);
  REQUIRE(world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, world.acme).ok());
  v1::UndeleteCleanRoomRequest undelete;
  undelete.set_name(testing::kAcmeRoom);
  REQUIRE(world.Call(world.rooms, &Rooms::UndeleteCleanRoom, undelete, world.acme).ok());
  const auto again = world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, world.acme);
  REQUIRE(again.ok());
  v1::CancelJobRequest cancel;
  cancel.set_name(again.value.name());
  REQUIRE(world.Call(world.jobs, &Jobs::CancelJob, cancel, world.acme).ok());
  v1::UpdateBrandRequest update;
  update.mutable_brand()->set_name("brands/acme");
  update.mutable_brand()->set_display_name("Acme Inc");
  REQUIRE(world.Call(world.brands, &Brands::UpdateBrand, update, world.op).ok());

  std::vector<std::string> methods;
  for (const v1::AuditEntry& entry : List(world, world.acme)) {
    CAPTURE(entry.ShortDebugString());
    CHECK(entry.outcome() == v1::AuditEntry::OUTCOME_DONE);
    CHECK(entry.actor() != v1::AuditEntry::ACTOR_ROOMKEEPER);
    methods.push_back(entry.method().substr(entry.method().rfind('.') + 1));
  }
  CHECK(methods == std::vector<std::string>{"CreateBrand", "EnrollInstall", "CreateApiKey",
                                            "CreateCleanRoom", "RenewCleanRoom", "DeleteCleanRoom",
                                            "UndeleteCleanRoom", "DeleteCleanRoom", "CancelJob",
                                            "UpdateBrand"});
}

TEST_CASE("a repeated request, and one that only asks, are entries without a change",
          "[service][audit]") {
  World world({.engine = false});
  for (int i = 0; i < 3; ++i) {
    REQUIRE(
        world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest("click"), world.acme)
            .ok());
  }
  const Entries entries = OfMethod(world, "CreateCleanRoom", world.op);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].outcome() == v1::AuditEntry::OUTCOME_DONE);
  CHECK(entries[1].outcome() == v1::AuditEntry::OUTCOME_NO_CHANGE);
  CHECK(entries[1].count() == 2);
}

TEST_CASE("who has no key, a wrong one or a revoked one is entered, and only a right key is named",
          "[service][audit]") {
  World world({.engine = false});
  const v1::GetCleanRoomRequest get;
  const std::string revoked = world.NewKey("acme", "main");
  v1::RevokeApiKeyRequest revoke;
  revoke.set_name(absl::StrCat("apiKeys/", revoked.substr(3, 16)));
  REQUIRE(world.Call(world.brands, &Brands::RevokeApiKey, revoke, world.op).ok());
  std::string wrong = world.acme;
  wrong.back() = wrong.back() == '0' ? '1' : '0';

  CHECK(world.Call(world.rooms, &Rooms::GetCleanRoom, get, "").reason() == reason::kApiKeyMissing);
  CHECK(world.Call(world.rooms, &Rooms::GetCleanRoom, get, wrong).reason() ==
        reason::kApiKeyInvalid);
  CHECK(world.Call(world.rooms, &Rooms::GetCleanRoom, get, revoked).reason() ==
        reason::kApiKeyRevoked);

  const Entries entries = OfMethod(world, "GetCleanRoom", world.op);
  REQUIRE(entries.size() == 3);
  for (const v1::AuditEntry& entry : entries) {
    CAPTURE(entry.ShortDebugString());
    CHECK(entry.outcome() == v1::AuditEntry::OUTCOME_DENIED);
    CHECK(entry.actor() == v1::AuditEntry::ACTOR_NOBODY);
    CHECK(entry.brand().empty());
    CHECK(entry.peer() == "127.0.0.1");
    CHECK(entry.api_key() == (entry.reason() == reason::kApiKeyRevoked ? revoke.name() : ""));
  }
}

TEST_CASE("asking for another brand's room is in the asker's slice, and not in the other's",
          "[service][audit]") {
  World world({.engine = false});
  v1::GetCleanRoomRequest get;
  get.set_name(absl::StrReplaceAll(testing::kAcmeRoom, {{"acme", "zeta"}}));
  CHECK(world.Call(world.rooms, &Rooms::GetCleanRoom, get, world.acme).reason() ==
        reason::kNotFound);

  const Entries all = OfMethod(world, "GetCleanRoom", world.op);  // writes what was counted

  REQUIRE(all.size() == 1);
  CHECK(all.front().outcome() == v1::AuditEntry::OUTCOME_DENIED);
  CHECK(all.front().brand() == "brands/acme");
  CHECK(all.front().resource() == get.name());
  CHECK(OfMethod(world, "GetCleanRoom", world.acme).size() == 1);
  CHECK(OfMethod(world, "GetCleanRoom", world.zeta).empty());
}

TEST_CASE("a brand sees what operators did to it, and not which of them from where",
          "[service][audit]") {
  World world({.engine = false});
  const Entries own = List(world, world.acme);
  REQUIRE(own.size() == 3);
  for (std::size_t i = 0; i < own.size(); ++i) {
    CAPTURE(own[i].ShortDebugString());
    CHECK(own[i].brand() == "brands/acme");
    CHECK(own[i].brand_sequence() == static_cast<std::int64_t>(i) + 1);
    CHECK(own[i].brand_previous_hash() == (i == 0 ? "" : own[i - 1].brand_hash()));
    CHECK(own[i].actor() == v1::AuditEntry::ACTOR_OPERATOR);
    CHECK(own[i].api_key().empty());
    CHECK(own[i].peer().empty());
    CHECK(own[i].sequence() == 0);
    CHECK(own[i].hash().empty());
  }
  v1::ListAuditEntriesRequest other;
  for (const char* parent : {"brands/zeta", "brands/none"}) {
    other.set_parent(parent);
    CHECK(world.Call(world.audit, &Audit::ListAuditEntries, other, world.acme).reason() ==
          reason::kNotFound);
  }
  CHECK(
      world.Call(world.audit, &Audit::VerifyAudit, v1::VerifyAuditRequest(), world.acme).reason() ==
      reason::kOperatorOnly);
}

TEST_CASE("an operator verifies the log and holds it against an end that was noted",
          "[service][audit]") {
  World world({.engine = false});
  v1::VerifyAuditRequest request;
  const auto first = world.Call(world.audit, &Audit::VerifyAudit, request, world.op);
  REQUIRE(first.ok());
  CHECK(first.value.intact());
  CHECK(first.value.entries_checked() == first.value.last_sequence());
  request.set_known_sequence(first.value.last_sequence());
  request.set_known_hash(first.value.last_hash());
  CHECK(world.Call(world.audit, &Audit::VerifyAudit, request, world.op).value.intact());
  request.set_known_hash(std::string(64, '0'));
  const auto wrong = world.Call(world.audit, &Audit::VerifyAudit, request, world.op);
  CHECK_FALSE(wrong.value.intact());
  CHECK_FALSE(wrong.value.problem().empty());
}

TEST_CASE("for whom an app acts is short, printable and no token, and no secret gets into the log",
          "[service][audit]") {
  World world({.engine = false});
  for (const std::string& value : {std::string(201, 'a'), std::string("dapi0123456789abcdef"),
                                   std::string("eyJhbGciOi.x.y"), world.acme}) {
    CAPTURE(value);
    auto context = world.NewContext(world.acme);
    context->AddMetadata(kOnBehalfOf, value);
    v1::Job job;
    const grpc::Status status =
        world.rooms->CreateCleanRoom(context.get(), World::CreateRequest(), &job);
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK_FALSE(absl::StrContains(status.error_message(), value));
  }
  v1::GetCleanRoomRequest get;
  get.set_name("brands/dapi0123456789abcdef/installs/main/cleanRooms/x");
  CHECK_FALSE(world.Call(world.rooms, &Rooms::GetCleanRoom, get, world.acme).ok());

  std::string log;
  for (const v1::AuditEntry& entry : List(world, world.op)) {
    absl::StrAppend(&log, entry.DebugString());
  }
  CHECK(absl::StrContains(log, "CreateCleanRoom"));
  for (const std::string& secret :
       {world.acme.substr(20), world.op.substr(20), std::string("dapi0123"), std::string("eyJ")}) {
    CHECK_FALSE(absl::StrContains(log, secret));
  }
}

TEST_CASE("the address of a caller is kept without its port", "[service][audit]") {
  CHECK(AddressOf("ipv4:203.0.113.7:40123") == "203.0.113.7");
  CHECK(AddressOf("ipv6:%5B2001:db8::1%5D:40123") == "2001:db8::1");
  CHECK(AddressOf("ipv6:[::1]:40123") == "::1");
  CHECK(AddressOf("unix:/run/x") == "unix:/run/x");
  CHECK(AddressOf("").empty());
}

}  // namespace

void testing::SeeAudit(SeenFields& seen) {
  World world({.engine = false});
  auto context = world.NewContext(world.acme);
  context->AddMetadata(kOnBehalfOf, "ada@acme.example");
  v1::Job job;
  REQUIRE(world.rooms->CreateCleanRoom(context.get(), World::CreateRequest("click-1"), &job).ok());
  v1::GetCleanRoomRequest get;
  get.set_name(absl::StrReplaceAll(kAcmeRoom, {{"acme", "zeta"}}));
  REQUIRE_FALSE(world.Call(world.rooms, &Rooms::GetCleanRoom, get, world.acme).ok());
  v1::ListAuditEntriesRequest all;
  seen(world.Call(world.audit, &Audit::ListAuditEntries, all, world.op).value);
  all.set_page_size(1);
  seen(world.Call(world.audit, &Audit::ListAuditEntries, all, world.op).value);

  v1::VerifyAuditRequest verify;
  const auto intact = seen(world.Call(world.audit, &Audit::VerifyAudit, verify, world.op).value);
  verify.set_known_sequence(intact.last_sequence() + 1);
  seen(world.Call(world.audit, &Audit::VerifyAudit, verify, world.op).value);
  const absl::Time later = world.clock.Now() + absl::Hours(1);
  std::promise<absl::Status> pruned;
  world.store.Prune({.before = later, .now = later},
                    [&](const auto& result) { pruned.set_value(result.status()); });
  REQUIRE_OK(pruned.get_future().get());
  const auto erased =
      seen(world.Call(world.audit, &Audit::VerifyAudit, v1::VerifyAuditRequest(), world.op).value);
  CHECK(erased.erased_to_sequence() == intact.last_sequence());
}

}  // namespace roomkeeper
