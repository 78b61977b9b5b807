// Who makes and revokes which keys, and what a CI key's answer says when it has no room left.
#include <string>

#include "lib/commands/brands/api_keys.h"
#include "lib/commands/submit.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "tests/unit/commands/world.h"

namespace roomkeeper {
namespace {

using Catch::Contains;
using testing::World;

absl::StatusOr<NewApiKey> Make(World& world, Role by, CreateApiKeyInput input) {
  Principal principal;
  principal.role = by;
  return world.Await<NewApiKey>([&](auto done) {
    CreateApiKeyFor(world.context, principal, std::move(input), std::move(done));
  });
}

absl::Status Revoke(World& world, Role by, const ApiKeyId& id) {
  Principal principal;
  principal.role = by;
  return world
      .Await<ApiKey>(
          [&](auto done) { RevokeApiKeyById(world.context, principal, id, std::move(done)); })
      .status();
}

TEST_CASE("an operator makes and revokes apps' keys, an admin operators' too", "[commands]") {
  World world;
  const BrandPath acme = {.brand = BrandId("acme")};
  const auto role = GENERATE(Role::kViewer, Role::kOperator, Role::kAdmin);
  CAPTURE(Name(role));

  const auto of_brand = Make(world, Role::kOperator, {.parent = acme});
  const auto refused = Make(world, Role::kOperator, {.operator_role = role});
  const auto made = Make(world, Role::kAdmin, {.operator_role = role});

  REQUIRE_OK(of_brand);
  CHECK(of_brand->key.role == Role::kBrand);
  CHECK(ReasonOf(refused.status()) == reason::kRoleTooLow);
  CHECK_THAT(std::string(refused.status().message()),
             Contains("the role operator is not enough") && Contains("the role admin"));
  REQUIRE_OK(made);
  CHECK(made->key.role == role);
  CHECK(ReasonOf(Revoke(world, Role::kOperator, made->key.id)) == reason::kRoleTooLow);
  CHECK_OK(Revoke(world, Role::kOperator, of_brand->key.id));
  CHECK_OK(Revoke(world, Role::kAdmin, made->key.id));
}

TEST_CASE("a key without a role is an admin's, as all were", "[commands]") {
  World world;

  const auto made = Make(world, Role::kAdmin, {});

  REQUIRE_OK(made);
  CHECK(made->key.role == Role::kAdmin);
}

TEST_CASE("the same request_id with another role is another request", "[commands]") {
  World world;
  REQUIRE_OK(Make(world, Role::kAdmin, {.operator_role = Role::kViewer, .request_id = "click"}));

  const auto again =
      Make(world, Role::kAdmin, {.operator_role = Role::kViewer, .request_id = "click"});
  const auto other =
      Make(world, Role::kAdmin, {.operator_role = Role::kOperator, .request_id = "click"});

  CHECK(ReasonOf(again.status()) == reason::kAlreadyExists);
  CHECK(ReasonOf(other.status()) == reason::kRequestIdReused);
}

TEST_CASE("a CI key without a room left is told how many there are and what to do", "[commands]") {
  SubmitJob asked;
  asked.room.key = {.brand = BrandId("acme"), .install = InstallId("main")};
  asked.ci = CiScope{.label_key = "made-by", .label_value = "ci", .rooms_max = 3};

  const auto answer =
      FromOutcome(asked, {.outcome = SubmitJob::Result::Outcome::kCiRoomsFull, .rooms = 4});

  CHECK(answer.status().code() == absl::StatusCode::kResourceExhausted);
  CHECK(ReasonOf(answer.status()) == reason::kCiRoomsFull);
  CHECK_THAT(std::string(answer.status().message()),
             Contains("brands/acme/installs/main has 4 clean rooms with the label made-by=ci") &&
                 Contains("may have 3") && Contains("roomctl rooms sweep --label made-by=ci"));
}

}  // namespace
}  // namespace roomkeeper
