#include "tests/simulation/platform.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "lib/base/check.h"
#include "lib/crypto/digest.h"

namespace roomkeeper::testing {
namespace {

using Json = nlohmann::json;

constexpr char kProviderMetastore[] = "aws:us-west-2:11111111-1111-4111-8111-111111111111";
constexpr char kContent[] = "<html>match</html>";
constexpr const char* kTables[] = {"prod.identity.households", "prod.identity.devices"};

struct KnobChoice {
  const char* name;
  std::vector<const char*> values;
};

// Readings of what nobody outside knows: each seed lives on a platform of its own.
const std::vector<KnobChoice>& Choices() {
  static const auto* choices = new std::vector<KnobChoice>{
      {"create_answer", {"sparse", "full"}},
      {"duplicate_room", {"409", "400"}},
      {"delete_answer", {"object", "empty"}},
      {"delete_provisioning", {"accept", "INVALID_STATE"}},
      {"missing_room", {"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND", "CLEAN_ROOM_DOES_NOT_EXIST"}},
      {"room_quota_error", {"RESOURCE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"}},
      {"asset_create", {"pending", "active"}},
      {"duplicate_asset", {"409", "400"}},
      {"asset_list_bodies", {"omitted", "present"}},
      {"inactive_room", {"INVALID_STATE", "INVALID_PARAMETER_VALUE"}},
      {"novel_values", {"off", "on"}},
      {"empty_pages", {"off", "on"}},
      {"page_cap", {"none", "2"}},
      {"expired_token", {"401", "403", "400"}},
      {"retry_after", {"seconds", "date", "absent"}},
      {"retry_info", {"absent", "present"}},
      {"read_after_create", {"consistent", "404_once"}},
      {"read_after_update", {"consistent", "stale_once"}},
      {"error_details", {"present", "absent"}},
      {"sharing_disabled", {"400", "403"}},
      {"default_egress", {"omitted", "present"}},
  };
  return *choices;
}

}  // namespace

std::string BrandName(int brand) {
  return absl::StrCat("brand", brand);
}

std::string BrandMetastore(int brand) {
  return absl::StrCat("azure:eastus2:22222222-2222-4222-8222-22222222222", brand);
}

std::shared_ptr<const PackageVersion> SimulatedPackage() {
  static const auto* package = new std::shared_ptr<const PackageVersion>([] {
    auto made = std::make_shared<PackageVersion>();
    made->name = PackageName("identity-match");
    made->version = "1.0.0";
    made->digest = "sha256:package";
    made->assets = {{.shared_name = "spine.households", .local_name = kTables[0]},
                    {.shared_name = "spine.devices", .local_name = kTables[1]}};
    made->notebooks = {{.name = "match.py",
                        .description = "Matches",
                        .environment_version = "2",
                        .content_base64 = absl::Base64Escape(kContent),
                        .content_digest = absl::StrCat("sha256:", Sha256Hex(kContent))}};
    return made;
  }());
  return *package;
}

sim::SimConfig Platform::DrawConfig() {
  sim::SimConfig config;
  sim::MetastoreConfig provider;
  provider.global_metastore_id = kProviderMetastore;
  provider.organization_name = "ACME";
  provider.clean_rooms_max = kRoomLimit;
  provider.create_clean_room = {"roomkeeper"};
  for (const char* table : kTables) {
    provider.securables.push_back(
        {.type = "TABLE", .full_name = table, .select_principals = {"roomkeeper"}});
  }
  config.metastores = {provider};
  config.workspaces = {{.name = "provider",
                        .workspace_id = 1111,
                        .global_metastore_id = kProviderMetastore,
                        .principals = {{.name = "roomkeeper"}}}};
  for (int brand = 0; brand < kBrands; ++brand) {
    config.metastores.push_back({.global_metastore_id = BrandMetastore(brand)});
    config.workspaces.push_back({.name = BrandName(brand),
                                 .workspace_id = 2000 + brand,
                                 .global_metastore_id = BrandMetastore(brand)});
  }
  config.knobs = {{"token_format", "opaque"}};
  for (const KnobChoice& choice : Choices()) {
    if (scheduler_.OneIn(4)) {
      const auto n = static_cast<int>(choice.values.size());
      const char* value = choice.values[static_cast<std::size_t>(scheduler_.Below(n))];
      config.knobs[choice.name] = value;
      absl::StrAppend(&knobs_taken_, " ", choice.name, "=", value);
    }
  }
  // Sometimes slower than the 25 minutes after which a room is made anew.
  config.provisioning =
      scheduler_.OneIn(12)
          ? sim::DurationRange{absl::Minutes(20), absl::Minutes(10)}
          : sim::DurationRange{absl::Seconds(1 + scheduler_.Below(scheduler_.OneIn(2) ? 4 : 60)),
                               absl::Seconds(1)};
  config.asset_pending = {absl::Seconds(scheduler_.Below(10)), absl::Seconds(1)};
  config.token_lifetime = scheduler_.OneIn(3) ? absl::Minutes(3) : absl::Hours(1);
  config.seed = scheduler_.random()();
  config.request_log_max = 0;
  return config;
}

Platform::Platform(Scheduler& scheduler) : scheduler_(scheduler) {
  auto made = sim::Simulator::Make(DrawConfig(), clock_);
  RK_CHECK(made.ok());
  simulator_ = *std::move(made);
  secret_ = simulator_->config().workspaces[0].principals[0].client_secret;
  secrets_.insert(secret_);
}

ShardOptions Platform::Shard() {
  return {.id = ShardId("shard-1"),
          .host = "http://provider.sim",
          .client_id = simulator_->config().workspaces[0].principals[0].client_id,
          .credentials = {{.name = "client_secret", .read = [this] { return Secret(secret_); }}},
          .global_metastore_id = kProviderMetastore,
          .requests_per_second = kRequestsPerSecond,
          .room_limit = kRoomLimit};
}

void Platform::Arm(sim::Fault fault) {
  simulator_->ClearFaults();
  fault.pattern = "* *";
  simulator_->AddFault(std::move(fault));
}

Json Platform::Do(const Json& action) {
  const auto answer = simulator_->Control(action.dump());
  return answer.ok() ? Json::parse(*answer) : Json();
}

std::map<std::string, TrueRoom> Platform::Rooms() const {
  std::map<std::string, TrueRoom> rooms;
  const Json state = Json::parse(*simulator_->Control(R"({"action":"state"})"));
  for (const Json& room : state["metastores"][kProviderMetastore]["rooms"]) {
    const std::string name = room["name"];
    rooms[name] = {.name = name,
                   .comment = room["comment"],
                   .status = room["status"],
                   .everything = room.dump(),
                   .json = room};
  }
  return rooms;
}

void Platform::Damage(const std::string& room) {
  static constexpr const char* kAssets[] = {"provider.spine.households", "match.py"};
  Touch(room);
  switch (scheduler_.Below(5)) {
    case 0:
      Do({{"action", "delete_room"}, {"workspace", "provider"}, {"room", room}});
      return;
    case 1:
      Do({{"action", "fail_room"}, {"workspace", "provider"}, {"room", room}});
      return;
    case 2:
      Do({{"action", "delete_room"},
          {"workspace", BrandName(scheduler_.Below(kBrands))},
          {"room", room}});
      return;
    case 3:
      Do({{"action", "activate_room"}, {"workspace", "provider"}, {"room", room}});
      return;
    default:
      Do({{"action", "remove_asset"},
          {"workspace", "provider"},
          {"room", room},
          {"asset", kAssets[scheduler_.Below(2)]}});
      return;
  }
}

void Platform::RevokeGrant() {
  TouchAll();
  grant_revoked_ = true;
  Do({{"action", "revoke_grant"},
      {"workspace", "provider"},
      {"principal", "roomkeeper"},
      {"securable", kTables[scheduler_.Below(2)]}});
}

void Platform::RevokeSecret() {
  Do({{"action", "remove_secret"},
      {"workspace", "provider"},
      {"principal", "roomkeeper"},
      {"secret", secret_}});
  ExpireTokens();
}

void Platform::ExpireTokens() {
  Do({{"action", "expire_tokens"}, {"workspace", "provider"}});
}

void Platform::FillMetastore() {
  Do({{"action", "set_metastore"},
      {"workspace", "provider"},
      {"clean_rooms_max", 1 + scheduler_.Below(2)}});
}

void Platform::CloseSharing() {
  Do({{"action", "set_metastore"}, {"workspace", "provider"}, {"delta_sharing_scope", "INTERNAL"}});
}

void Platform::FailNextRooms(int n) {
  Do({{"action", "fail_next_rooms"}, {"times", n}});
}

void Platform::Heal() {
  Disarm();
  Do({{"action", "set_metastore"},
      {"workspace", "provider"},
      {"clean_rooms_max", 1000},
      {"delta_sharing_scope", "INTERNAL_AND_EXTERNAL"}});
  FailNextRooms(0);
  for (const char* table : kTables) {
    if (grant_revoked_) {
      Do({{"action", "grant"},
          {"workspace", "provider"},
          {"principal", "roomkeeper"},
          {"securable", table}});
    }
  }
  if (grant_revoked_) {
    TouchAll();
    grant_revoked_ = false;
  }
  const std::string fresh = absl::StrCat("dose", scheduler_.random()());
  const Json added = Do({{"action", "add_secret"},
                         {"workspace", "provider"},
                         {"principal", "roomkeeper"},
                         {"secret", fresh}});
  if (!added.is_null()) {
    Do({{"action", "remove_secret"},
        {"workspace", "provider"},
        {"principal", "roomkeeper"},
        {"secret", secret_}});
    secret_ = fresh;
    secrets_.insert(fresh);
  }
}

void Platform::Squat(const std::string& room, int brand, const std::string& comment) {
  // With our own principal, as an operator would: only the mark keeps us from touching it.
  const std::string& client = simulator_->config().workspaces[0].principals[0].client_id;
  sim::SimRequest request;
  request.workspace = "provider";
  request.host_url = "http://provider.sim";
  request.method = "POST";
  request.target = "/oidc/v1/token";
  request.headers = {{"Authorization", absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(
                                                                  client, ":", secret_)))}};
  request.body = "grant_type=client_credentials&scope=all-apis";
  const Json token = Json::parse(simulator_->Handle(request).body, nullptr, false);
  request.target = "/api/2.0/clean-rooms";
  request.headers = {{"Authorization", absl::StrCat("Bearer ", token.value("access_token", ""))}};
  request.body =
      Json({{"name", room},
            {"comment", comment},
            {"remote_detailed_info",
             {{"cloud_vendor", "aws"},
              {"region", "us-west-2"},
              {"package_provider_collaborator_alias", "provider"},
              {"egress_network_policy",
               {{"internet_access", {{"restriction_mode", "RESTRICTED_ACCESS"}}}}},
              {"collaborators",
               {{{"collaborator_alias", "provider"}, {"global_metastore_id", kProviderMetastore}},
                {{"collaborator_alias", BrandName(brand)},
                 {"global_metastore_id", BrandMetastore(brand)},
                 {"invite_recipient_email", "data@brand.example"},
                 {"invite_recipient_workspace_id", 2000 + brand}}}}}}})
          .dump();
  if (simulator_->Handle(request).status == 200) {
    Touch(room);
    strangers_[room] = comment;
  }
}

absl::Duration Platform::touched(const std::string& room) const {
  const auto found = touched_.find(room);
  return found == touched_.end() ? touched_all_ : std::max(found->second, touched_all_);
}

}  // namespace roomkeeper::testing
