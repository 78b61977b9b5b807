#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "roomkeeper/v1/job.pb.h"

#include "lib/base/clock.h"
#include "lib/base/mutex.h"

namespace roomkeeper {

// Shows people how a job is doing: a line for each event. On a terminal (`live`) there is one line
// more at the bottom, which says what is going on now and counts its seconds. Thread-safe.
class Progress {
 public:
  Progress(std::ostream& out, const Clock& clock, bool live);
  ~Progress();  // takes the bottom line away
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(const v1::JobEvent& event);
  // A line of our own, about the connection.
  void Note(absl::string_view text);
  // Brings the bottom line up to date. Does nothing unless live.
  void Redraw();

 private:
  void Print(const v1::JobEvent& event, absl::Time at) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Clear() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Draw() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  std::ostream& out_;
  const Clock& clock_;
  const bool live_;
  Mutex mu_;
  std::optional<absl::Time> begin_ ABSL_GUARDED_BY(mu_);       // of the job
  std::optional<absl::Time> step_begin_ ABSL_GUARDED_BY(mu_);  // by the server's clock
  absl::Time since_ ABSL_GUARDED_BY(mu_);                      // of the present step, by our clock
  std::string now_ ABSL_GUARDED_BY(mu_);  // the present step; empty: no bottom line
  std::string waiting_for_ ABSL_GUARDED_BY(mu_);
  bool drawn_ ABSL_GUARDED_BY(mu_) = false;
};

// Redraws a Progress a few times a second for as long as it lives.
class ProgressTicker {
 public:
  explicit ProgressTicker(Progress& progress);
  ~ProgressTicker();
  ProgressTicker(const ProgressTicker&) = delete;
  ProgressTicker& operator=(const ProgressTicker&) = delete;

 private:
  Progress& progress_;
  Mutex mu_;
  CondVar stopped_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace roomkeeper
