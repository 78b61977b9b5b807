// Every RPC × every role × every kind of resource, over the real server.
#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "lib/auth/api_key.h"
#include "lib/model/reasons.h"
#include "lib/obs/metric_table.h"
#include "services/roomkeeperd/rpc/authz.h"
#include "tests/service/isolation/any_call.h"
#include "tests/service/isolation/authorization_table.h"

namespace roomkeeper::testing {
namespace {

using google::protobuf::MethodDescriptor;
using Rooms = v1::CleanRoomService::Stub;

struct Caller {
  std::string title = {};
  std::string key = {};
  const char* refused = nullptr;  // the reason that every call gets
  std::string brand = {};         // empty: an operator
  std::string install = {};       // empty: reads only
  bool reads_only = false;        // a viewer
  bool ci = false;                // sees the rooms under its label only
  bool IsOperator() const { return brand.empty(); }
};

// A place in the tenancy, and whether anything is there.
struct Place {
  const char* title = "";
  std::string brand = {};
  std::string install = {};
  bool exists = true;
  bool labelled = false;  // a room that the CI key made
};

const std::array kPlaces = {
    Place{"acme/main", "acme", "main"},
    Place{"acme/second", "acme", "second"},
    Place{"zeta/main", "zeta", "main"},
    Place{"acme/main, of CI", "acme", "main", true, true},
    Place{"unknown in acme", "acme", "main", false},
    Place{"unknown in zeta", "zeta", "main", false},
    Place{"unknown brand", "nobody", "main", false},
};

// Two brands, three installs with a room and a job each, and one of every kind of caller.
struct Tenants {
  World world{{.engine = false}};
  std::vector<Caller> callers;
  std::map<std::string, std::string> jobs;      // by place
  std::map<std::string, std::string> api_keys;  // … that nobody uses
  std::map<std::string, std::string> codes;
  std::map<std::string, std::string> held;  // exchanges

  Tenants() {
    v1::EnrollInstallRequest second;
    second.set_parent("brands/acme");
    second.set_install_id("second");
    second.mutable_install()->set_global_metastore_id(
        "aws:us-west-2:22222222-2222-4222-8222-222222222222");
    second.mutable_install()->set_invite_recipient_workspace_id(1002);
    second.mutable_install()->set_invite_recipient_email("ada@brand.example");
    REQUIRE(
        world.Call(world.brands, &v1::BrandService::Stub::EnrollInstall, second, world.op).ok());
    const std::string second_key = world.NewKey("acme", "second");
    callers = {
        {.title = "no key", .refused = reason::kApiKeyMissing},
        {.title = "unknown key",
         .key = MintApiKey().text.Reveal(),
         .refused = reason::kApiKeyInvalid},
        {.title = "revoked key", .key = Revoked(), .refused = reason::kApiKeyRevoked},
        {.title = "app", .key = world.acme, .brand = "acme", .install = "main"},
        {.title = "app elsewhere", .key = second_key, .brand = "acme", .install = "second"},
        {.title = "reader", .key = world.NewKey("acme", ""), .brand = "acme"},
        {.title = "ci", .key = NewCi(), .brand = "acme", .install = "main", .ci = true},
        {.title = "other brand", .key = world.zeta, .brand = "zeta", .install = "main"},
        {.title = "viewer", .key = Operator(v1::OPERATOR_ROLE_VIEWER), .reads_only = true},
        {.title = "operator", .key = Operator(v1::OPERATOR_ROLE_OPERATOR)},
        {.title = "admin", .key = world.op},
    };
    Fill(kPlaces[0], world.acme);
    Fill(kPlaces[1], second_key);
    Fill(kPlaces[2], world.zeta);
    Fill(kPlaces[3], KeyOf("ci"));
  }

  std::string Operator(v1::OperatorRole role) {
    v1::CreateApiKeyRequest request;
    request.mutable_api_key()->set_operator_role(role);
    const auto made =
        world.Call(world.brands, &v1::BrandService::Stub::CreateApiKey, request, world.op);
    REQUIRE(made.ok());
    return made.value.key();
  }
  std::string NewCi() {
    v1::CreateApiKeyRequest request;
    request.set_parent("brands/acme/installs/main");
    v1::CiScope& ci = *request.mutable_api_key()->mutable_ci();
    ci.set_label_key("made-by");
    ci.set_label_value("ci");
    ci.set_rooms_max(1000);
    ci.mutable_ttl_max()->set_seconds(7200);
    const auto made =
        world.Call(world.brands, &v1::BrandService::Stub::CreateApiKey, request, world.op);
    REQUIRE(made.ok());
    return made.value.key();
  }
  std::string KeyOf(const std::string& title) const {
    return std::find_if(callers.begin(), callers.end(),
                        [&](const Caller& caller) { return caller.title == title; })
        ->key;
  }
  static std::string IdOf(const Place& place) {
    return !place.exists ? "none" : place.labelled ? "of-ci" : "identity-match";
  }
  std::string Revoked() {
    const std::string key = world.NewKey("acme", "main");
    v1::RevokeApiKeyRequest revoke;
    revoke.set_name(KeyName(key));
    REQUIRE(world.Call(world.brands, &v1::BrandService::Stub::RevokeApiKey, revoke, world.op).ok());
    return key;
  }
  static std::string KeyName(const std::string& key) {
    return absl::StrCat("apiKeys/", key.substr(3, 16));
  }
  void Fill(const Place& place, const std::string& key) {
    auto request = World::CreateRequest();
    request.set_clean_room_id(IdOf(place));
    const auto job = world.Call(world.rooms, &Rooms::CreateCleanRoom, request, key);
    REQUIRE(job.ok());
    jobs[place.title] = job.value.name();
    api_keys[place.title] = KeyName(world.NewKey(place.brand, place.install));
    const World::Held made = world.NewHeld(place.brand, 3000 + static_cast<int>(held.size()));
    codes[place.title] = made.code;
    held[place.title] = made.enrollment;
  }

  std::string NameOf(Named named, const Place& place) const {
    // Each place that has nothing asks for another id.
    const std::string random =
        absl::StrCat("000000000000000", std::string(place.title).size() % 10);
    switch (named) {
      case Named::kNothing:
        return "";
      case Named::kRoomToSee:
      case Named::kRoomToChange:
        return absl::StrCat("brands/", place.brand, "/installs/", place.install, "/cleanRooms/",
                            IdOf(place));
      case Named::kInstallToFill:
      case Named::kParentToList:
      case Named::kParentOfOthers:
        return absl::StrCat("brands/", place.brand, "/installs/",
                            place.exists ? place.install : "none");
      case Named::kJobToSee:
      case Named::kJobToChange:
        return place.exists ? jobs.at(place.title) : absl::StrCat("jobs/", random);
      case Named::kBrand:
        return absl::StrCat("brands/", place.exists ? place.brand : "none");
      case Named::kApiKey:
        return place.exists ? api_keys.at(place.title) : absl::StrCat("apiKeys/", random);
      case Named::kEnrollmentCode:
        return place.exists ? codes.at(place.title) : absl::StrCat("enrollmentCodes/", random);
      case Named::kEnrollment:
        return place.exists ? held.at(place.title) : absl::StrCat("enrollments/", random);
    }
    return "";
  }
};

bool IsHidden(const Caller& caller, const Place& place) {
  return !caller.IsOperator() &&
         (caller.brand != place.brand || (caller.ci && caller.install != place.install));
}

// … of the rooms and jobs there, of which a CI key sees its own only.
bool IsHiddenThere(const Caller& caller, const AuthorizationRow& row, const Place& place) {
  const bool by_label = row.named == Named::kRoomToSee || row.named == Named::kRoomToChange ||
                        row.named == Named::kJobToSee || row.named == Named::kJobToChange;
  return IsHidden(caller, place) || (caller.ci && by_label && place.exists && !place.labelled);
}

// The reason that the call must be refused with; empty: it must be let in.
std::string Expected(const Caller& caller, const AuthorizationRow& row, const Place& place) {
  if (row.least == Least::kNobody) {
    return "";
  }
  if (caller.refused != nullptr) {
    return caller.refused;
  }
  if (row.least == Least::kOperator && !caller.IsOperator()) {
    return reason::kOperatorOnly;
  }
  if (row.does == Does::kChanges && caller.reads_only) {
    return reason::kRoleTooLow;
  }
  if (row.least != Least::kCi && caller.ci) {
    return reason::kRoleTooLow;
  }
  const bool hidden = IsHiddenThere(caller, row, place);
  const bool absent = hidden || !place.exists;
  const bool bound_here = caller.IsOperator() || caller.install == place.install;
  switch (row.named) {
    case Named::kNothing:
      return "";
    case Named::kRoomToSee:
    case Named::kJobToSee:
    case Named::kBrand:
    case Named::kApiKey:
    case Named::kEnrollmentCode:
    case Named::kEnrollment:
    case Named::kParentOfOthers:
      return absent ? reason::kNotFound : "";
    case Named::kParentToList:
      return hidden || (caller.ci && !place.exists) ? reason::kNotFound : "";
    case Named::kRoomToChange:  // whether it is there, is told to who may change it
      if (!hidden && !bound_here) {
        return reason::kOtherInstall;
      }
      return absent ? reason::kNotFound : "";
    case Named::kInstallToFill:  // one that is not there is not the key's own
      if ((caller.IsOperator() || caller.brand == place.brand) &&
          (!bound_here || (!place.exists && !caller.IsOperator()))) {
        return reason::kOtherInstall;
      }
      return absent ? reason::kNotFound : "";
    case Named::kJobToChange:
      if (!absent && !bound_here) {
        return reason::kOtherInstall;
      }
      return absent ? reason::kNotFound : "";
  }
  return "";
}

// All that a caller could compare, the name it asked for left aside.
std::string Seen(const AnyAnswer& answer, const grpc::ClientContext& context,
                 const std::string& name) {
  const Refusal refusal = answer.refusal();
  std::string seen =
      absl::StrCat(answer.status.error_code(), "|", refusal.message, "|", refusal.reason, "|",
                   absl::FormatDuration(refusal.retry_after), "|", refusal.violations.size());
  for (const auto& [key, value] : refusal.metadata) {
    absl::StrAppend(&seen, "|", key, "=", value);
  }
  for (const auto& [key, value] : context.GetServerTrailingMetadata()) {
    if (key != "grpc-status-details-bin") {  // the above
      absl::StrAppend(&seen, "|", std::string(key.data(), key.size()), ":",
                      std::string(value.data(), value.size()));
    }
  }
  return absl::StrReplaceAll(seen, {{name, "$"}});
}

bool IsOfTheGate(const std::string& reason) {
  static const std::set<std::string> reasons = {reason::kApiKeyMissing, reason::kApiKeyInvalid,
                                                reason::kApiKeyExpired, reason::kApiKeyRevoked,
                                                reason::kOperatorOnly,  reason::kOtherInstall,
                                                reason::kRoleTooLow,    reason::kNotFound};
  return reasons.contains(reason);
}

struct Tally {
  int cells = 0;
  int let_in = 0;
  int compared = 0;
};

// A watch that was left goes on for a moment: its reads belong to no call after it.
void AwaitNoWatch(Tenants& tenants) {
  while (tenants.world.metrics.Value(metric::kWatchers, {}) != 0) {
    std::this_thread::yield();
  }
  v1::GetJobRequest get;  // behind whatever it still reads
  get.set_name(tenants.jobs.begin()->second);
  REQUIRE(
      tenants.world.Call(tenants.world.jobs, &v1::JobService::Stub::GetJob, get, tenants.world.op)
          .ok());
}

// One RPC by one caller, on each place.
void CheckRow(Tenants& tenants, const MethodDescriptor& method, const Caller& caller,
              Tally& tally) {
  const AuthorizationRow& row = *FindAuthorization(method.full_name());
  std::set<std::string> hidden;  // what was seen of another brand's
  std::set<std::string> absent;  // … of anything that is not there
  std::set<std::int64_t> hidden_reads;
  for (const Place& place : kPlaces) {
    const std::string name = tenants.NameOf(row.named, place);
    INFO(method.full_name() << " by " << caller.title << " on " << place.title << ": " << name);
    const auto request = NewRequest(
        method,
        absl::StrReplaceAll(
            row.request,
            {{"$", name},
             {"@soon", absl::StrCat(absl::ToUnixSeconds(tenants.world.clock.Now()) + 3600)}}));
    const auto context = tenants.world.NewContext(caller.key);
    const std::int64_t reads_before = tenants.world.memory.reads();

    const AnyAnswer answer = CallAny(tenants.world, method, *request, *context);

    const std::int64_t reads = tenants.world.memory.reads() - reads_before;
    const std::string reason = answer.refusal().reason;
    const std::string expected = Expected(caller, row, place);
    INFO(answer.status.error_message());
    CHECK((IsOfTheGate(reason) ? reason : "") == expected);
    CHECK(reason != reason::kInvalidRequest);
    CHECK(reason != reason::kInternal);
    if (method.server_streaming()) {
      AwaitNoWatch(tenants);
    }
    ++tally.cells;
    tally.let_in += expected.empty() ? 1 : 0;
    if (expected == reason::kNotFound) {
      absent.insert(Seen(answer, *context, name));
      // Of a CI key all, for it learns by no name whose it is.
      if (IsHiddenThere(caller, row, place) || caller.ci) {
        hidden.insert(Seen(answer, *context, name));
        hidden_reads.insert(reads);
        ++tally.compared;
      }
    }
    if (row.named == Named::kNothing) {
      break;
    }
  }
  INFO(method.full_name() << " by " << caller.title);
  CHECK(hidden.size() <= 1);
  CHECK(absent.size() <= 1);
  CHECK(hidden_reads.size() <= 1);
}

TEST_CASE("every RPC has a row in the authorization table, and no row is left over",
          "[isolation]") {
  const auto methods = ApiMethods();
  for (const MethodDescriptor* method : methods) {
    INFO(method->full_name());
    CHECK(FindAuthorization(method->full_name()) != nullptr);
    CHECK(FindGrant(method->full_name()) != nullptr);
  }
  CHECK(AuthorizationTable().size() == methods.size());
}

TEST_CASE(
    "every RPC by every caller on every place: let in or refused as the table says, and "
    "another brand's is as good as none",
    "[isolation]") {
  Tenants tenants;
  Tally tally;
  for (const MethodDescriptor* method : ApiMethods()) {
    REQUIRE(FindAuthorization(method->full_name()) != nullptr);
    for (const Caller& caller : tenants.callers) {
      CheckRow(tenants, *method, caller, tally);
    }
  }
  CHECK(tally.compared > 100);
  std::printf(
      "authorization table: %d cells (%d RPCs x %d callers x up to %d places), %d let in; %d "
      "answers about what is another's compared, with the store reads they took\n",
      tally.cells, static_cast<int>(AuthorizationTable().size()),
      static_cast<int>(tenants.callers.size()), static_cast<int>(kPlaces.size()), tally.let_in,
      tally.compared);
}

// Microseconds that a read by another brand takes, the middle one of many.
std::int64_t MedianMicros(Tenants& tenants, const MethodDescriptor& method,
                          const std::string& name) {
  constexpr int kCalls = 300;
  const auto request = NewRequest(method, absl::StrCat("name: '", name, "'"));
  std::vector<std::int64_t> took;
  for (int i = 0; i < kCalls; ++i) {
    const auto context = tenants.world.NewContext(tenants.world.zeta);
    const absl::Duration before = tenants.world.clock.Monotonic();
    const AnyAnswer answer = CallAny(tenants.world, method, *request, *context);
    took.push_back(absl::ToInt64Microseconds(tenants.world.clock.Monotonic() - before));
    REQUIRE(answer.refusal().reason == reason::kNotFound);
  }
  std::sort(took.begin(), took.end());
  return took[took.size() / 2];
}

TEST_CASE("how long another brand's and nobody's take is reported", "[isolation]") {
  Tenants tenants;
  for (const MethodDescriptor* method : ApiMethods()) {
    if (method->name() != "GetCleanRoom" && method->name() != "GetJob") {
      continue;
    }
    const Named named = FindAuthorization(method->full_name())->named;
    const auto theirs = MedianMicros(tenants, *method, tenants.NameOf(named, kPlaces[0]));
    const auto nobodys = MedianMicros(tenants, *method, tenants.NameOf(named, kPlaces[6]));
    std::printf("%s: another brand's takes %lld us, nobody's %lld us (median)\n",
                method->name().c_str(), static_cast<long long>(theirs),
                static_cast<long long>(nobodys));
  }
}

}  // namespace
}  // namespace roomkeeper::testing
