#include "lib/commands/submit.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/time_text.h"
#include "lib/commands/refusals.h"
#include "lib/crypto/digest.h"
#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kJobIdBytes = 10;
constexpr char kOperatorsScope[] = "operators";
constexpr absl::Duration kQueueFullRetry = absl::Seconds(30);

std::map<std::string, std::string> RoomAndJob(const CleanRoom& room, const JobId& job) {
  return {{"clean_room", FormatName(room.key)},
          {"state", std::string(Name(room.state))},
          {"job", FormatName(job)}};
}

Refusal QueueFull(const char* reason, std::string message) {
  return {.code = absl::StatusCode::kResourceExhausted,
          .reason = reason,
          .message = std::move(message),
          .retry_after = kQueueFullRetry};
}

absl::Status CiRoomsFull(const SubmitJob& asked, std::int64_t rooms) {
  const CiScope ci = asked.ci.value_or(CiScope());
  const std::string label = absl::StrCat(ci.label_key, "=", ci.label_value);
  return ToStatus(
      {.code = absl::StatusCode::kResourceExhausted,
       .reason = reason::kCiRoomsFull,
       .message = absl::StrCat(
           FormatName(asked.room.key.brand, asked.room.key.install), " has ", rooms,
           " clean rooms with the label ", label, ", and this CI key may", " have ", ci.rooms_max,
           ": delete some (roomctl rooms sweep --label ", label,
           "), wait until they expire, or ask the operator for a key ", "with a higher rooms_max"),
       .metadata = {{"rooms", absl::StrCat(rooms)}, {"rooms_max", absl::StrCat(ci.rooms_max)}}});
}

absl::Status Frozen(const SubmitJob& asked, const Freeze& freeze) {
  Refusal refusal{.code = absl::StatusCode::kFailedPrecondition,
                  .reason = reason::kFrozen,
                  .message = absl::StrCat(FormatName(asked.room.key),
                                          " can not be changed now: the provider has stopped all "
                                          "changes; repeat the request later"),
                  .metadata = {{"clean_room", FormatName(asked.room.key)}}};
  if (asked.caller_scope == kOperatorsScope) {
    absl::StrAppend(&refusal.message, " (", Describe(freeze), ")");
    refusal.metadata["scope"] = freeze.scope;
  }
  return ToStatus(refusal);
}

}  // namespace

std::string CallerScope(const Principal& principal) {
  if (principal.IsCi()) {  // an id of the app's would answer with the app's job
    return absl::StrCat(FormatName(principal.brand, principal.install), "?", principal.ci.label_key,
                        "=", principal.ci.label_value);
  }
  return principal.IsOperator() ? std::string(kOperatorsScope) : FormatName(principal.brand);
}

std::string RequestHash(absl::string_view method, std::initializer_list<absl::string_view> values) {
  std::string text(method);
  for (const absl::string_view value : values) {
    absl::StrAppend(&text, "\n", value.size(), ":", value);
  }
  return Sha256Hex(text);
}

std::string CanonicalText(const Labels& labels) {
  std::string text;
  for (const auto& [key, value] : labels) {
    absl::StrAppend(&text, key.size(), ":", key, value.size(), ":", value);
  }
  return text;
}

JobId NewJobId() {
  return JobId(RandomBase32(kJobIdBytes));
}

Job NewJob(const CommandContext& context, const Principal& principal, const CleanRoom& room,
           JobKind kind, const std::string& request_id) {
  const absl::Time now = context.clock.Now();
  const bool provision = kind == JobKind::kProvision;
  return {.id = NewJobId(),
          .room = room.key,
          .kind = kind,
          .step = provision ? Step::kPreflight : Step::kDeleteRoom,
          .since = now,
          .shard = room.shard,
          .request_id = request_id,
          .trace_id = principal.trace_id,
          .created_at = now,
          .updated_at = now,
          .wake_at = now,
          .deadline_at = now + (provision ? context.settings.provision_deadline
                                          : context.settings.teardown_deadline)};
}

CallScope ScopeOf(const Principal& principal, const CleanRoom& room) {
  return {.shard = room.shard, .origin = {.brand = room.key.brand, .trace_id = principal.trace_id}};
}

void HoldForGrace(SubmitJob& op, const CleanRoom& stored, absl::Duration grace) {
  const absl::Time now = op.job.created_at;
  const absl::Time begin = std::min(now + grace, stored.expires_at.value_or(now + grace));
  if (!IsRunnable(stored.state) || begin <= now) {
    return;
  }
  const std::string at = UtcText(begin);
  op.after_grace = true;
  op.room.purge_at = begin;
  op.job.wake_at = begin;
  op.job.deadline_at += begin - now;
  op.job.waiting_for = absl::StrCat("the end of its grace period at ", at);
  absl::StrAppend(&op.event_message, "; it begins at ", at,
                  " unless UndeleteCleanRoom takes it back");
}

absl::StatusOr<Job> FromOutcome(const SubmitJob& asked, const SubmitJob::Result& result) {
  using Outcome = SubmitJob::Result::Outcome;
  const std::string name = FormatName(asked.room.key);
  switch (result.outcome) {
    case Outcome::kInserted:
    case Outcome::kReplayed:
      return result.job;
    case Outcome::kRequestIdReused:
      return RequestIdReused(asked.request_id);
    case Outcome::kRoomExists:
      return ToStatus(
          {.code = absl::StatusCode::kAlreadyExists,
           .reason = reason::kRoomExists,
           .message = absl::StrCat(name, " exists already and is ", Name(result.room.state)),
           .metadata = RoomAndJob(result.room, result.room.job)});
    case Outcome::kRoomNotFound:
      return NotFound(name);
    case Outcome::kRoomStateForbids:
      return ToStatus({.code = absl::StatusCode::kFailedPrecondition,
                       .reason = reason::kRoomDeleted,
                       .message = absl::StrCat(name, " is ", Name(result.room.state),
                                               ": nothing of it is left on the provider's side"),
                       .metadata = RoomAndJob(result.room, result.room.job)});
    case Outcome::kGenerationTaken:
      return absl::InternalError("a stale generation was not handled");
    case Outcome::kRoomBusy:
      return ToStatus(
          {.code = absl::StatusCode::kFailedPrecondition,
           .reason = reason::kRoomBusy,
           .message = absl::StrCat("another job of ", name, " is open: ", FormatName(result.job.id),
                                   "; wait for it or cancel it"),
           .metadata = {{"clean_room", name}, {"job", FormatName(result.job.id)}}});
    case Outcome::kRevisionMismatch:
      return EtagMismatch(name, result.room.revision);
    case Outcome::kFrozen:
      return Frozen(asked, result.freeze);
    case Outcome::kCiRoomsFull:
      return CiRoomsFull(asked, result.rooms);
    case Outcome::kBrandQueueFull:
      return ToStatus(QueueFull(
          reason::kBrandQueueFull,
          absl::StrCat("brands/", asked.room.key.brand.value(), " has ",
                       asked.brand_jobs_in_flight_max, " open jobs, which is its limit")));
    case Outcome::kQueueFull:
      return ToStatus(QueueFull(
          reason::kQueueFull,
          absl::StrCat("the server has ", asked.open_jobs_max, " open jobs, which is its limit")));
    case Outcome::kInstallFull:
      return ToStatus(
          {.code = absl::StatusCode::kResourceExhausted,
           .reason = reason::kInstallRoomsFull,
           .message = absl::StrCat(FormatName(asked.room.key.brand, asked.room.key.install),
                                   " has ", asked.install_rooms_max,
                                   " clean rooms, as many as it may: delete one, "
                                   "or ask the provider's operator for more")});
  }
  return absl::InternalError("unknown outcome of a submit");
}

void Submit(const CommandContext& context, SubmitJob op, StoreDone<Job> done) {
  context.jobs.Submit(op, [op, done = std::move(done)](absl::StatusOr<SubmitJob::Result> result) {
    if (!result.ok()) {
      done(result.status());
      return;
    }
    done(FromOutcome(op, *result));
  });
}

void AnswerAsBefore(const CommandContext& context, SubmitJob op, absl::Status refusal,
                    StoreDone<Job> done) {
  if (op.request_id.empty()) {
    done(std::move(refusal));
    return;
  }
  op.expected_room_revision = kNoRevision;
  context.jobs.Submit(op, [op, refusal = std::move(refusal), done = std::move(done)](
                              const absl::StatusOr<SubmitJob::Result>& result) {
    using Outcome = SubmitJob::Result::Outcome;
    const bool known = result.ok() && (result->outcome == Outcome::kReplayed ||
                                       result->outcome == Outcome::kRequestIdReused);
    done(known ? FromOutcome(op, *result) : refusal);
  });
}

}  // namespace roomkeeper
