#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace roomkeeper::testing {

// A real program under test. It cannot outlive the test: it is killed when this object goes, or
// when the test process dies. Waits give up instead of hanging. Not thread-safe.
class Subprocess {
 public:
  struct Options {
    std::vector<std::string> argv = {};         // argv[0] is the path, or a name in PATH
    std::vector<std::string> environment = {};  // "NAME=value", on top of the test's own
    std::string working_directory = {};         // empty: the test's own
  };
  static constexpr absl::Duration kPatience = absl::Seconds(30);

  // kInternal: no process or no pipe to be had. A program that does not exist exits with 127.
  static absl::StatusOr<std::unique_ptr<Subprocess>> Start(const Options& options);
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  // The next line of stdout without its newline, such as the ready line. kUnavailable: it ended
  // first (the message holds what it wrote to stderr); kDeadlineExceeded: nothing came.
  absl::StatusOr<std::string> ReadLine(absl::Duration patience = kPatience);
  // SIGTERM, SIGKILL, SIGSTOP …; nothing happens if it has ended.
  void Signal(int signal);
  // Its exit code, or 128 + the signal that ended it. Reads stdout to its end; see output().
  // kDeadlineExceeded: it still runs. May be called again.
  absl::StatusOr<int> Wait(absl::Duration patience = kPatience);
  // SIGTERM, then Wait.
  absl::StatusOr<int> Terminate(absl::Duration patience = kPatience);

  pid_t pid() const { return pid_; }
  // Whether it has ended and the system wrote a core of it.
  bool dumped_core() const { return dumped_core_; }
  // What stdout held after the lines that ReadLine returned, as far as it was read.
  const std::string& output() const { return output_; }
  // All of stderr so far.
  std::string errors() const;

 private:
  Subprocess(pid_t pid, int stdout_fd, int stderr_fd)
      : pid_(pid), stdout_fd_(stdout_fd), stderr_fd_(stderr_fd) {}
  bool Reap(bool block);

  const pid_t pid_;
  const int stdout_fd_;
  const int stderr_fd_;  // of a file without a name
  bool ended_ = false;
  bool stdout_ended_ = false;
  int exit_code_ = 0;
  bool dumped_core_ = false;
  std::string output_;

  // Reads some of stdout; false at its end or past the deadline.
  bool FillOutput(absl::Duration deadline);
};

// Runs a program to its end. For command-line tools.
struct CommandResult {
  int exit_code = 0;
  std::string output = {};
  std::string errors = {};
};
absl::StatusOr<CommandResult> RunCommand(const Subprocess::Options& options,
                                         absl::Duration patience = Subprocess::kPatience);

}  // namespace roomkeeper::testing
