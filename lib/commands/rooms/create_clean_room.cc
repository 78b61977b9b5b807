#include "lib/commands/rooms/create_clean_room.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/cleanroom/room_spec_builder.h"
#include "lib/commands/ci/ci_scope.h"
#include "lib/commands/installs.h"
#include "lib/commands/placement.h"
#include "lib/commands/refusals.h"
#include "lib/commands/submit.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

// A brand invites whom its install was enrolled for, so that a key that got about invites nobody
// else; an operator may invite another person there.
absl::Status CheckInvitee(const Principal& principal, const CreateCleanRoomInput& input,
                          const Install& install) {
  std::vector<FieldViolation> violations;
  if (!input.global_metastore_id.empty() &&
      input.global_metastore_id != install.global_metastore_id) {
    violations.push_back({"invitee.global_metastore_id",
                          absl::StrCat("must be the enrolled \"", install.global_metastore_id,
                                       "\", got \"", input.global_metastore_id, "\"")});
  }
  if (input.workspace_id != 0 && input.workspace_id != install.workspace_id) {
    violations.push_back({"invitee.invite_recipient_workspace_id",
                          absl::StrCat("must be the enrolled ", install.workspace_id, ", got ",
                                       input.workspace_id)});
  }
  if (!input.keeps_invitee && !principal.IsOperator() && !input.invite_recipient_email.empty() &&
      input.invite_recipient_email != install.invite_recipient_email) {
    violations.push_back(
        {"invitee.invite_recipient_email",
         absl::StrCat("must be the enrolled \"", install.invite_recipient_email, "\", got \"",
                      input.invite_recipient_email, "\"; an operator may invite somebody else")});
  }
  if (violations.empty()) {
    return absl::OkStatus();
  }
  return ToStatus({.code = absl::StatusCode::kInvalidArgument,
                   .reason = reason::kInviteeMismatch,
                   .message = absl::StrCat(violations[0].field, " ", violations[0].description,
                                           "; an app in another workspace is another install"),
                   .violations = violations});
}

absl::StatusOr<RoomDraft> Complete(const CommandContext& context, const Principal& principal,
                                   const CreateCleanRoomInput& input, Enrolled enrolled) {
  RK_RETURN_IF_ERROR(CheckInvitee(principal, input, enrolled.install));
  RK_RETURN_IF_ERROR(CheckPackageAllowed(principal, enrolled.install, input.package));
  RoomDraft draft;
  auto package = context.packages.Get(input.package, input.package_version);
  if (!package.ok()) {
    return absl::IsNotFound(package.status())
               ? PackageNotFound(context, input.package, input.package_version)
               : package.status();
  }
  draft.package = *std::move(package);
  Install placed = enrolled.install;
  if (!input.shard.empty()) {
    placed.shard = input.shard;
  }
  RK_ASSIGN_OR_RETURN(draft.shard, PickShard(context.shards.List(), placed, principal));
  draft.key = {.brand = enrolled.brand.id,
               .install = enrolled.install.id,
               .id = input.id.empty() ? CleanRoomId(input.package.value()) : input.id};
  draft.enrolled = std::move(enrolled);
  return draft;
}

std::string HashOf(const RoomDraft& draft, const CreateCleanRoomInput& input) {
  return RequestHash(
      "CreateCleanRoom",
      {FormatName(draft.key), input.package.value(), input.package_version,
       CanonicalText(input.labels), input.global_metastore_id, absl::StrCat(input.workspace_id),
       // Without an expiry, as it was before there was one.
       absl::StrCat(input.invite_recipient_email, CanonicalText(input.expiry))});
}

// A stale generation can be met once, or twice when another caller is at it; then it is a race that
// the caller may repeat.
constexpr int kGenerationTriesMax = 3;

struct Attempt {
  const CommandContext& context;
  Principal principal = {};
  CreateCleanRoomInput input = {};
  RoomDraft draft = {};
  StoreDone<Job> done = {};
};

absl::Status RoomWasRemade(const CleanRoom& room) {
  return ToStatus(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = reason::kRoomDiffers,
       .message = absl::StrCat(FormatName(room.key), " is at generation ", room.generation,
                               " in the records: only its next one can be taken in"),
       .metadata = {{"clean_room", FormatName(room.key)}}});
}

void SubmitGeneration(const std::shared_ptr<Attempt>& attempt, std::int32_t generation, int tries);

void OnSubmitted(const std::shared_ptr<Attempt>& attempt, const SubmitJob& op, int tries,
                 const absl::StatusOr<SubmitJob::Result>& result) {
  if (!result.ok()) {
    attempt->done(result.status());
    return;
  }
  if (result->outcome == SubmitJob::Result::Outcome::kRoomExists) {
    if (absl::Status met = CheckMet(attempt->principal, result->room); !met.ok()) {
      attempt->done(std::move(met));
      return;
    }
  }
  if (result->outcome == SubmitJob::Result::Outcome::kGenerationTaken) {
    if (attempt->input.generation.has_value()) {
      attempt->done(RoomWasRemade(result->room));
      return;
    }
    if (tries >= kGenerationTriesMax) {
      attempt->done(absl::UnavailableError("the clean room is being remade by others"));
      return;
    }
    SubmitGeneration(attempt, result->room.generation + 1, tries + 1);
    return;
  }
  attempt->done(FromOutcome(op, *result));
}

void SubmitGeneration(const std::shared_ptr<Attempt>& attempt, std::int32_t generation, int tries) {
  const CommandContext& context = attempt->context;
  SubmitJob op{.caller_scope = CallerScope(attempt->principal),
               .request_id = attempt->input.request_id,
               .request_hash = HashOf(attempt->draft, attempt->input),
               .event_message = "accepted",
               .claim_for = context.settings.claim_for,
               .brand_jobs_in_flight_max = attempt->draft.enrolled.brand.jobs_in_flight_max,
               .open_jobs_max = context.settings.open_jobs_max,
               .ci = CiScopeOf(attempt->principal),
               .install_rooms_max =
                   attempt->principal.IsOperator() ? 0 : attempt->draft.enrolled.install.rooms_max,
               .audit = attempt->principal.stamp};
  op.room.key = attempt->draft.key;
  op.room.shard = attempt->draft.shard.id;
  op.job =
      NewJob(context, attempt->principal, op.room, JobKind::kProvision, attempt->input.request_id);
  if (attempt->input.generation.has_value()) {  // it is there, and may be in use
    op.event_message = "accepted: the clean room is taken in as it is";
    op.job.step = Step::kVerify;
    op.job.repair = 1;
  }
  auto room = MakeRoomRow(context, attempt->draft, attempt->input, generation, op.job.id);
  if (!room.ok()) {
    attempt->done(room.status());
    return;
  }
  op.room = *std::move(room);
  context.jobs.Submit(op, [attempt, op, tries](absl::StatusOr<SubmitJob::Result> result) {
    OnSubmitted(attempt, op, tries, result);
  });
}

// Nothing is submitted; what a submit would refuse for the room's sake is looked up.
void Validate(const std::shared_ptr<Attempt>& attempt) {
  attempt->context.jobs.GetRoom(attempt->draft.key, [attempt](absl::StatusOr<CleanRoom> stored) {
    if (!stored.ok() && !absl::IsNotFound(stored.status())) {
      attempt->done(stored.status());
      return;
    }
    if (absl::Status met = stored.ok() ? CheckMet(attempt->principal, *stored) : absl::OkStatus();
        !met.ok()) {
      attempt->done(std::move(met));
      return;
    }
    SubmitJob op;
    op.room.key = attempt->draft.key;
    if (stored.ok() && stored->state != RoomState::kDeleted) {
      attempt->done(
          FromOutcome(op, {.outcome = SubmitJob::Result::Outcome::kRoomExists, .room = *stored}));
      return;
    }
    const std::int32_t generation = stored.ok() ? stored->generation + 1 : 1;
    const auto room =
        MakeRoomRow(attempt->context, attempt->draft, attempt->input, generation, JobId());
    if (!room.ok()) {
      attempt->done(room.status());
      return;
    }
    Job job = NewJob(attempt->context, attempt->principal, *room, JobKind::kProvision,
                     attempt->input.request_id);
    job.id = JobId();
    attempt->done(std::move(job));
  });
}

}  // namespace

absl::Status PackageNotFound(const CommandContext& context, const PackageName& name,
                             const std::string& version) {
  std::string versions;
  for (const auto& package : context.packages.List()) {
    if (package->name == name) {
      absl::StrAppend(&versions, versions.empty() ? "" : ", ", package->version);
    }
  }
  const std::string message = versions.empty()
                                  ? absl::StrCat("package ", name.value(), " does not exist")
                                  : absl::StrCat("package ", name.value(), " has no version ",
                                                 version, "; it has ", versions);
  return ToStatus({.code = absl::StatusCode::kNotFound,
                   .reason = reason::kPackageNotFound,
                   .message = message,
                   .metadata = {{"package", name.value()}}});
}

void DraftRoom(const CommandContext& context, const Principal& principal,
               const CreateCleanRoomInput& input, StoreDone<RoomDraft> done) {
  const auto path = ResolveInstall(principal, input.parent);
  if (!path.ok()) {
    done(path.status());
    return;
  }
  LoadEnrolled(
      context, *path,
      [&context, principal, input, done = std::move(done)](absl::StatusOr<Enrolled> enrolled) {
        if (!enrolled.ok()) {
          done(enrolled.status());
          return;
        }
        done(Complete(context, principal, input, *std::move(enrolled)));
      });
}

absl::StatusOr<CleanRoom> MakeRoomRow(const CommandContext& context, const RoomDraft& draft,
                                      const CreateCleanRoomInput& input, std::int32_t generation,
                                      const JobId& job) {
  const absl::Time now = context.clock.Now();
  CleanRoom room{.key = draft.key,
                 .shard = draft.shard.id,
                 .state_since = now,
                 .generation = generation,
                 .job = job,
                 .labels = input.labels,
                 .created_at = now,
                 .updated_at = now};
  auto spec = BuildRoomSpec(*draft.package, draft.enrolled.brand, draft.enrolled.install,
                            {.shard = draft.shard.facts,
                             .clean_room_id = draft.key.id,
                             .generation = generation,
                             .job = job,
                             .invite_recipient_email = input.invite_recipient_email},
                            context.provenance);
  if (!spec.ok()) {
    return InvalidField("invitee", std::string(spec.status().message()));
  }
  room.spec = *std::move(spec);
  if (input.expiry.at.has_value() || input.expiry.ttl.has_value()) {
    RK_ASSIGN_OR_RETURN(room.expires_at, ResolveExpiry(context, input.expiry, now, "clean_room."));
    room.sweep_at = FirstSweep(context, *room.expires_at);
  }
  return room;
}

void CreateCleanRoom(const CommandContext& context, const Principal& principal,
                     CreateCleanRoomInput input, StoreDone<Job> done) {
  const auto attempt = std::make_shared<Attempt>(
      Attempt{.context = context, .principal = principal, .input = std::move(input)});
  attempt->done = std::move(done);
  if (absl::Status held = HoldToScope(context, principal, attempt->input); !held.ok()) {
    attempt->done(std::move(held));
    return;
  }
  DraftRoom(context, principal, attempt->input, [attempt](absl::StatusOr<RoomDraft> draft) {
    if (!draft.ok()) {
      attempt->done(draft.status());
      return;
    }
    attempt->draft = *std::move(draft);
    if (attempt->input.validate_only) {
      Validate(attempt);
      return;
    }
    SubmitGeneration(attempt, attempt->input.generation.value_or(1), /*tries=*/1);
  });
}

}  // namespace roomkeeper
