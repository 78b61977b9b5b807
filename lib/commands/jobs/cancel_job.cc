#include "lib/commands/jobs/cancel_job.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

absl::Status JobFinal(const Job& job) {
  return ToStatus(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = reason::kJobFinal,
       .message =
           absl::StrCat(FormatName(job.id), " is ", Name(job.state), " and never changes again"),
       .metadata = {{"job", FormatName(job.id)}, {"state", std::string(Name(job.state))}}});
}

// What it deletes may be half gone: there is no way back. The engine would not act on it.
absl::Status NotCancellable(const Job& job) {
  return ToStatus(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = reason::kJobNotCancellable,
       .message = absl::StrCat(FormatName(job.id),
                               " has begun to remove a clean room, which cannot be undone: wait "
                               "for its end"),
       .metadata = {{"job", FormatName(job.id)}, {"state", std::string(Name(job.state))}}});
}

}  // namespace

void CancelJobById(const CommandContext& context, const Principal& principal, JobId id,
                   StoreDone<Job> done) {
  FindJobToChange(
      context, principal, std::move(id),
      [&context, principal, done = std::move(done)](absl::StatusOr<Job> job) {
        if (!job.ok()) {
          done(job.status());
          return;
        }
        if (principal.IsCi() && job->kind == JobKind::kTeardown) {  // UndeleteCleanRoom, by name
          done(RoleTooLow(principal, Role::kBrand, "to take a removal back"));
          return;
        }
        CancelJob op{.id = job->id,
                     .now = context.clock.Now(),
                     .message = absl::StrCat("cancel asked for by ",
                                             principal.IsOperator() ? "an operator" : "the brand",
                                             " with ", principal.Credential()),
                     .only_in_grace = job->kind == JobKind::kTeardown,
                     .audit = principal.stamp};
        context.jobs.Cancel(std::move(op),
                            [job = *job, done](absl::StatusOr<CancelJob::Result> result) {
                              if (absl::IsFailedPrecondition(result.status())) {
                                done(NotCancellable(job));
                                return;
                              }
                              if (!result.ok()) {
                                done(result.status());
                                return;
                              }
                              if (result->already_final) {
                                done(JobFinal(result->job));
                                return;
                              }
                              done(std::move(result->job));
                            });
      });
}

}  // namespace roomkeeper
