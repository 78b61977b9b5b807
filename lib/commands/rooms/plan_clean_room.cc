#include "lib/commands/rooms/plan_clean_room.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/ci/ci_scope.h"
#include "lib/commands/moves/update_clean_room.h"
#include "lib/commands/refusals.h"
#include "lib/commands/submit.h"
#include "lib/crypto/digest.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

struct Planning {
  const CommandContext& context;
  Principal principal = {};
  CreateCleanRoomInput input = {};
  RoomDraft draft = {};
  CleanRoomPlanned plan = {};
  StoreDone<CleanRoomPlanned> done = {};
};

std::string DigestOf(const CleanRoomPlanned& plan) {
  const RoomSpec& spec = plan.room.spec;
  std::string text = absl::StrCat(ImmutableDigest(spec), "\n", spec.package_digest, "\n");
  for (const Action& action : plan.actions) {
    absl::StrAppend(&text, Name(action.kind), " ", action.subject, "\n");
  }
  return absl::StrCat("sha256:", Sha256Hex(text));
}

void Finish(Planning& planning, const std::optional<ObservedRoom>& observed) {
  CleanRoomPlanned& plan = planning.plan;
  const RoomSpec& desired = plan.room.spec;
  const MarkVerdict mark =
      observed ? planning.context.provenance.Verify(observed->comment, desired.room_name)
               : MarkVerdict::kNoMark;
  // LIST does not show what an asset stands for. In a room that was verified it is known.
  std::vector<std::string> trusted;
  const std::optional<RoomSpec>& leaving = plan.room.leaving;
  for (const AssetSpec& asset : desired.assets) {
    const bool stays =
        !leaving.has_value() ||
        std::find(leaving->assets.begin(), leaving->assets.end(), asset) != leaving->assets.end();
    if (plan.room.ready_at && stays) {
      trusted.push_back(asset.name);
    }
  }
  plan.actions = MakePlan({.desired = desired,
                           .observed = observed,
                           .mark = mark,
                           .trusted = trusted,
                           .leaving = leaving.has_value() ? &*leaving : nullptr});
  plan.digest = DigestOf(plan);
  planning.done(std::move(plan));
}

// A room that exists: what does it lack?
void Observe(const std::shared_ptr<Planning>& planning) {
  planning->context.loop.Post([planning] {
    planning->context.provider.ObserveRoom(
        ScopeOf(planning->principal, planning->plan.room), planning->plan.room.spec.room_name,
        Provider::Depth::kFull, [planning](CallResult<ObservedRoom> seen) {
          if (seen.failure.error == CallError::kNotFound) {
            Finish(*planning, std::nullopt);
            return;
          }
          if (!seen.ok()) {
            planning->done(
                FromCallFailure(planning->principal, seen.failure, "show the clean room"));
            return;
          }
          Finish(*planning, std::move(seen.value));
        });
  });
}

// A new room, or another version of one: would it be refused?
void Preflight(const std::shared_ptr<Planning>& planning) {
  planning->context.loop.Post([planning] {
    planning->context.provider.Preflight(
        ScopeOf(planning->principal, planning->plan.room), planning->plan.room.spec, /*fresh=*/true,
        [planning](CallResult<PreflightReport> report) {
          if (!report.ok()) {
            planning->done(
                FromCallFailure(planning->principal, report.failure, "answer preflight"));
            return;
          }
          planning->plan.problems = std::move(report.value.problems);
          planning->plan.shard.rooms = report.value.rooms_listed;
          if (!planning->plan.adds_room) {
            std::erase_if(planning->plan.problems, [](const Problem& problem) {
              return problem.reason == reason::kRoomLimitReached;
            });
            Observe(planning);
            return;
          }
          Finish(*planning, std::nullopt);
        });
  });
}

// What it lacks; of another version than it has, what UpdateCleanRoom would do.
void PlanExisting(const std::shared_ptr<Planning>& planning, CleanRoom stored) {
  const CreateCleanRoomInput& input = planning->input;
  const bool moves = input.package == stored.spec.package && !input.package_version.empty() &&
                     input.package_version != stored.spec.package_version;
  planning->plan.room = std::move(stored);
  if (!moves) {
    Observe(planning);
    return;
  }
  auto spec = SpecAfterMove(planning->context, planning->plan.room, *planning->draft.package);
  if (!spec.ok()) {
    planning->done(spec.status());
    return;
  }
  LeaveFor(planning->plan.room, *std::move(spec));
  Preflight(planning);
}

void OnStored(const std::shared_ptr<Planning>& planning, absl::StatusOr<CleanRoom> stored) {
  if (!stored.ok() && !absl::IsNotFound(stored.status())) {
    planning->done(stored.status());
    return;
  }
  if (absl::Status met = stored.ok() ? CheckMet(planning->principal, *stored) : absl::OkStatus();
      !met.ok()) {
    planning->done(std::move(met));
    return;
  }
  planning->plan.shard = planning->draft.shard;
  planning->plan.brand_jobs_max = planning->draft.enrolled.brand.jobs_in_flight_max;
  if (stored.ok() && stored->state != RoomState::kDeleted) {
    PlanExisting(planning, *std::move(stored));
    return;
  }
  auto room = MakeRoomRow(planning->context, planning->draft, planning->input,
                          stored.ok() ? stored->generation + 1 : 1, JobId());
  if (!room.ok()) {
    planning->done(room.status());
    return;
  }
  planning->plan.room = *std::move(room);
  planning->plan.adds_room = true;
  Preflight(planning);
}

}  // namespace

void PlanCleanRoom(const CommandContext& context, const Principal& principal,
                   CreateCleanRoomInput input, StoreDone<CleanRoomPlanned> done) {
  // Not make_shared: gcc 12 warns of the temporary that it would be moved from.
  const std::shared_ptr<Planning> planning(new Planning{.context = context,
                                                        .principal = principal,
                                                        .input = std::move(input),
                                                        .done = std::move(done)});
  if (absl::Status held = HoldToScope(context, principal, planning->input); !held.ok()) {
    planning->done(std::move(held));
    return;
  }
  DraftRoom(context, principal, planning->input, [planning](absl::StatusOr<RoomDraft> draft) {
    if (!draft.ok()) {
      planning->done(draft.status());
      return;
    }
    planning->draft = *std::move(draft);
    planning->context.jobs.GetRoom(
        planning->draft.key,
        [planning](absl::StatusOr<CleanRoom> stored) { OnStored(planning, std::move(stored)); });
  });
}

}  // namespace roomkeeper
