#include "absl/strings/str_cat.h"

#include "lib/databricks_sim/services/services.h"

namespace roomkeeper::sim {
namespace {

Reply GetMe(Call& call) {
  const Account& me = *call.caller;
  Reply reply;
  reply.body = {{"schemas", {"urn:ietf:params:scim:schemas:core:2.0:User"}},
                {"id", absl::StrCat(me.scim_id)},
                {"userName", me.identity},
                {"displayName", me.config.name},
                {"active", true}};
  for (const std::string& group : me.config.groups) {
    reply.body["groups"].push_back({{"display", group}, {"type", "direct"}});
  }
  if (me.config.kind == Principal::Kind::kUser) {
    reply.body["emails"] = {{{"value", me.identity}, {"type", "work"}, {"primary", true}}};
  }
  return reply;
}

}  // namespace

void AddScim(Router& router) {
  router.Add("GET", "/api/2.0/preview/scim/v2/Me", GetMe);
}

}  // namespace roomkeeper::sim
