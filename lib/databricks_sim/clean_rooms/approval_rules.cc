#include <algorithm>

#include "absl/strings/str_cat.h"

#include "lib/databricks_sim/clean_rooms/room_views.h"
#include "lib/databricks_sim/core/pages.h"
#include "lib/databricks_sim/services/services.h"
#include "lib/databricks_sim/world/access.h"

namespace roomkeeper::sim {
namespace {

using Kind = Field::Kind;
using RoomPtr = std::shared_ptr<Room>;

constexpr std::int64_t kPageSize = 100;
constexpr std::int64_t kPageSizeMax = 1000;
constexpr const char* kScopes[] = {"ANY_AUTHOR"};
constexpr Field kRule[] = {{"author_collaborator_alias", Kind::kString},
                           {"author_scope", Kind::kEnum, {}, kScopes},
                           {"runner_collaborator_alias", Kind::kString},
                           {"rule_id", Kind::kString},
                           {"rule_owner_collaborator_alias", Kind::kString},
                           {"clean_room_name", Kind::kString},
                           {"created_at", Kind::kInt64}};
constexpr Field kWrapped[] = {{"auto_approval_rule", Kind::kObject, kRule}};

Json RuleView(const Room& room, const ApprovalRule& rule) {
  Json json = {{"rule_id", rule.id},
               {"clean_room_name", room.name},
               {"rule_owner_collaborator_alias", room.central->collaborators[rule.owner].alias},
               {"runner_collaborator_alias", rule.runner_alias},
               {"created_at", Millis(rule.created_at)}};
  Put(json, "author_collaborator_alias", rule.author_alias);
  Put(json, "author_scope", rule.author_scope);
  return json;
}

Refusal CheckAlias(const Room& room, const std::string& field, const std::string& alias) {
  const auto& parties = room.central->collaborators;
  if (std::any_of(parties.begin(), parties.end(),
                  [&](const Collaborator& each) { return each.alias == alias; })) {
    return {};
  }
  return InvalidParameter(
      absl::StrCat("auto_approval_rule.", field, ": '", alias, "' is not a collaborator"));
}

// Takes author and runner of `sent` over into `rule`.
Refusal Fill(const Room& room, const Json* sent, ApprovalRule& rule) {
  rule.author_alias = Str(sent, "author_collaborator_alias");
  rule.author_scope = Str(sent, "author_scope");
  rule.runner_alias = Str(sent, "runner_collaborator_alias");
  if (rule.author_alias.empty() == rule.author_scope.empty()) {
    return InvalidParameter(
        "auto_approval_rule must have exactly one of author_collaborator_alias and author_scope");
  }
  if (rule.runner_alias.empty()) {
    return MissingFields({"auto_approval_rule.runner_collaborator_alias"});
  }
  if (!rule.author_alias.empty()) {
    if (Refusal no = CheckAlias(room, "author_collaborator_alias", rule.author_alias)) {
      return no;
    }
    if (rule.author_alias == room.self().alias) {
      return InvalidParameter("author_collaborator_alias must be another collaborator");
    }
  }
  return CheckAlias(room, "runner_collaborator_alias", rule.runner_alias);
}

// The room, for somebody who may change its rules.
Or<RoomPtr> RoomForWrite(const Call& call) {
  Or<RoomPtr> room = GetActiveRoom(call, call.arguments[0]);
  if (room.refusal) {
    return room;
  }
  if (room.value->central->packaged()) {  // row 22
    return InvalidState("Packaged clean rooms have no auto-approval rules.");
  }
  if (!CanModifyRoom(call, *room.value)) {
    return PermissionDenied(absl::StrCat("User does not have MODIFY CLEAN ROOM on Clean room '",
                                         room.value->name, "'."));
  }
  return room;
}

// The caller's own rule of the path, or null: others' are not seen (row 36).
ApprovalRule* FindRule(const Room& room, const std::string& id) {
  for (ApprovalRule& rule : room.central->rules) {
    if (rule.id == id && rule.owner == room.party) {
      return &rule;
    }
  }
  return nullptr;
}

Reply RuleNotFound(const std::string& id) {
  return NotFound(absl::StrCat("Auto-approval rule '", id, "' does not exist."));
}

Reply CreateRule(Call& call) {
  const Or<RoomPtr> room = RoomForWrite(call);
  if (room.refusal) {
    return *room.refusal;
  }
  const Json* sent = Find(call.body, "auto_approval_rule");
  if (sent == nullptr) {
    return MissingFields({"auto_approval_rule"});
  }
  ApprovalRule rule;
  if (Refusal no = Fill(*room.value, sent, rule)) {
    return *no;
  }
  rule.id = call.world.NewUuid();
  rule.owner = room.value->party;
  rule.created_at = call.now;
  Reply reply;
  reply.body = RuleView(*room.value, rule);
  room.value->central->rules.push_back(std::move(rule));
  return reply;
}

Reply ListRules(Call& call) {
  const Or<RoomPtr> room = GetActiveRoom(call, call.arguments[0]);
  if (room.refusal) {
    return *room.refusal;
  }
  std::vector<PageEntry> entries;
  for (const ApprovalRule& rule : room.value->central->rules) {
    if (rule.owner == room.value->party) {
      entries.push_back({rule.id, [&] { return RuleView(*room.value, rule); }});
    }
  }
  return PageOf(call, "rules", entries, kPageSize, kPageSizeMax);
}

Reply GetRule(Call& call) {
  const Or<RoomPtr> room = GetActiveRoom(call, call.arguments[0]);
  if (room.refusal) {
    return *room.refusal;
  }
  const ApprovalRule* rule = FindRule(*room.value, call.arguments[1]);
  if (rule == nullptr) {
    return RuleNotFound(call.arguments[1]);
  }
  Reply reply;
  reply.body = RuleView(*room.value, *rule);
  return reply;
}

Reply UpdateRule(Call& call) {
  const Or<RoomPtr> room = RoomForWrite(call);
  if (room.refusal) {
    return *room.refusal;
  }
  ApprovalRule* rule = FindRule(*room.value, call.arguments[1]);
  if (rule == nullptr) {
    return RuleNotFound(call.arguments[1]);
  }
  ApprovalRule changed = *rule;
  if (Refusal no = Fill(*room.value, &call.body, changed)) {
    return *no;
  }
  *rule = std::move(changed);
  Reply reply;
  reply.body = RuleView(*room.value, *rule);
  return reply;
}

Reply DeleteRule(Call& call) {
  const Or<RoomPtr> room = RoomForWrite(call);
  if (room.refusal) {
    return *room.refusal;
  }
  const ApprovalRule* rule = FindRule(*room.value, call.arguments[1]);
  if (rule == nullptr) {
    return RuleNotFound(call.arguments[1]);
  }
  auto& rules = room.value->central->rules;
  rules.erase(rules.begin() + (rule - rules.data()));
  return DeletedReply(call);
}

}  // namespace

void AddApprovalRules(Router& router) {
  const std::string base = "/api/2.0/clean-rooms/{room}/auto-approval-rules";
  router.Add("POST", base, CreateRule, kWrapped);
  router.Add("GET", base, ListRules);
  router.Add("GET", base + "/{rule_id}", GetRule);
  router.Add("PATCH", base + "/{rule_id}", UpdateRule, kRule);
  router.Add("DELETE", base + "/{rule_id}", DeleteRule);
}

}  // namespace roomkeeper::sim
