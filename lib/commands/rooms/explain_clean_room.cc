#include "lib/commands/rooms/explain_clean_room.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/base/time_text.h"
#include "lib/commands/jobs/reader_view.h"
#include "lib/commands/refusals.h"
#include "lib/commands/rooms/read_clean_rooms.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

std::string Since(absl::Time at, absl::Time now) {
  absl::Duration ago = absl::Trunc(now - at, absl::Seconds(1));
  if (ago > absl::Hours(2)) {
    ago = absl::Trunc(ago, absl::Minutes(1));
  }
  return absl::StrCat("since ", UtcText(at), " (", absl::FormatDuration(ago), ")");
}

std::string WhoseMove(Move move) {
  switch (move) {
    case Move::kNobody:
      return "";
    case Move::kRoomkeeper:
      return "It is Roomkeeper's move: it goes on by itself.";
    case Move::kPlatform:
      return "It is Databricks' move: Roomkeeper goes on by itself once the platform answers.";
    case Move::kBrandAdmin:
      return "It is the move of an admin of the brand.";
    case Move::kProviderOperator:
      return "It is the move of the provider's operator.";
  }
  return "";
}

std::string ActionFor(const CleanRoom& room, const std::optional<Problem>& problem) {
  if (room.state == RoomState::kAwaitingBrandDelete) {
    return absl::StrCat(
        "An admin of the brand deletes the clean room, which is left there in state "
        "DELETED, in Catalog Explorer or with `databricks clean-rooms delete ",
        room.spec.room_name, "`; then the app calls ConfirmRoomRemoved.");
  }
  const bool someone = room.move == Move::kBrandAdmin || room.move == Move::kProviderOperator;
  if (room.state == RoomState::kFailed) {
    return problem && problem->retryable
               ? absl::StrCat("Call RetryJob for ", FormatName(room.job),
                              " once the cause is gone.")
               : absl::StrCat("Remove the cause, then call RetryJob for ", FormatName(room.job),
                              ", or DeleteCleanRoom.");
  }
  if (room.state == RoomState::kQuarantined) {
    return absl::StrCat("The provider's operator looks at the clean room ", room.spec.room_name,
                        " on the platform: Roomkeeper touches nothing that is not provably its "
                        "own. When the name is free, call RetryJob for ",
                        FormatName(room.job), ".");
  }
  if (problem && someone) {
    return problem->message + ".";
  }
  return someone ? "Read the job's events for what it waits for." : "";
}

// What the job is doing, as a sentence.
std::string Progress(const Job& job, absl::Time now) {
  std::string text =
      absl::StrCat("Job ", FormatName(job.id), " (", Name(job.kind), ") is ", Name(job.state));
  if (IsFinal(job.state)) {
    return absl::StrCat(text, ".");
  }
  absl::StrAppend(&text, " in step ", Name(job.step), " ", Since(job.since, now));
  if (!job.waiting_for.empty()) {
    absl::StrAppend(&text, ", waiting for ", job.waiting_for);
  }
  if (job.progress.attempt > 1) {
    absl::StrAppend(&text, ", attempt ", job.progress.attempt);
  }
  if (job.cancel_requested) {
    absl::StrAppend(&text, ", and was asked to cancel");
  }
  return absl::StrCat(text, ".");
}

}  // namespace

Explanation Explain(CleanRoom room, std::optional<Job> job, absl::Time now) {
  const bool live = job && !IsFinal(job->state);
  const std::optional<Problem>& problem = live && job->problem ? job->problem : room.problem;
  const Move move = live ? job->move : room.move;
  std::string text = absl::StrCat(FormatName(room.key), " is ", Name(room.state), " ",
                                  Since(room.state_since, now), ".");
  const bool works_on_it = live || room.state != RoomState::kDegraded;
  if (job && works_on_it && room.state != RoomState::kReady) {
    absl::StrAppend(&text, " ", Progress(*job, now));
  }
  if (live && !job->moves_from.empty()) {
    const bool back = room.spec.package_version == job->moves_from;
    absl::StrAppend(&text, back ? " It goes back to version " : " It is taken from version ",
                    job->moves_from,
                    back ? "." : absl::StrCat(" to version ", room.spec.package_version, "."));
  }
  if (problem) {
    absl::StrAppend(&text, " Reason ", problem->reason, ": ", problem->message, ".");
  }
  if (const std::string whose = WhoseMove(move); !whose.empty()) {
    absl::StrAppend(&text, " ", whose);
  }
  if (room.expires_at && room.sweep_at) {
    absl::StrAppend(&text, " It expires at ", UtcText(*room.expires_at),
                    " and is then removed, unless RenewCleanRoom puts that off.");
  }
  if (room.purge_at) {
    absl::StrAppend(&text, " Its removal begins at ", UtcText(*room.purge_at),
                    ", unless UndeleteCleanRoom takes that back.");
  }
  room.move = move;
  Explanation explanation;
  explanation.action = ActionFor(room, problem);
  // What the problem's own sentence asks for has been said.
  if (!explanation.action.empty() && !absl::StrContains(text, explanation.action)) {
    absl::StrAppend(&text, " ", explanation.action);
  }
  if (problem) {
    const Problem shown = *problem;
    room.problem = shown;
  }
  explanation.text = std::move(text);
  explanation.room = std::move(room);
  explanation.job = std::move(job);
  return explanation;
}

void ExplainCleanRoom(const CommandContext& context, const Principal& principal, RoomKey room,
                      StoreDone<Explanation> done) {
  GetCleanRoom(context, std::move(room),
               [&context, principal, done = std::move(done)](absl::StatusOr<CleanRoom> stored) {
                 if (!stored.ok()) {
                   done(stored.status());
                   return;
                 }
                 const auto explain = [&context, principal, stored = *stored,
                                       done](absl::StatusOr<Job> job) {
                   if (!job.ok() && !absl::IsNotFound(job.status())) {
                     done(job.status());
                     return;
                   }
                   const auto shown = job.ok()
                                          ? std::optional<Job>(ShownTo(principal, *std::move(job)))
                                          : std::nullopt;
                   done(Explain(ShownTo(principal, stored), shown, context.clock.Now()));
                 };
                 context.jobs.GetJob(stored->job, explain);
               });
}

}  // namespace roomkeeper
