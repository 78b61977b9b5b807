#include "services/roomctl/progress.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

constexpr absl::Duration kRedrawEvery = absl::Milliseconds(200);
constexpr char kClearLine[] = "\r\033[K";
constexpr char kGreen[] = "\033[32m";
constexpr char kRed[] = "\033[31m";
constexpr char kPlain[] = "\033[0m";

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

bool IsStep(const v1::JobEvent& event) {
  return absl::StartsWith(event.type(), "step.");
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
  Clear();
  const std::string mark = Mark(event);
  const std::string what = IsStep(event) ? Text(event.step()) : event.type();
  const char* colour = !live_ || mark == ".." ? "" : mark == "ok" ? kGreen : kRed;
  out_ << colour
       << absl::StrFormat("%8.2f s  %s  %-18s %s", absl::ToDoubleSeconds(at - *begin_), mark, what,
                          event.message())
       << (*colour == '\0' ? "" : kPlain) << '\n';
  since_ = clock_.Now();
  now_ = IsFinal(event.job_state()) ? "" : absl::StrCat(Text(event.job_state()), " ", what);
  Draw();
  out_.flush();
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
  out_ << absl::StrFormat("%8.1f s      %s, for %.0f s", absl::ToDoubleSeconds(total), now_,
                          absl::ToDoubleSeconds(here));
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
