#include "lib/commands/jobs/reader_view.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

std::string InPlaceOf(Move move, absl::string_view reason, const std::string& about) {
  const std::string why = reason.empty() ? "" : absl::StrCat(" (reason ", reason, ")");
  return move == Move::kPlatform
             ? absl::StrCat("the platform did not do what was asked", why,
                            "; to know more ask the provider, naming ", about)
             : absl::StrCat("the provider has to act", why, "; ask them, naming ", about);
}

bool IsOfTheProvider(const Principal& reader, Move move) {
  return !reader.IsOperator() && move == Move::kProviderOperator;
}

bool IsHidden(const Principal& reader, Move move) {
  return IsOfTheProvider(reader, move) || (!reader.IsOperator() && move == Move::kPlatform);
}

void Hide(const Principal& reader, const std::string& about, std::optional<Problem>& problem) {
  if (problem) {
    problem = ShownTo(reader, *std::move(problem), about);
  }
}

// The reason that the message begins with; empty if it does not.
absl::string_view ReasonIn(absl::string_view message) {
  const absl::string_view first = message.substr(0, message.find(':'));
  const bool is_reason =
      first.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == absl::string_view::npos;
  return is_reason ? first : absl::string_view();
}

// Who cancelled a job or took a removal back; not with which key, or as which person.
std::string WithoutCredential(const std::string& message) {
  for (const absl::string_view who : {" by an operator", " by the brand"}) {
    const std::size_t at = message.find(absl::StrCat(who, " with "));
    if (at != std::string::npos) {
      return message.substr(0, at + who.size());
    }
  }
  return message;
}

}  // namespace

Problem ShownTo(const Principal& reader, Problem problem, const std::string& about) {
  if (IsHidden(reader, problem.move)) {
    problem.message = InPlaceOf(problem.move, problem.reason, about);
  }
  return problem;
}

Job ShownTo(const Principal& reader, Job job) {
  const std::string about = FormatName(job.id);
  Hide(reader, about, job.problem);
  Hide(reader, about, job.progress.failing_with);
  if (IsOfTheProvider(reader, job.move) && !job.waiting_for.empty()) {
    job.waiting_for = "the provider to act";
  }
  return job;
}

CleanRoom ShownTo(const Principal& reader, CleanRoom room) {
  Hide(reader, room.job.empty() ? FormatName(room.key) : FormatName(room.job), room.problem);
  return room;
}

std::string MessageShownTo(const Principal& reader, const JobEvent& event) {
  if (!reader.IsOperator() &&
      (event.type == "job.cancel_requested" || event.type == "job.cancelled")) {
    const std::string shown = WithoutCredential(event.message);
    if (shown.size() < event.message.size()) {
      return shown;
    }
  }
  const absl::string_view reason = ReasonIn(event.message);
  // Of what the platform is waited for, only a failure is told in its words.
  const bool says_why =
      event.type == "job.failed" || event.type == "step.retrying" ||
      (IsOfTheProvider(reader, event.move) && (!reason.empty() || event.type == "job.waiting"));
  return IsHidden(reader, event.move) && says_why && !event.message.empty()
             ? InPlaceOf(event.move, reason, FormatName(event.job))
             : event.message;
}

}  // namespace roomkeeper
