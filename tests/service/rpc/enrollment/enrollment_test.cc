// An app enrols itself with a code: over the real server, without a key.
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/auth/enrollment_code.h"
#include "lib/model/reasons.h"
#include "tests/service/rpc/enrollment/see_enrollment.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::SeenFields;
using testing::World;
using Brands = v1::BrandService::Stub;
using Enrollments = v1::EnrollmentService::Stub;
using Rooms = v1::CleanRoomService::Stub;

constexpr char kMetastore[] = "aws:us-west-2:55555555-5555-4555-8555-555555555555";
const std::string kNonce = std::string(31, 'n') + "1";
const std::string kOtherNonce = std::string(31, 'n') + "2";

v1::CreateEnrollmentCodeRequest CodeRequest(const World& world) {
  v1::CreateEnrollmentCodeRequest request;
  request.set_parent("brands/acme");
  request.mutable_enrollment_code()->mutable_expire_time()->set_seconds(
      absl::ToUnixSeconds(world.clock.Now() + absl::Hours(1)));
  return request;
}

v1::EnrollmentCode NewCode(World& world, const v1::CreateEnrollmentCodeRequest& request) {
  const auto made =
      world.Call(world.enrollments, &Enrollments::CreateEnrollmentCode, request, world.op);
  INFO(made.status.error_message());
  REQUIRE(made.ok());
  return made.value;
}

v1::EnrollmentCode HoldingCode(World& world, int uses_max = 1) {
  auto request = CodeRequest(world);
  request.mutable_enrollment_code()->set_policy(v1::ENROLLMENT_POLICY_HOLD);
  request.mutable_enrollment_code()->set_uses_max(uses_max);
  return NewCode(world, request);
}

v1::ExchangeEnrollmentCodeRequest ExchangeOf(const std::string& code,
                                             const std::string& nonce = kNonce) {
  v1::ExchangeEnrollmentCodeRequest request;
  request.set_code(code);
  request.set_client_nonce(nonce);
  request.set_install_id("self");
  request.set_global_metastore_id(kMetastore);
  request.set_invite_recipient_workspace_id(5001);
  request.set_invite_recipient_email("ada@acme.example");
  return request;
}

World::Answer<v1::ExchangeEnrollmentCodeResponse> Exchange(
    World& world, const v1::ExchangeEnrollmentCodeRequest& request) {
  return world.Call(world.enrollments, &Enrollments::ExchangeEnrollmentCode, request, "");
}

template <typename Request>
Request Named(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

std::vector<v1::AuditEntry> Exchanges(World& world, const std::string& key) {
  v1::ListAuditEntriesRequest request;
  request.set_method("ExchangeEnrollmentCode");
  const auto page =
      world.Call(world.audit, &v1::AuditService::Stub::ListAuditEntries, request, key);
  REQUIRE(page.ok());
  return {page.value.audit_entries().begin(), page.value.audit_entries().end()};
}

TEST_CASE("an app exchanges a code for its own key and has rooms within the code's limits",
          "[service][enrollment]") {
  World world({.engine = false});
  auto create = CodeRequest(world);
  create.mutable_enrollment_code()->add_packages("packages/identity-match");
  create.mutable_enrollment_code()->set_rooms_max(1);

  const auto enrolled = Exchange(world, ExchangeOf(NewCode(world, create).code()));

  INFO(enrolled.status.error_message());
  REQUIRE(enrolled.ok());
  CHECK(enrolled.value.state() == v1::Enrollment::STATE_APPROVED);
  CHECK(enrolled.value.install() == "brands/acme/installs/self");
  const std::string key = enrolled.value.key();
  auto room = World::CreateRequest();
  room.mutable_clean_room()->set_package("packages/other");
  const auto other = world.Call(world.rooms, &Rooms::CreateCleanRoom, room, key);
  CHECK(other.reason() == reason::kPackageNotAllowed);
  CHECK_THAT(other.status.error_message(),
             Catch::Contains("rooms of packages/identity-match, got packages/other"));
  room = World::CreateRequest();
  const auto first = world.Call(world.rooms, &Rooms::CreateCleanRoom, room, key);
  INFO(first.status.error_message());
  REQUIRE(first.ok());
  const CleanRoom stored = world.StoredRoom("brands/acme/installs/self/cleanRooms/identity-match");
  CHECK(stored.spec.brand.global_metastore_id == kMetastore);
  room.set_clean_room_id("second");
  const auto second = world.Call(world.rooms, &Rooms::CreateCleanRoom, room, key);
  CHECK(second.reason() == reason::kInstallRoomsFull);
  CHECK(second.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);

  // An operator is not bound by it, and may lift it.
  room.set_parent(enrolled.value.install());
  CHECK(world.Call(world.rooms, &Rooms::CreateCleanRoom, room, world.op).ok());
  v1::UpdateInstallRequest lift;
  lift.mutable_install()->set_name(enrolled.value.install());
  lift.mutable_update_mask()->add_paths("rooms_max");
  const auto lifted = world.Call(world.brands, &Brands::UpdateInstall, lift, world.op);
  REQUIRE(lifted.ok());
  CHECK(lifted.value.packages_size() == 1);
  room.set_clean_room_id("third");
  CHECK(world.Call(world.rooms, &Rooms::CreateCleanRoom, room, key).ok());
}

TEST_CASE("a repeated exchange answers the same key; another app or metastore is refused and told",
          "[service][enrollment]") {
  World world({.engine = false});
  const v1::EnrollmentCode code = NewCode(world, CodeRequest(world));
  const auto first = Exchange(world, ExchangeOf(code.code()));
  REQUIRE(first.ok());

  const auto again = Exchange(world, ExchangeOf(code.code()));
  REQUIRE(again.ok());
  CHECK(again.value.key() == first.value.key());
  const auto second = Exchange(world, ExchangeOf(code.code(), kOtherNonce));
  CHECK(second.reason() == reason::kEnrollmentCodeUsedUp);
  auto elsewhere = ExchangeOf(code.code());
  elsewhere.set_global_metastore_id("azure:eastus2:66666666-6666-4666-8666-666666666666");
  const auto other = Exchange(world, elsewhere);
  CHECK(other.reason() == reason::kEnrollmentRefused);
  CHECK_THAT(other.status.error_message(), Catch::Contains("got metastore azure:eastus2:6666"));

  const auto entries = Exchanges(world, world.op);
  REQUIRE(entries.size() == 4);
  for (const v1::AuditEntry& entry : entries) {
    CAPTURE(entry.ShortDebugString());
    CHECK(entry.actor() == v1::AuditEntry::ACTOR_BRAND);
    CHECK(entry.api_key() == code.name());
    CHECK(entry.brand() == "brands/acme");
    CHECK(entry.resource() == "brands/acme/installs/self");
    CHECK(entry.peer() == "127.0.0.1");
    const bool refused = !entry.reason().empty();
    CHECK((entry.outcome() == v1::AuditEntry::OUTCOME_DENIED) == refused);
  }
  CHECK(entries[0].outcome() == v1::AuditEntry::OUTCOME_DONE);
  CHECK(Exchanges(world, world.acme).size() == 4);  // it is the brand's own slice
  CHECK(Exchanges(world, world.zeta).empty());
  CHECK_FALSE(absl::StrContains(world.log.text(), code.code().substr(21)));
  CHECK_FALSE(absl::StrContains(world.log.text(), first.value.key().substr(20)));
  CHECK_FALSE(absl::StrContains(world.log.text(), kNonce));

  REQUIRE(world
              .Call(world.brands, &Brands::RevokeApiKey,
                    Named<v1::RevokeApiKeyRequest>(
                        absl::StrCat("apiKeys/", first.value.key().substr(3, 16))),
                    world.op)
              .ok());
  CHECK(Exchange(world, ExchangeOf(code.code())).reason() == reason::kApiKeyRevoked);
}

TEST_CASE("what is wrong with a code is told to who has the right one only",
          "[service][enrollment]") {
  World world({.engine = false, .limits = {.exchanges = {.burst_of_address = 100}}});
  const MintedCode expired = MintEnrollmentCode();
  world.Put({.id = expired.id,
             .brand = BrandId("acme"),
             .secret_sha256 = expired.secret_sha256,
             .expires_at = world.clock.Now()});
  const v1::EnrollmentCode revoked = NewCode(world, CodeRequest(world));
  REQUIRE(world
              .Call(world.enrollments, &Enrollments::RevokeEnrollmentCode,
                    Named<v1::RevokeEnrollmentCodeRequest>(revoked.name()), world.op)
              .ok());

  CHECK(Exchange(world, ExchangeOf(expired.text.Reveal())).reason() ==
        reason::kEnrollmentCodeExpired);
  CHECK(Exchange(world, ExchangeOf(revoked.code())).reason() == reason::kEnrollmentCodeRevoked);

  std::string wrong = revoked.code();
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  std::string message;
  for (const std::string& code :
       {wrong, MintEnrollmentCode().text.Reveal(), std::string("rke_short"), world.acme}) {
    const auto refused = Exchange(world, ExchangeOf(code));
    CHECK(refused.reason() == reason::kEnrollmentCodeInvalid);
    CHECK(refused.status.error_code() == grpc::StatusCode::UNAUTHENTICATED);
    CHECK((message.empty() || message == refused.status.error_message()));
    message = refused.status.error_message();
  }
  for (const v1::AuditEntry& entry : Exchanges(world, world.op)) {
    CAPTURE(entry.ShortDebugString());
    CHECK(entry.outcome() == v1::AuditEntry::OUTCOME_DENIED);
    const bool unknown = entry.reason() == reason::kEnrollmentCodeInvalid;
    CHECK(entry.actor() == (unknown ? v1::AuditEntry::ACTOR_NOBODY : v1::AuditEntry::ACTOR_BRAND));
    CHECK(entry.brand() == (unknown ? "" : "brands/acme"));
  }
  // A code is no key.
  CHECK(world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest(), revoked.code())
            .reason() == reason::kApiKeyInvalid);
}

TEST_CASE("a held app gets its key once an operator has approved", "[service][enrollment]") {
  World world({.engine = false});
  const auto request = ExchangeOf(HoldingCode(world).code());
  const auto held = Exchange(world, request);
  REQUIRE(held.ok());
  CHECK(held.value.state() == v1::Enrollment::STATE_HELD);
  CHECK(held.value.key().empty());
  CHECK(held.value.install().empty());
  v1::ListEnrollmentsRequest list;
  list.set_parent("brands/acme");
  list.set_state(v1::Enrollment::STATE_HELD);
  const auto waiting = world.Call(world.enrollments, &Enrollments::ListEnrollments, list, world.op);
  REQUIRE(waiting.ok());
  REQUIRE(waiting.value.enrollments_size() == 1);
  CHECK(waiting.value.enrollments(0).name() == held.value.enrollment());

  const auto approved =
      world.Call(world.enrollments, &Enrollments::ApproveEnrollment,
                 Named<v1::ApproveEnrollmentRequest>(held.value.enrollment()), world.op);
  REQUIRE(approved.ok());
  CHECK(world
            .Call(world.enrollments, &Enrollments::RefuseEnrollment,
                  Named<v1::RefuseEnrollmentRequest>(held.value.enrollment()), world.op)
            .reason() == reason::kEnrollmentDecided);

  const auto enrolled = Exchange(world, request);
  REQUIRE(enrolled.ok());
  CHECK(enrolled.value.state() == v1::Enrollment::STATE_APPROVED);
  CHECK(absl::StrCat("apiKeys/", enrolled.value.key().substr(3, 16)) == approved.value.api_key());
  CHECK(world
            .Call(world.info, &v1::ServerService::Stub::GetServerInfo, v1::GetServerInfoRequest(),
                  enrolled.value.key())
            .value.caller()
            .parent() == "brands/acme/installs/self");
}

TEST_CASE("a held app is refused by an operator, or for its place", "[service][enrollment]") {
  World world({.engine = false});
  const v1::EnrollmentCode code = HoldingCode(world, 2);
  const auto first = Exchange(world, ExchangeOf(code.code()));
  const auto second = Exchange(world, ExchangeOf(code.code(), kOtherNonce));
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  const auto approve = Named<v1::ApproveEnrollmentRequest>(first.value.enrollment());
  REQUIRE(world.Call(world.enrollments, &Enrollments::ApproveEnrollment, approve, world.op).ok());

  CHECK(world
            .Call(world.enrollments, &Enrollments::ApproveEnrollment,
                  Named<v1::ApproveEnrollmentRequest>(second.value.enrollment()), world.op)
            .reason() == reason::kAlreadyExists);
  REQUIRE(world
              .Call(world.enrollments, &Enrollments::RefuseEnrollment,
                    Named<v1::RefuseEnrollmentRequest>(second.value.enrollment()), world.op)
              .ok());
  CHECK(Exchange(world, ExchangeOf(code.code(), kOtherNonce)).reason() ==
        reason::kEnrollmentRefused);
  CHECK(Exchange(world, ExchangeOf(code.code(), kNonce + "-3")).reason() == reason::kAlreadyExists);
}

TEST_CASE("a code refuses who is not as it says, with what it allows", "[service][enrollment]") {
  World world({.engine = false});
  auto create = CodeRequest(world);
  create.mutable_enrollment_code()->add_email_domains("acme.example");
  create.mutable_enrollment_code()->add_metastores("aws:us-west-2");
  auto request = ExchangeOf(NewCode(world, create).code());
  request.set_invite_recipient_email("eve@acme.example.evil");
  const auto refused = Exchange(world, request);
  CHECK(refused.reason() == reason::kEnrollmentRefused);
  CHECK_THAT(refused.status.error_message(), Catch::Contains("must be of acme.example, got one of "
                                                             "acme.example.evil"));
  request.set_invite_recipient_email("ada@ACME.example");
  CHECK(Exchange(world, request).ok());
}

TEST_CASE("exchanges are bounded for each address, and in size", "[service][enrollment]") {
  World world({.engine = false,
               .limits = {.exchanges = {.per_second_of_address = 1e-6, .burst_of_address = 2}}});
  const auto request = ExchangeOf(MintEnrollmentCode().text.Reveal());
  auto large = request;
  large.set_invite_recipient_email(std::string(5000, 'a'));
  CHECK(Exchange(world, large).reason() == reason::kInvalidRequest);

  CHECK(Exchange(world, request).reason() == reason::kEnrollmentCodeInvalid);
  CHECK(Exchange(world, request).reason() == reason::kEnrollmentCodeInvalid);
  const auto third = Exchange(world, request);

  CHECK(third.reason() == reason::kEnrollmentRateExceeded);
  CHECK(third.refusal().retry_after > absl::Seconds(1));
}

TEST_CASE("a code is made as the rules allow, and once for a request_id", "[service][enrollment]") {
  World world({.engine = false});
  const auto reason_of = [&](const v1::CreateEnrollmentCodeRequest& request) {
    return world.Call(world.enrollments, &Enrollments::CreateEnrollmentCode, request, world.op)
        .reason();
  };
  auto request = CodeRequest(world);
  request.set_request_id("click");
  const v1::EnrollmentCode made = NewCode(world, request);
  CHECK(made.uses_max() == 1);
  CHECK(made.policy() == v1::ENROLLMENT_POLICY_APPROVE);
  CHECK(made.otherwise() == v1::ENROLLMENT_POLICY_REFUSE);
  const auto again =
      world.Call(world.enrollments, &Enrollments::CreateEnrollmentCode, request, world.op);
  CHECK(again.reason() == reason::kAlreadyExists);
  CHECK(again.refusal().metadata.at("resource") == made.name());
  request.mutable_enrollment_code()->set_uses_max(2);
  CHECK(reason_of(request) == reason::kRequestIdReused);

  for (const absl::Duration ahead : {absl::Hours(90 * 24) + absl::Minutes(1), -absl::Seconds(1)}) {
    auto wrong = CodeRequest(world);
    wrong.mutable_enrollment_code()->mutable_expire_time()->set_seconds(
        absl::ToUnixSeconds(world.clock.Now() + ahead));
    CHECK(reason_of(wrong) == reason::kInvalidRequest);
  }
  auto wrong = CodeRequest(world);
  wrong.mutable_enrollment_code()->clear_expire_time();
  wrong.mutable_enrollment_code()->set_policy(v1::ENROLLMENT_POLICY_REFUSE);
  wrong.mutable_enrollment_code()->set_otherwise(v1::ENROLLMENT_POLICY_APPROVE);
  wrong.mutable_enrollment_code()->set_uses_max(1001);
  wrong.mutable_enrollment_code()->set_rooms_max(-1);
  wrong.mutable_enrollment_code()->add_metastores("mars");
  wrong.mutable_enrollment_code()->add_email_domains("@acme.example");
  wrong.mutable_enrollment_code()->add_packages("identity-match");
  const auto refused =
      world.Call(world.enrollments, &Enrollments::CreateEnrollmentCode, wrong, world.op);
  CHECK(refused.refusal().violations.size() == 8);
  auto unknown = CodeRequest(world);
  unknown.mutable_enrollment_code()->add_packages("packages/none");
  CHECK(reason_of(unknown) == reason::kPackageNotFound);
}

}  // namespace

void testing::SeeEnrollment(SeenFields& seen) {
  World world({.engine = false});
  auto create = CodeRequest(world);
  v1::EnrollmentCode& wanted = *create.mutable_enrollment_code();
  wanted.set_display_name("for Ada");
  wanted.set_otherwise(v1::ENROLLMENT_POLICY_HOLD);
  wanted.set_uses_max(3);
  wanted.add_packages("packages/identity-match");
  wanted.set_rooms_max(4);
  wanted.add_metastores("aws");
  wanted.add_email_domains("acme.example");
  const v1::EnrollmentCode code = seen(NewCode(world, create));
  seen(Exchange(world, ExchangeOf(code.code())).value);
  auto other = ExchangeOf(code.code(), kOtherNonce);
  other.set_install_id("other");
  other.set_invite_recipient_workspace_id(5002);
  other.set_invite_recipient_email("eve@else.example");
  REQUIRE(Exchange(world, other).ok());
  seen(world
           .Call(world.enrollments, &Enrollments::RevokeEnrollmentCode,
                 Named<v1::RevokeEnrollmentCodeRequest>(code.name()), world.op)
           .value);
  v1::ListEnrollmentsRequest list;
  list.set_page_size(1);
  const auto page =
      seen(world.Call(world.enrollments, &Enrollments::ListEnrollments, list, world.op).value);
  list.set_page_token(page.next_page_token());
  const auto last =
      seen(world.Call(world.enrollments, &Enrollments::ListEnrollments, list, world.op).value);
  REQUIRE(last.enrollments_size() == 1);
  CHECK_THAT(last.enrollments(0).mismatch(), Catch::Contains("must be of acme.example"));
  NewCode(world, CodeRequest(world));
  v1::ListEnrollmentCodesRequest codes;
  codes.set_page_size(1);
  const auto listed =
      seen(world.Call(world.enrollments, &Enrollments::ListEnrollmentCodes, codes, world.op).value);
  CHECK(listed.enrollment_codes(0).code().empty());
  CHECK(listed.enrollment_codes(0).uses() == 2);
}

}  // namespace roomkeeper
