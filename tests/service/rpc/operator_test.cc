#include <string>

#include "absl/strings/match.h"

#include "lib/model/reasons.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::World;
using Brands = v1::BrandService::Stub;
using Packages = v1::PackageService::Stub;

v1::CreateBrandRequest BrandRequest(const std::string& id) {
  v1::CreateBrandRequest request;
  request.set_brand_id(id);
  request.mutable_brand()->set_display_name("A brand");
  return request;
}

TEST_CASE("a brand is made once, and refused when it differs", "[service][operator]") {
  World world({.engine = false});
  auto request = BrandRequest("new-brand");
  request.set_validate_only(true);
  REQUIRE(world.Call(world.brands, &Brands::CreateBrand, request, world.op).ok());
  request.set_validate_only(false);

  const auto made = world.Call(world.brands, &Brands::CreateBrand, request, world.op);

  REQUIRE(made.ok());
  CHECK(made.value.name() == "brands/new-brand");
  CHECK(made.value.collaborator_alias() == "new_brand");
  CHECK(made.value.jobs_in_flight_max() == 20);
  CHECK(world.Call(world.brands, &Brands::CreateBrand, request, world.op).ok());
  request.mutable_brand()->set_display_name("Another");
  const auto other = world.Call(world.brands, &Brands::CreateBrand, request, world.op);
  CHECK(other.status.error_code() == grpc::StatusCode::ALREADY_EXISTS);
  CHECK(other.reason() == reason::kAlreadyExists);
  CHECK(world.Call(world.brands, &Brands::CreateBrand, BrandRequest("Bad Id"), world.op).reason() ==
        reason::kInvalidRequest);
}

TEST_CASE("a brand is read with its installs and changed by mask", "[service][operator]") {
  World world({.engine = false});
  v1::GetBrandRequest get;
  get.set_name("brands/acme");
  const auto read = world.Call(world.brands, &Brands::GetBrand, get, world.op);
  REQUIRE(read.ok());
  REQUIRE(read.value.installs_size() == 1);
  CHECK(read.value.installs(0).invite_recipient_workspace_id() == 1001);

  v1::UpdateBrandRequest update;
  update.mutable_brand()->set_name("brands/acme");
  update.mutable_brand()->set_display_name("Acme Inc");
  update.mutable_brand()->set_jobs_in_flight_max(7);
  update.mutable_update_mask()->add_paths("jobs_in_flight_max");
  update.mutable_brand()->set_etag(read.value.etag());
  const auto updated = world.Call(world.brands, &Brands::UpdateBrand, update, world.op);
  REQUIRE(updated.ok());
  CHECK(updated.value.jobs_in_flight_max() == 7);
  CHECK(updated.value.display_name().empty());
  CHECK(world.Call(world.brands, &Brands::UpdateBrand, update, world.op).reason() ==
        reason::kEtagMismatch);
  update.mutable_update_mask()->add_paths("collaborator_alias");
  CHECK(world.Call(world.brands, &Brands::UpdateBrand, update, world.op).reason() ==
        reason::kInvalidRequest);
  get.set_name("brands/nobody");
  CHECK(world.Call(world.brands, &Brands::GetBrand, get, world.op).reason() == reason::kNotFound);
}

TEST_CASE("an install is bound to one metastore, by a clear request only", "[service][operator]") {
  World world({.engine = false});
  v1::EnrollInstallRequest request;
  request.set_parent("brands/acme");
  request.set_install_id("second");
  auto& install = *request.mutable_install();
  install.set_global_metastore_id("22222222-2222-4222-8222-222222222222");
  install.set_invite_recipient_email("11111111-1111-4111-8111-111111111111");
  const auto wrong = world.Call(world.brands, &Brands::EnrollInstall, request, world.op);
  CHECK(wrong.reason() == reason::kInvalidRequest);
  REQUIRE(wrong.refusal().violations.size() == 3);
  CHECK(absl::StrContains(wrong.refusal().violations[0].description, "cloud:region"));

  install.set_global_metastore_id("aws:us-west-2:22222222-2222-4222-8222-222222222222");
  install.set_invite_recipient_email("ada@brand.example");
  install.set_invite_recipient_workspace_id(1001);
  CHECK(world.Call(world.brands, &Brands::EnrollInstall, request, world.op).reason() ==
        reason::kAlreadyExists);  // main has this metastore and workspace
  install.set_invite_recipient_workspace_id(1002);
  install.set_shard("nowhere");
  CHECK(world.Call(world.brands, &Brands::EnrollInstall, request, world.op).reason() ==
        reason::kInvalidRequest);
  install.set_shard("west");
  const auto made = world.Call(world.brands, &Brands::EnrollInstall, request, world.op);
  REQUIRE(made.ok());
  CHECK(made.value.name() == "brands/acme/installs/second");
  request.set_parent("brands/nobody");
  CHECK(world.Call(world.brands, &Brands::EnrollInstall, request, world.op).reason() ==
        reason::kNotFound);
}

TEST_CASE("brands are listed in pages", "[service][operator]") {
  World world({.engine = false});
  v1::ListBrandsRequest request;
  request.set_page_size(1);
  const auto first = world.Call(world.brands, &Brands::ListBrands, request, world.op);
  REQUIRE(first.value.brands_size() == 1);
  CHECK(first.value.brands(0).name() == "brands/acme");
  request.set_page_token(first.value.next_page_token());
  const auto second = world.Call(world.brands, &Brands::ListBrands, request, world.op);
  REQUIRE(second.value.brands_size() == 1);
  CHECK(second.value.brands(0).name() == "brands/zeta");
  CHECK(second.value.next_page_token().empty());
}

TEST_CASE("keys are made for what exists and not in the past", "[service][operator]") {
  World world({.engine = false});
  v1::CreateApiKeyRequest request;
  request.set_parent("brands/acme/installs/nothing");
  CHECK(world.Call(world.brands, &Brands::CreateApiKey, request, world.op).reason() ==
        reason::kNotFound);
  request.set_parent("");
  request.mutable_api_key()->mutable_expire_time()->set_seconds(1);
  CHECK(world.Call(world.brands, &Brands::CreateApiKey, request, world.op).reason() ==
        reason::kInvalidRequest);
  request.mutable_api_key()->clear_expire_time();
  const auto made = world.Call(world.brands, &Brands::CreateApiKey, request, world.op);
  REQUIRE(made.ok());
  CHECK(absl::StartsWith(made.value.key(), "rk_"));
  CHECK(made.value.parent().empty());
  v1::RevokeApiKeyRequest revoke;
  revoke.set_name("apiKeys/0000000000000000");
  CHECK(world.Call(world.brands, &Brands::RevokeApiKey, revoke, world.op).reason() ==
        reason::kNotFound);
}

TEST_CASE("a repeated request_id makes no second key, and cannot show the first again",
          "[service][operator]") {
  World world({.engine = false});
  v1::CreateApiKeyRequest request;
  request.set_parent("brands/acme/installs/main");
  request.set_request_id("deploy-7");
  const auto made = world.Call(world.brands, &Brands::CreateApiKey, request, world.op);
  REQUIRE(made.ok());
  const auto again = world.Call(world.brands, &Brands::CreateApiKey, request, world.op);
  CHECK(again.status.error_code() == grpc::StatusCode::ALREADY_EXISTS);
  CHECK(again.reason() == reason::kAlreadyExists);
  CHECK(again.refusal().metadata.at("resource") == made.value.name());
  request.set_parent("brands/zeta/installs/main");
  CHECK(world.Call(world.brands, &Brands::CreateApiKey, request, world.op).reason() ==
        reason::kRequestIdReused);
  request.set_request_id("not an id!");
  CHECK(world.Call(world.brands, &Brands::CreateApiKey, request, world.op).reason() ==
        reason::kInvalidRequest);

  v1::RevokeApiKeyRequest revoke;
  revoke.set_name(made.value.name());
  revoke.set_request_id("deploy-8");
  const auto revoked = world.Call(world.brands, &Brands::RevokeApiKey, revoke, world.op);
  REQUIRE(revoked.ok());
  const auto twice = world.Call(world.brands, &Brands::RevokeApiKey, revoke, world.op);
  CHECK(twice.value.revoke_time().nanos() == revoked.value.revoke_time().nanos());
  CHECK(absl::StrContains(world.log.text(), "request_id=deploy-8"));
}

TEST_CASE("what of the API will go is told with its replacement and date", "[service][operator]") {
  World world({.engine = false,
               .deprecations = {{.what = "roomkeeper.v1.Job.retry_of",
                                 .replacement = "roomkeeper.v1.Job.request_id",
                                 .sunset = absl::CivilDay(2027, 6, 1)}}});
  const auto info = world.Call(world.info, &v1::ServerService::Stub::GetServerInfo,
                               v1::GetServerInfoRequest(), world.acme);
  REQUIRE(info.value.deprecations_size() == 1);
  CHECK(info.value.deprecations(0).what() == "roomkeeper.v1.Job.retry_of");
  CHECK(info.value.deprecations(0).replacement() == "roomkeeper.v1.Job.request_id");
  CHECK(info.value.deprecations(0).sunset_time().seconds() == 1811808000);
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  for (const DeprecationRow& row : Deprecations()) {
    CHECK(pool->FindFileContainingSymbol(row.what) != nullptr);
  }
}

TEST_CASE("what the server was linked with is told to operators", "[service][operator]") {
  World world({.engine = false});
  const auto packages = [&](const std::string& key) {
    return world
        .Call(world.info, &v1::ServerService::Stub::GetServerInfo, v1::GetServerInfoRequest(), key)
        .value.packages();
  };
  const auto told = packages(world.op);
  REQUIRE(told.size() == 1);
  CHECK(told[0].name() == "libc6");
  CHECK(told[0].version() == "2.36-9");
  CHECK(packages(world.acme).empty());
}

TEST_CASE("packages show what a brand needs, and never the notebook", "[service][operator]") {
  World world({.engine = false});
  const auto list = world.Call(world.package_stub, &Packages::ListPackages,
                               v1::ListPackagesRequest(), world.acme);
  REQUIRE(list.value.packages_size() == 1);
  CHECK(list.value.packages(0).latest_version() == "1.1.0");
  CHECK(list.value.packages(0).versions_size() == 2);

  v1::GetPackageRequest get;
  get.set_name("packages/identity-match");
  const auto package = world.Call(world.package_stub, &Packages::GetPackage, get, world.acme);
  REQUIRE(package.value.versions_size() == 2);
  const v1::PackageVersion& newest = package.value.versions(0);
  CHECK(newest.version() == "1.1.0");
  CHECK(newest.required_inputs(0).name() == "crm.customers");
  CHECK(newest.notebooks(0).parameters(0).default_value() == "0.9");
  CHECK(newest.assets(0).local_name().empty());
  CHECK_FALSE(absl::StrContains(package.value.SerializeAsString(), "c2VjcmV0"));
  const auto shown = world.Call(world.package_stub, &Packages::GetPackage, get, world.op);
  CHECK(shown.value.versions(0).assets(0).local_name() == "prod.identity.people");
  CHECK_FALSE(absl::StrContains(shown.value.SerializeAsString(), "c2VjcmV0"));

  get.set_name("packages/identity-match/versions/1.0.0");
  CHECK(world.Call(world.package_stub, &Packages::GetPackage, get, world.acme)
            .value.versions_size() == 1);
  get.set_name("packages/identity-match/versions/7.0.0");
  CHECK(world.Call(world.package_stub, &Packages::GetPackage, get, world.acme).reason() ==
        reason::kNotFound);
}

TEST_CASE("the shards are checked with the tables of the packages", "[service][operator]") {
  World world({.engine = false});
  v1::CheckShardsRequest request;
  const auto get = &v1::OperationsService::Stub::CheckShards;
  const auto checks = world.Call(world.operations, get, request, world.op);
  REQUIRE(checks.value.checks_size() == 2);
  CHECK(checks.value.checks(0).ok());
  CHECK(checks.value.checks(1).name() == "prod.identity.people");
  CHECK(checks.value.checks(1).fix() == "add");
  request.set_shard("nowhere");
  CHECK(world.Call(world.operations, get, request, world.op).reason() == reason::kNotFound);
}

TEST_CASE("a rotation of secrets is told by shard, and entered once it is not a plan",
          "[service][operator]") {
  World world({.engine = false});
  v1::RotateCredentialsRequest request;
  const auto rotate = [&](bool plan) {
    request.set_validate_only(plan);
    return world.Call(world.operations, &v1::OperationsService::Stub::RotateCredentials, request,
                      world.op);
  };
  const auto entries = [&] {
    v1::ListAuditEntriesRequest list;
    list.set_method("RotateCredentials");
    return world.Call(world.audit, &v1::AuditService::Stub::ListAuditEntries, list, world.op)
        .value.audit_entries();
  };
  CHECK(rotate(true).value.rotations(0).outcome() == v1::CredentialRotation::OUTCOME_PLANNED);
  REQUIRE(entries().size() == 1);
  CHECK(entries()[0].outcome() == v1::AuditEntry::OUTCOME_NO_CHANGE);

  const auto told = rotate(false);
  REQUIRE(told.value.rotations_size() == 1);
  CHECK(told.value.rotations(0).outcome() == v1::CredentialRotation::OUTCOME_FAILED);
  CHECK(told.value.rotations(0).secrets(0).known());
  REQUIRE(entries().size() == 2);
  CHECK(entries()[1].outcome() == v1::AuditEntry::OUTCOME_DONE);
  CHECK(entries()[1].resource() == "shards");
  request.set_shard("nowhere");
  CHECK(rotate(false).reason() == reason::kNotFound);
}

TEST_CASE("the credentials of the shards are tried and told, to operators only",
          "[service][operator]") {
  World world({.engine = false});
  v1::CheckCredentialsRequest request;
  const auto get = &v1::OperationsService::Stub::CheckCredentials;
  const auto told = world.Call(world.operations, get, request, world.op);
  REQUIRE(told.value.credentials_size() == 2);
  CHECK(told.value.credentials(0).state() == v1::Credential::STATE_ACCEPTED);
  CHECK(told.value.credentials(0).in_use());
  CHECK_FALSE(told.value.credentials(0).has_refuse_time());
  CHECK(told.value.credentials(1).state() == v1::Credential::STATE_REFUSED);
  CHECK(told.value.credentials(1).message() == "invalid_client");
  CHECK_FALSE(told.value.credentials(1).has_accept_time());
  CHECK(world.Call(world.operations, get, request, world.acme).status.error_code() ==
        grpc::StatusCode::PERMISSION_DENIED);
  request.set_shard("nowhere");
  CHECK(world.Call(world.operations, get, request, world.op).reason() == reason::kNotFound);
}

}  // namespace
}  // namespace roomkeeper
