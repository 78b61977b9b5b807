#include "tests/service/rpc/identity/key_fields.h"

#include <string>

#include "absl/strings/substitute.h"

#include "tests/service/rpc/world.h"

namespace roomkeeper::testing {
namespace {

using Brands = v1::BrandService::Stub;

constexpr char kAppKey[] =
    R"pb(
  name: "$0" display_name: "the app" parent: "brands/acme/installs/main")pb";
constexpr char kViewerKey[] = R"pb(
  name: "$0" operator_role: OPERATOR_ROLE_VIEWER)pb";
constexpr char kCiKey[] = R"pb(
  name: "$0"
  parent: "brands/acme/installs/main"
  ci { label_key: "made-by" label_value: "ci" rooms_max: 2 })pb";
constexpr char kCiCaller[] = R"pb(
  role: ROLE_CI
  parent: "brands/acme/installs/main"
  api_key: "$0"
  identity: "$0"
  ci { label_key: "made-by" label_value: "ci" rooms_max: 2 })pb";
constexpr char kCaller[] =
    R"pb(
  role: ROLE_OPERATOR api_key: "$0" operator_role: OPERATOR_ROLE_VIEWER identity: "$0")pb";

v1::Caller Whoami(World& world, SeenFields& seen, const std::string& key) {
  return seen(world
                  .Call(world.info, &v1::ServerService::Stub::GetServerInfo,
                        v1::GetServerInfoRequest(), key)
                  .value)
      .caller();
}

void AskCiKey(World& world, SeenFields& seen) {
  v1::CreateApiKeyRequest request;
  request.set_parent("brands/acme/installs/main");
  v1::CiScope& ci = *request.mutable_api_key()->mutable_ci();
  ci.set_label_key("made-by");
  ci.set_label_value("ci");
  ci.set_rooms_max(2);
  ci.mutable_ttl_max()->set_seconds(7200);
  v1::ApiKey made = seen(world.Call(world.brands, &Brands::CreateApiKey, request, world.op).value);
  CHECK(made.ci().ttl_max().seconds() == 7200);
  const v1::Caller caller = Whoami(world, seen, made.key());
  made.clear_key();
  CHECK(Difference(made, absl::Substitute(kCiKey, made.name())) == "");
  CHECK(Difference(caller, absl::Substitute(kCiCaller, made.name())) == "");
}

}  // namespace

void AskKeys(SeenFields& seen) {
  World world({.engine = false});
  v1::CreateApiKeyRequest app;
  app.set_parent("brands/acme/installs/main");
  app.mutable_api_key()->set_display_name("the app");
  app.mutable_api_key()->mutable_expire_time()->set_seconds(4102444800);
  const auto made = seen(world.Call(world.brands, &Brands::CreateApiKey, app, world.op).value);
  CHECK(made.expire_time().seconds() == 4102444800);
  v1::RevokeApiKeyRequest revoke;
  revoke.set_name(made.name());
  const auto revoked =
      seen(world.Call(world.brands, &Brands::RevokeApiKey, revoke, world.op).value);
  CHECK(Difference(revoked, absl::Substitute(kAppKey, made.name())) == "");

  v1::CreateApiKeyRequest viewer;
  viewer.mutable_api_key()->set_operator_role(v1::OPERATOR_ROLE_VIEWER);
  const auto views = seen(world.Call(world.brands, &Brands::CreateApiKey, viewer, world.op).value);
  v1::ApiKey shown = views;
  shown.clear_key();
  CHECK(Difference(shown, absl::Substitute(kViewerKey, views.name())) == "");
  const v1::Caller caller = Whoami(world, seen, views.key());
  CHECK(Difference(caller, absl::Substitute(kCaller, views.name())) == "");
  AskCiKey(world, seen);
}

}  // namespace roomkeeper::testing
