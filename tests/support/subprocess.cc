#include "tests/support/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"

#include "lib/base/clock.h"
#include "lib/base/status_macros.h"

extern char** environ;  // NOLINT: POSIX names it so

namespace roomkeeper::testing {
namespace {

constexpr absl::Duration kReapPeriod = absl::Milliseconds(2);

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

absl::string_view NameOf(absl::string_view entry) {
  return entry.substr(0, entry.find('='));
}

std::vector<std::string> MergedEnvironment(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::none_of(added.begin(), added.end(),
                     [&](const std::string& one) { return NameOf(one) == NameOf(*entry); })) {
      all.emplace_back(*entry);
    }
  }
  return all;
}

// In the child, between fork and exec: system calls only. Everything was made ready before.
[[noreturn]] void Exec(char* const* argv, char* const* environment, const char* directory,
                       const int (&fds)[2]) {
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (dup2(fds[0], STDOUT_FILENO) < 0 || dup2(fds[1], STDERR_FILENO) < 0 ||
      (*directory != '\0' && chdir(directory) != 0)) {
    _exit(126);
  }
  (void)execvpe(argv[0], argv, environment);
  _exit(127);
}

absl::Duration Now() {
  return SystemClock().Monotonic();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Subprocess>> Subprocess::Start(const Options& options) {
  const std::vector<std::string> environment = MergedEnvironment(options.environment);
  const std::vector<char*> argv = Pointers(options.argv);
  const std::vector<char*> envp = Pointers(environment);
  int out[2] = {};
  const int errors = memfd_create("stderr", MFD_CLOEXEC);
  if (errors < 0 || pipe2(out, O_CLOEXEC) != 0) {
    return absl::InternalError(absl::StrCat("no pipe: ", std::strerror(errno)));
  }
  (void)fcntl(errors, F_SETFL, O_APPEND);
  const pid_t pid = fork();
  if (pid == 0) {
    Exec(argv.data(), envp.data(), options.working_directory.c_str(), {out[1], errors});
  }
  close(out[1]);
  if (pid < 0) {
    close(out[0]);
    close(errors);
    return absl::InternalError(absl::StrCat("cannot fork: ", std::strerror(errno)));
  }
  return std::unique_ptr<Subprocess>(new Subprocess(pid, out[0], errors));
}

Subprocess::~Subprocess() {
  if (!ended_) {
    kill(pid_, SIGKILL);
    (void)Reap(/*block=*/true);
  }
  close(stdout_fd_);
  close(stderr_fd_);
}

bool Subprocess::FillOutput(absl::Duration deadline) {
  pollfd waiting = {.fd = stdout_fd_, .events = POLLIN, .revents = 0};
  const absl::Duration left = std::max(deadline - Now(), absl::ZeroDuration());
  if (stdout_ended_ || poll(&waiting, 1, static_cast<int>(left / absl::Milliseconds(1))) <= 0) {
    return false;
  }
  char bytes[4096];
  const ssize_t n = read(stdout_fd_, bytes, sizeof(bytes));
  if (n <= 0) {
    stdout_ended_ = true;
    return false;
  }
  output_.append(bytes, static_cast<std::size_t>(n));
  return true;
}

absl::StatusOr<std::string> Subprocess::ReadLine(absl::Duration patience) {
  const absl::Duration deadline = Now() + patience;
  while (output_.find('\n') == std::string::npos) {
    if (FillOutput(deadline)) {
      continue;
    }
    if (stdout_ended_) {
      return absl::UnavailableError(absl::StrCat("the program ended its output: ", errors()));
    }
    return absl::DeadlineExceededError(absl::StrCat("no line yet; stderr: ", errors()));
  }
  const std::size_t end = output_.find('\n');
  std::string line = output_.substr(0, end);
  output_.erase(0, end + 1);
  return line;
}

void Subprocess::Signal(int signal) {
  if (!ended_) {
    kill(pid_, signal);
  }
}

bool Subprocess::Reap(bool block) {
  int status = 0;
  if (!ended_ && waitpid(pid_, &status, block ? 0 : WNOHANG) == pid_) {
    ended_ = true;
    dumped_core_ = WIFSIGNALED(status) && WCOREDUMP(status);
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return ended_;
}

absl::StatusOr<int> Subprocess::Wait(absl::Duration patience) {
  const absl::Duration deadline = Now() + patience;
  while (!Reap(/*block=*/false)) {
    if (Now() >= deadline) {
      return absl::DeadlineExceededError(
          absl::StrCat("process ", pid_, " still runs; stderr: ", errors()));
    }
    // Drained meanwhile, or a program that writes much would never end.
    if (!FillOutput(Now() + kReapPeriod) && stdout_ended_) {
      (void)poll(nullptr, 0, static_cast<int>(kReapPeriod / absl::Milliseconds(1)));
    }
  }
  while (FillOutput(Now())) {
  }
  return exit_code_;
}

absl::StatusOr<int> Subprocess::Terminate(absl::Duration patience) {
  Signal(SIGTERM);
  return Wait(patience);
}

std::string Subprocess::errors() const {
  std::string text;
  char bytes[4096];
  ssize_t n = 0;
  while ((n = pread(stderr_fd_, bytes, sizeof(bytes), static_cast<off_t>(text.size()))) > 0) {
    text.append(bytes, static_cast<std::size_t>(n));
  }
  return text;
}

absl::StatusOr<CommandResult> RunCommand(const Subprocess::Options& options,
                                         absl::Duration patience) {
  RK_ASSIGN_OR_RETURN(const auto process, Subprocess::Start(options));
  RK_ASSIGN_OR_RETURN(const int code, process->Wait(patience));
  return CommandResult{.exit_code = code, .output = process->output(), .errors = process->errors()};
}

}  // namespace roomkeeper::testing
