#include "lib/commands/operations/rebuild.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/cleanroom/naming.h"
#include "lib/cleanroom/plan.h"
#include "lib/cleanroom/room_spec_builder.h"
#include "lib/commands/submit.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

using Outcome = RebuildFinding::Outcome;

// Thousands of rooms are looked at one after the other, as the request budget lets them.
constexpr absl::Duration kDeadline = absl::Hours(24);

struct Owner {
  const Brand& brand;
  const Install& install;
  RoomKey key = {};
  std::int32_t generation = 0;
};

absl::Status Leave(absl::string_view why) {
  return absl::FailedPreconditionError(why);
}

absl::StatusOr<Owner> FindOwner(const RebuildInput& input, const std::string& room_name) {
  for (const BrandWithInstalls& enrolled : input.brands) {
    const auto id = ReadCleanRoomId(enrolled.brand.id, room_name);
    if (!id.has_value()) {
      continue;
    }
    for (const Install& install : enrolled.installs) {
      const RoomKey key{.brand = enrolled.brand.id, .install = install.id, .id = *id};
      const std::int32_t generation =
          GenerationOf(input.provenance.service_instance(), key, room_name);
      if (generation != 0) {
        return Owner{enrolled.brand, install, key, generation};
      }
    }
  }
  return Leave(room_name.size() == kRoomNameBytesMax
                   ? "its name is too long to hold the room's id: start the server, then roomctl "
                     "rooms adopt it with --id"
                   : "no enrolled install has a room of this name: enrol its brand and install "
                     "under the ids they had, and rebuild again");
}

absl::StatusOr<std::shared_ptr<const PackageVersion>> FindPackage(const RebuildInput& input,
                                                                  const std::string& comment) {
  const auto path = ReadPackage(comment);
  if (!path.has_value()) {
    return Leave(
        "its comment was edited and names no package any more: start the server, then roomctl "
        "rooms adopt it");
  }
  const std::string name = FormatName(path->package, path->version);
  const auto package = input.packages.Get(path->package, path->version);
  if (path->version.empty() || !package.ok()) {
    return Leave(
        absl::StrCat(name, " is not in packages_dir: put it back there, and rebuild again"));
  }
  for (const PackageNotebook& notebook : (*package)->notebooks) {
    if (notebook.content_digest.empty()) {
      return Leave(absl::StrCat("notebook ", notebook.name, " of ", name,
                                " is in no workspace: put it back there, and rebuild again"));
    }
  }
  return *package;
}

const ShardFacts* FindShard(const RebuildInput& input, const ShardId& id) {
  const auto found = std::find_if(input.shards.begin(), input.shards.end(),
                                  [&](const ShardStatus& shard) { return shard.id == id; });
  return found == input.shards.end() ? nullptr : &found->facts;
}

// The invitee's address as the platform shows it: one request may have named another than the
// install's.
std::string InvitedEmail(const ObservedRoom& seen, const std::string& alias) {
  for (const Collaborator& collaborator : seen.collaborators) {
    if (SamePlatformName(collaborator.collaborator_alias, alias)) {
      return collaborator.invite_recipient_email;
    }
  }
  return "";
}

std::string WhyDifferent(const Owner& owner, const ObservedRoom& seen) {
  std::string why = absl::StrCat(
      "it was not made from what ", FormatName(owner.key.brand, owner.key.install),
      " is now: compare alias, metastore, workspace and address of the enrolment, the package's "
      "output and egress rules, and the shard; correct them, and rebuild again");
  for (const Collaborator& shown : seen.collaborators) {
    if (!shown.invite_recipient_email.empty()) {
      absl::StrAppend(&why, " (the platform shows ", shown.collaborator_alias, ", ",
                      shown.global_metastore_id, ", ", shown.invite_recipient_email, ")");
    }
  }
  return why;
}

// The spec that made the room. The signed digest is the witness of what the platform does not show.
absl::StatusOr<RoomSpec> MatchSpec(const RebuildInput& input, const PlatformRoom& room,
                                   const Owner& owner, const JobId& job) {
  const ShardFacts* shard = FindShard(input, room.shard);
  if (shard == nullptr) {
    return Leave(absl::StrCat("shard ", room.shard.value(), " is not configured"));
  }
  RK_ASSIGN_OR_RETURN(const auto package, FindPackage(input, room.seen.comment));
  const std::optional<ObservedRoom> observed = room.seen;
  for (const std::string& email :
       {std::string(), InvitedEmail(room.seen, owner.brand.collaborator_alias)}) {
    auto spec = BuildRoomSpec(*package, owner.brand, owner.install,
                              {.shard = *shard,
                               .clean_room_id = owner.key.id,
                               .generation = owner.generation,
                               .job = job,
                               .invite_recipient_email = email},
                              input.provenance);
    RK_RETURN_IF_ERROR(spec.status());
    const std::vector<Action> plan = MakePlan(
        {.desired = *spec, .observed = observed, .mark = MarkVerdict::kOurs, .trusted = {}});
    if (!plan.empty() && plan.front().kind == ActionKind::kRecreateRoom) {
      return Leave(absl::StrCat("it is ", room.seen.status,
                                ": delete it there; the brand asks for it anew"));
    }
    if (plan.empty() || plan.front().kind != ActionKind::kQuarantine) {
      return spec;
    }
  }
  return Leave(WhyDifferent(owner, room.seen));
}

absl::StatusOr<CleanRoom> Recover(const RebuildInput& input, const PlatformRoom& room) {
  RK_ASSIGN_OR_RETURN(const Owner owner, FindOwner(input, room.seen.name));
  if (!owner.install.shard.empty() && owner.install.shard != room.shard) {
    return Leave(absl::StrCat(FormatName(owner.key.brand, owner.key.install), " is bound to shard ",
                              owner.install.shard.value(), ", and this is ", room.shard.value()));
  }
  CleanRoom row{.key = owner.key,
                .shard = room.shard,
                .state_since = input.now,
                .generation = owner.generation,
                .job = NewJobId(),
                .created_at = room.seen.created_at,
                .updated_at = input.now};
  if (row.created_at == absl::Time()) {
    row.created_at = input.now;
  }
  RK_ASSIGN_OR_RETURN(row.spec, MatchSpec(input, room, owner, row.job));
  return row;
}

RebuildFinding Judge(const RebuildInput& input, const PlatformRoom& room) {
  RebuildFinding finding{.shard = room.shard,
                         .room_name = room.seen.name,
                         .mark = input.provenance.Verify(room.seen.comment, room.seen.name)};
  if (finding.mark != MarkVerdict::kOurs) {
    finding.why = WhyNotOurs(finding.mark);
    return finding;
  }
  finding.made_by = ParseMark(room.seen.comment)->job;
  auto row = Recover(input, room);
  finding.outcome = row.ok() ? Outcome::kRebuilt : Outcome::kLeft;
  if (row.ok()) {
    finding.room = *std::move(row);
  } else {
    finding.why = std::string(row.status().message());
  }
  return finding;
}

// A clean room has one row: its newest generation, seen through one shard.
void KeepOnePerRoom(std::vector<RebuildFinding>& findings) {
  std::map<RoomKey, RebuildFinding*> kept;
  for (RebuildFinding& finding : findings) {
    if (finding.outcome != Outcome::kRebuilt) {
      continue;
    }
    RebuildFinding*& best = kept[finding.room.key];
    if (best == nullptr) {
      best = &finding;
      continue;
    }
    const bool newer = finding.room.generation > best->room.generation;
    RebuildFinding& other = newer ? *std::exchange(best, &finding) : finding;
    other.outcome = Outcome::kLeft;
    other.why = SamePlatformName(other.room_name, best->room_name)
                    ? absl::StrCat("it is the same room as on shard ", best->shard.value())
                    : absl::StrCat("it is what ", FormatName(other.room.key), " was before ",
                                   best->room_name, ": delete it there");
  }
}

SubmitJob MakeSubmit(const RebuildFinding& finding, absl::Time now) {
  const CleanRoom& room = finding.room;
  return {.room = room,
          .job = {.id = room.job,
                  .room = room.key,
                  .step = Step::kVerify,
                  .since = now,
                  .shard = room.shard,
                  .created_at = now,
                  .updated_at = now,
                  .wake_at = now,
                  .deadline_at = now + kDeadline,
                  .repair = 1},  // it never removes the room
          .event_message =
              absl::StrCat("rebuilt from the platform; made by ", FormatName(finding.made_by))};
}

void AppendEnrolment(BrandWithInstalls enrolled, absl::Time now, std::vector<WriteOp>& writes) {
  enrolled.brand.created_at = now;
  enrolled.brand.updated_at = now;
  writes.emplace_back(CreateBrand{.brand = std::move(enrolled.brand)});
  for (Install& install : enrolled.installs) {
    install.created_at = now;
    writes.emplace_back(CreateInstall{.install = std::move(install)});
  }
}

}  // namespace

absl::StatusOr<RebuildPlan> PlanRebuild(const RebuildInput& input) {
  RebuildPlan plan;
  for (const PlatformRoom& room : input.rooms) {
    plan.findings.push_back(Judge(input, room));
  }
  const auto marked = [&](MarkVerdict mark) {
    return std::any_of(plan.findings.begin(), plan.findings.end(),
                       [mark](const RebuildFinding& it) { return it.mark == mark; });
  };
  if (marked(MarkVerdict::kInvalid) && !marked(MarkVerdict::kOurs)) {
    return Leave(
        "there are rooms that name this service_instance, and the signature of none holds: put "
        "back the provenance key of the store that was lost");
  }
  KeepOnePerRoom(plan.findings);
  std::sort(plan.findings.begin(), plan.findings.end(),
            [](const RebuildFinding& a, const RebuildFinding& b) {
              return std::tie(a.outcome, a.shard, a.room_name) <
                     std::tie(b.outcome, b.shard, b.room_name);
            });
  for (const BrandWithInstalls& enrolled : input.brands) {
    AppendEnrolment(enrolled, input.now, plan.writes);
  }
  for (const RebuildFinding& finding : plan.findings) {
    if (finding.outcome == Outcome::kRebuilt) {
      plan.writes.emplace_back(MakeSubmit(finding, input.now));
    }
  }
  return plan;
}

}  // namespace roomkeeper
