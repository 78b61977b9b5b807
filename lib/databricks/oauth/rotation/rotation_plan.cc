#include "lib/databricks/oauth/rotation/rotation_plan.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "lib/databricks/api/secrets_api.h"

namespace roomkeeper {
namespace {

using Kind = RotationStep::Kind;
using wire::PlatformSecret;

// Their clock and ours.
constexpr absl::Duration kSkewMax = absl::Minutes(5);
constexpr std::size_t kStepsMax = 64;
constexpr char kNewId[] = "(the new one)";

const PlatformSecret* FindListed(const RotationView& view, const std::string& id) {
  const auto it = std::find_if(view.listed.begin(), view.listed.end(),
                               [&](const PlatformSecret& secret) { return secret.id == id; });
  return it == view.listed.end() ? nullptr : &*it;
}

bool Holds(const RotationSlot& slot, const RotationRecord::Made& made) {
  return slot.hash == made.hash;
}

// Made by a create of ours whose answer we never had.
bool IsOrphan(const RotationView& view, const PlatformSecret& secret) {
  if (view.record.made.has_value() && view.record.made->id == secret.id) {
    return false;
  }
  const absl::Duration lifetime = secret.expires_at - secret.created_at;
  return std::any_of(view.record.attempts.begin(), view.record.attempts.end(),
                     [&](const RotationRecord::Attempt& attempt) {
                       return absl::AbsDuration(lifetime - attempt.lifetime) <= absl::Seconds(1) &&
                              secret.created_at >= attempt.begun_at - kSkewMax;
                     });
}

RotationStep Delete(const std::string& id, absl::string_view why) {
  return {
      .kind = Kind::kDelete, .id = id, .message = absl::StrCat("delete secret ", id, ": ", why)};
}

// Bring what is made into every file, then end what it replaces.
RotationStep GoOn(const RotationView& view, const RotationRecord::Made& made) {
  const bool listed = FindListed(view, made.id) != nullptr;
  const bool held = std::any_of(view.slots.begin(), view.slots.end(),
                                [&](const RotationSlot& slot) { return Holds(slot, made); });
  if (listed && !held) {
    return Delete(made.id, "a rotation that was cut made it, and its value is lost");
  }
  if (!listed || !held) {
    return {.kind = Kind::kForget};
  }
  const bool accepted =
      std::any_of(view.slots.begin(), view.slots.end(),
                  [&](const RotationSlot& slot) { return Holds(slot, made) && slot.accepted; });
  if (!accepted) {
    return {.kind = Kind::kStuck,
            .message = absl::StrCat("the new secret ", made.id,
                                    " gets no token yet. Nothing was deleted, the one before it "
                                    "is in use: repeat this in a minute. If it stays so, delete ",
                                    made.id, " on the platform and repeat")};
  }
  for (std::size_t i = 0; i < view.slots.size(); ++i) {
    if (!Holds(view.slots[i], made)) {
      return {.kind = Kind::kCopy,
              .slot = i,
              .message = absl::StrCat("write the new secret, which got a token, to ",
                                      view.slots[i].name, " too")};
    }
  }
  for (const std::string& id : view.record.replaced) {
    if (id != made.id && FindListed(view, id) != nullptr) {
      return Delete(id, "it is replaced");
    }
  }
  return {.kind = Kind::kFinish};
}

// The file whose secret is needed least.
std::size_t SpareSlot(const std::vector<RotationSlot>& slots) {
  const auto need = [](const RotationSlot& slot) {
    return (slot.accepted ? 1 : 0) + (slot.in_use ? 2 : 0);
  };
  const auto spare = std::min_element(
      slots.rbegin(), slots.rend(),
      [&](const RotationSlot& a, const RotationSlot& b) { return need(a) < need(b); });
  return static_cast<std::size_t>(std::distance(spare, slots.rend())) - 1;
}

// As if the step had succeeded.
void Imagine(const RotationStep& step, RotationView& view) {
  RotationRecord& record = view.record;
  switch (step.kind) {
    case Kind::kDelete:
      view.listed.erase(
          std::remove_if(view.listed.begin(), view.listed.end(),
                         [&](const PlatformSecret& secret) { return secret.id == step.id; }),
          view.listed.end());
      break;
    case Kind::kForget:
      record.made.reset();
      record.open = false;
      break;
    case Kind::kCreate:
      record.replaced = ReplacedBy(view);
      view.listed.push_back({.id = kNewId});
      record.made = {.id = kNewId, .hash = kNewId};
      record.open = true;
      view.slots[step.slot].hash = kNewId;
      view.slots[step.slot].accepted = true;
      break;
    case Kind::kCopy:
      view.slots[step.slot].hash = record.made->hash;
      view.slots[step.slot].accepted = true;
      break;
    case Kind::kFinish:
      record.open = false;
      view.rotated = true;
      break;
    case Kind::kDone:
    case Kind::kStuck:
      break;
  }
}

}  // namespace

RotationStep NextStep(const RotationView& view) {
  for (const PlatformSecret& secret : view.listed) {
    if (IsOrphan(view, secret)) {
      return Delete(secret.id, "a rotation that was cut made it, and its value is lost");
    }
  }
  if (view.record.open && view.record.made.has_value()) {
    return GoOn(view, *view.record.made);
  }
  if (view.rotated) {
    return {.kind = Kind::kDone};
  }
  if (view.listed.size() >= kPlatformSecretsMax) {
    return {.kind = Kind::kStuck,
            .message = absl::StrCat(
                "the principal has ", view.listed.size(), " secrets, and may have ",
                kPlatformSecretsMax,
                ": delete one on the platform that nobody uses, and repeat. None is known to be "
                "left over from us")};
  }
  const std::size_t slot = SpareSlot(view.slots);
  return {.kind = Kind::kCreate,
          .slot = slot,
          .message = absl::StrCat("make a secret, write it to ", view.slots[slot].name,
                                  " and get a token with it")};
}

std::vector<std::string> ReplacedBy(const RotationView& view) {
  std::set<std::string> accepted;
  std::vector<std::string> ids;
  std::vector<std::string> unknown;
  for (const RotationSlot& slot : view.slots) {
    if (slot.accepted) {
      accepted.insert(slot.hash);
    }
  }
  const std::optional<RotationRecord::Made>& made = view.record.made;
  for (const PlatformSecret& secret : view.listed) {
    const bool ours = made.has_value() && made->id == secret.id;
    if (accepted.erase(ours ? made->hash : secret.hash) > 0) {
      ids.push_back(secret.id);
    } else if (!ours && secret.expires_at > view.now) {
      unknown.push_back(secret.id);
    }
  }
  if (unknown.size() == accepted.size()) {
    ids.insert(ids.end(), unknown.begin(), unknown.end());
  }
  return ids;
}

std::vector<std::string> ForeseeSteps(RotationView view) {
  std::vector<std::string> steps;
  for (std::size_t i = 0; i < kStepsMax; ++i) {
    const RotationStep step = NextStep(view);
    if (!step.message.empty()) {
      steps.push_back(step.message);
    }
    if (step.kind == Kind::kDone || step.kind == Kind::kStuck) {
      break;
    }
    Imagine(step, view);
  }
  return steps;
}

}  // namespace roomkeeper
