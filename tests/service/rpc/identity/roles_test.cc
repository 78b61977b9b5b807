// What an operator's role reaches. Every call by every role: tests/service/isolation.
#include <string>

#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using Catch::Contains;
using testing::World;
using Brands = v1::BrandService::Stub;

auto NewOperator(World& world, v1::OperatorRole role, const std::string& by) {
  v1::CreateApiKeyRequest request;
  request.mutable_api_key()->set_operator_role(role);
  return world.Call(world.brands, &Brands::CreateApiKey, request, by);
}

auto Revoke(World& world, const std::string& name, const std::string& by) {
  v1::RevokeApiKeyRequest request;
  request.set_name(name);
  return world.Call(world.brands, &Brands::RevokeApiKey, request, by);
}

TEST_CASE("operators' keys are made and revoked by admins only", "[service][auth]") {
  World world({.engine = false});
  const auto op = NewOperator(world, v1::OPERATOR_ROLE_OPERATOR, world.op);
  REQUIRE(op.ok());
  const std::string by = op.value.key();

  for (const auto role : {v1::OPERATOR_ROLE_UNSPECIFIED, v1::OPERATOR_ROLE_VIEWER,
                          v1::OPERATOR_ROLE_OPERATOR, v1::OPERATOR_ROLE_ADMIN}) {
    CAPTURE(role);
    const auto refused = NewOperator(world, role, by);
    CHECK(refused.reason() == reason::kRoleTooLow);
    CHECK(refused.refusal().metadata.at("role") == "operator");
    CHECK(refused.refusal().metadata.at("role_needed") == "admin");
    const auto made = NewOperator(world, role, world.op);
    REQUIRE(made.ok());
    CHECK(made.value.operator_role() ==
          (role == v1::OPERATOR_ROLE_UNSPECIFIED ? v1::OPERATOR_ROLE_ADMIN : role));
    CHECK(Revoke(world, made.value.name(), by).reason() == reason::kRoleTooLow);
    CHECK(NewOperator(world, v1::OPERATOR_ROLE_VIEWER, made.value.key()).ok() ==
          (made.value.operator_role() == v1::OPERATOR_ROLE_ADMIN));
    CHECK(Revoke(world, made.value.name(), world.op).ok());
  }
  const std::string app = world.NewKey("acme", "main");
  CHECK(Revoke(world, absl::StrCat("apiKeys/", app.substr(3, 16)), by).ok());
  CHECK(Revoke(world, "apiKeys/0000000000000000", by).reason() == reason::kNotFound);
}

TEST_CASE("the last admin's key can be revoked: it may be the stolen one", "[service][auth]") {
  World world({.engine = false});

  CHECK(Revoke(world, absl::StrCat("apiKeys/", world.op.substr(3, 16)), world.op).ok());

  CHECK(NewOperator(world, v1::OPERATOR_ROLE_ADMIN, world.op).reason() == reason::kApiKeyRevoked);
}

TEST_CASE("a brand's key has no operator's role", "[service][auth]") {
  World world({.engine = false});
  v1::CreateApiKeyRequest request;
  request.set_parent("brands/acme");
  request.mutable_api_key()->set_operator_role(v1::OPERATOR_ROLE_VIEWER);

  const auto refused = world.Call(world.brands, &Brands::CreateApiKey, request, world.op);

  CHECK(refused.reason() == reason::kInvalidRequest);
  CHECK(refused.refusal().violations.at(0).field == "api_key.operator_role");
}

TEST_CASE("who changes something with a viewer's key is told which role it takes",
          "[service][auth]") {
  World world({.engine = false});
  const auto viewer = NewOperator(world, v1::OPERATOR_ROLE_VIEWER, world.op);
  REQUIRE(viewer.ok());
  auto request = World::CreateRequest();
  request.set_parent("brands/acme/installs/main");
  request.set_validate_only(true);

  const auto refused = world.Call(world.rooms, &v1::CleanRoomService::Stub::CreateCleanRoom,
                                  request, viewer.value.key());

  CHECK(refused.reason() == reason::kRoleTooLow);
  CHECK_THAT(refused.status.error_message(), Contains("the role viewer is not enough") &&
                                                 Contains("it takes the role operator") &&
                                                 Contains("ask an admin"));
}

}  // namespace
}  // namespace roomkeeper
