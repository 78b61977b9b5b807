#include "services/roomctl/progress.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

constexpr absl::Duration kRedrawEvery = absl::Milliseconds(200);
// A longer line would wrap, and then it cannot be taken back.
constexpr std::size_t kLineMax = 79;
constexpr char kClearLine[] = "\r\033[K";
constexpr char kGreen[] = "\033[32m";
constexpr char kRed[] = "\033[31m";
constexpr char kPlain[] = "\033[0m";

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

// "ok" for what went well, "!!" for what did not, ".." for what goes on. Types are an open set.
std::string Mark(const v1::JobEvent& event) {
  for (const char* good : {".finished", ".succeeded"}) {
    if (absl::EndsWith(event.type(), good)) {
      return "ok";
    }
  }
  for (const char* bad : {".failed", ".retrying", ".cancelled", ".quarantined"}) {
    if (absl::EndsWith(event.type(), bad)) {
      return "!!";
    }
  }
  return "..";
}

bool IsFinal(v1::JobState state) {
  return state == v1::JOB_STATE_SUCCEEDED || state == v1::JOB_STATE_FAILED ||
         state == v1::JOB_STATE_CANCELLED;
}

}  // namespace

Progress::Progress(std::ostream& out, const Clock& clock, bool live)
    : out_(out), clock_(clock), live_(live) {}

Progress::~Progress() {
  MutexLock lock(mu_);
  Clear();
  out_.flush();
}

void Progress::Show(const v1::JobEvent& event) {
  MutexLock lock(mu_);
  const absl::Time at = TimeOf(event.event_time());
  begin_ = begin_.value_or(at);
  if (event.type() == "step.started") {
    step_begin_ = at;
  }
  Clear();
  // On a terminal the bottom line says that a step has begun.
  if (!live_ || event.type() != "step.started") {
    Print(event, at);
  }
  since_ = clock_.Now();
  now_ = IsFinal(event.job_state()) ? "" : Text(event.step());
  waiting_for_ = event.type() == "job.waiting" && !event.message().empty()
                     ? absl::StrCat(", waiting for ", event.message())
                     : "";
  Draw();
  out_.flush();
}

void Progress::Print(const v1::JobEvent& event, absl::Time at) {
  const std::string mark = Mark(event);
  const char* colour = !live_ || mark == ".." ? "" : mark == "ok" ? kGreen : kRed;
  std::string what = absl::StartsWith(event.type(), "step.") ? Text(event.step()) : event.type();
  std::string said = event.message();
  if (event.type() == "room.state") {
    what = absl::StrCat("room ", Text(event.clean_room_state()));
  } else if (event.type() == "job.waiting") {
    what = Text(event.step());
    said = absl::StrCat("waiting for ", said);
  } else if (event.type() == "step.started" && said.empty()) {
    said = "begun";
  } else if (event.type() == "step.finished" && step_begin_) {
    const absl::Duration took = at - *step_begin_;
    said = absl::StrCat(absl::StrFormat("%.2f s", absl::ToDoubleSeconds(took)),
                        said.empty() ? "" : ", ", said);
  }
  std::string line = absl::StrFormat("%8.2f s  %s  %-18s %s", absl::ToDoubleSeconds(at - *begin_),
                                     mark, what, said);
  absl::StripTrailingAsciiWhitespace(&line);
  out_ << colour << line << (*colour == '\0' ? "" : kPlain) << '\n';
}

void Progress::Note(absl::string_view text) {
  MutexLock lock(mu_);
  Clear();
  out_ << "            ~~  " << text << '\n';
  Draw();
  out_.flush();
}

void Progress::Redraw() {
  MutexLock lock(mu_);
  if (live_ && !now_.empty()) {
    Clear();
    Draw();
    out_.flush();
  }
}

void Progress::Clear() {
  if (drawn_) {
    out_ << kClearLine;
    drawn_ = false;
  }
}

void Progress::Draw() {
  if (!live_ || now_.empty() || !begin_) {
    return;
  }
  // The server's clock may be ahead of ours.
  const absl::Duration total = std::max(clock_.Now() - *begin_, absl::ZeroDuration());
  const absl::Duration here = std::max(clock_.Now() - since_, absl::ZeroDuration());
  std::string line = absl::StrFormat("%8.1f s      %s %.0f s%s", absl::ToDoubleSeconds(total), now_,
                                     absl::ToDoubleSeconds(here), waiting_for_);
  line.resize(std::min(line.size(), kLineMax));
  out_ << line;
  drawn_ = true;
}

ProgressTicker::ProgressTicker(Progress& progress)
    : progress_(progress), thread_([this] {
        MutexLock lock(mu_);
        while (!stop_) {
          (void)stopped_.WaitFor(mu_, kRedrawEvery);
          progress_.Redraw();
        }
      }) {}

ProgressTicker::~ProgressTicker() {
  {
    MutexLock lock(mu_);
    stop_ = true;
  }
  stopped_.NotifyAll();
  thread_.join();
}

}  // namespace roomkeeper
