#include "lib/commands/jobs/read_jobs.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/page_token.h"
#include "lib/commands/refusals.h"
#include "lib/commands/submit.h"

namespace roomkeeper {
namespace {

// Waits are folded, so a job has tens of events; more than this is a job that was repaired often,
// and its step times are then those of its beginning.
constexpr std::int32_t kEventsReadMax = 500;

std::string TextOf(const Principal& principal, const JobQuery& query) {
  return absl::StrCat("jobs\n", CallerScope(principal), "\n",
                      query.brand.value_or(BrandId()).value(), "\n",
                      query.install.value_or(InstallId()).value(), "\n",
                      query.clean_room.value_or(CleanRoomId()).value(), "\n",
                      query.state ? Name(*query.state) : "");
}

JobQuery QueryOf(const Principal& principal, const ListJobsInput& input) {
  JobQuery query{.state = input.state, .limit = input.limit};
  const BrandId brand = input.parent.brand.empty() ? principal.brand : input.parent.brand;
  if (!brand.empty()) {
    query.brand = brand;
  }
  if (!input.parent.install.empty()) {
    query.install = input.parent.install;
  }
  if (!input.clean_room.empty()) {
    query.clean_room = input.clean_room;
  }
  if (principal.IsCi()) {
    query.install = principal.install;
    query.room_labels = principal.ci.Label();
  }
  return query;
}

}  // namespace

void FindJob(const CommandContext& context, const Principal& principal, JobId id,
             StoreDone<Job> done) {
  context.jobs.GetJob(id, [principal, id, done = std::move(done)](absl::StatusOr<Job> job) {
    if (!job.ok()) {
      done(NotFoundOr(job.status(), FormatName(id)));
      return;
    }
    if (!principal.MaySee(job->room.brand)) {
      done(NotFound(FormatName(id)));
      return;
    }
    done(std::move(job));
  });
}

void FindJobToChange(const CommandContext& context, const Principal& principal, JobId id,
                     StoreDone<Job> done) {
  FindJob(context, principal, std::move(id),
          [principal, done = std::move(done)](absl::StatusOr<Job> job) {
            if (job.ok() && !principal.MayChange(job->room)) {
              done(OtherInstall(principal, FormatName(job->id)));
              return;
            }
            done(std::move(job));
          });
}

void GetJob(const CommandContext& context, const Principal& principal, JobId id,
            StoreDone<JobView> done) {
  FindJob(context, principal, std::move(id),
          [&context, done = std::move(done)](absl::StatusOr<Job> job) {
            if (!job.ok()) {
              done(job.status());
              return;
            }
            const JobId found = job->id;
            context.jobs.ReadEvents(
                found, /*after_seq=*/0, kEventsReadMax,
                [&context, job = *std::move(job),
                 done](const absl::StatusOr<std::vector<JobEvent>>& events) {
                  if (!events.ok()) {
                    done(events.status());
                    return;
                  }
                  done(JobView{.job = job, .steps = StepsOf(job, *events, context.clock.Now())});
                });
          });
}

void ListJobs(const CommandContext& context, const Principal& principal, ListJobsInput input,
              StoreDone<ListJobsOutput> done) {
  JobQuery query = QueryOf(principal, input);
  const std::string text = TextOf(principal, query);
  const Secret& key = context.settings.page_token_key;
  const auto after = ParsePageToken(key, text, input.page_token);
  if (!after.ok()) {
    done(after.status());
    return;
  }
  query.after = *after;
  context.jobs.ListJobs(
      std::move(query), [&key, text, done = std::move(done)](absl::StatusOr<JobPage> page) {
        if (!page.ok()) {
          done(page.status());
          return;
        }
        done(ListJobsOutput{.jobs = std::move(page->jobs),
                            .next_page_token = MakePageToken(key, text, page->next)});
      });
}

}  // namespace roomkeeper
