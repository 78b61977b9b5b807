#include "lib/databricks/api/metastore_api.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/databricks/paging.h"

namespace roomkeeper {
namespace {

std::string UnityPath(std::initializer_list<absl::string_view> segments) {
  return absl::StrCat("/api/2.1/unity-catalog", MakePath(segments));
}

}  // namespace

void GetMetastoreSummary(const ScopedRest& rest, CallDone<wire::MetastoreSummary> done) {
  Fetch<wire::MetastoreSummary>(
      rest, {.route = "GET /metastore_summary", .target = UnityPath({"metastore_summary"})},
      wire::ParseMetastoreSummary, std::move(done));
}

void GetIdentity(const ScopedRest& rest, CallDone<wire::Identity> done) {
  Fetch<wire::Identity>(rest, {.route = "GET /scim/Me", .target = "/api/2.0/preview/scim/v2/Me"},
                        wire::ParseIdentity, std::move(done));
}

void GetSecurable(const ScopedRest& rest, const SecurableRef& securable,
                  CallDone<wire::Securable> done) {
  const bool volume = securable.type == "volume";
  Fetch<wire::Securable>(
      rest,
      {.route = volume ? "GET /volumes/{name}" : "GET /tables/{name}",
       .target = UnityPath({volume ? "volumes" : "tables", securable.full_name})},
      wire::ParseSecurable, std::move(done));
}

void ListEffectivePrivileges(const ScopedRest& rest, const SecurableRef& securable,
                             const std::string& principal,
                             CallDone<std::vector<std::string>> done) {
  RestCall call = {
      .route = "GET /effective-permissions/{type}/{name}",
      .target = UnityPath({"effective-permissions", securable.type, securable.full_name})};
  AddQuery(call.target, "principal", principal);
  PageWalk<std::string>::Start(rest, std::move(call), wire::ParseEffectivePrivileges, nullptr,
                               [done = std::move(done)](CallResult<std::vector<std::string>> all) {
                                 std::sort(all.value.begin(), all.value.end());
                                 done(std::move(all));
                               });
}

}  // namespace roomkeeper
