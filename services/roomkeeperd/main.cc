#include <signal.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include "lib/base/no_core.h"
#include "lib/config/config.h"
#include "lib/obs/json_log.h"
#include "services/roomkeeperd/store/store_command.h"
#include "services/roomkeeperd/wiring.h"
#include "services/version/version.h"

namespace {

constexpr int kExitWrong = 1;  // config, store, port: the message says what to do
constexpr int kExitUsage = 2;

constexpr char kUsage[] =
    "usage: roomkeeperd --config FILE [--check-config] [--bootstrap-operator-key FILE]\n"
    "       roomkeeperd store backup|restore BACKUP --config FILE\n"
    "       roomkeeperd store migrate --config FILE\n"
    "       roomkeeperd store rebuild --config FILE --enrolments FILE [--dry-run]\n"
    "  --check-config                 say whether the config is right, and end\n"
    "  --bootstrap-operator-key FILE  write an admin's API key to FILE if no admin's is live\n"
    "  --version                      print the version and the packages linked, and end\n"
    "  store backup                   copy the store to BACKUP, also while the server runs\n"
    "  store restore                  put BACKUP in the store's place; no server may run\n"
    "  store migrate                  bring the schema up to date now; no server may run\n"
    "  store rebuild                  make a lost store anew from the platform's rooms\n"
    "  --enrolments FILE              the brands and installs, as roomctl brands export writes "
    "them\n"
    "  --dry-run                      only say what it would do; a server may run\n";

struct Flags {
  std::string config = {};
  bool check_config = false;
  bool version = false;
  std::string bootstrap_operator_key = {};
  std::optional<roomkeeper::StoreCommand> store = {};
};

// "store VERB [BACKUP]": the arguments after it, or 0 if it is none.
int ParseStoreVerb(int argc, char** argv, Flags& flags) {
  using roomkeeper::StoreVerb;
  if (argc < 3 || std::strcmp(argv[1], "store") != 0) {
    return 0;
  }
  const std::string verb = argv[2];
  if (verb == "migrate" || verb == "rebuild") {
    flags.store = {.verb = verb == "migrate" ? StoreVerb::kMigrate : StoreVerb::kRebuild};
    return 3;
  }
  if (argc < 4 || argv[3][0] == '-' || (verb != "backup" && verb != "restore")) {
    return 0;
  }
  flags.store = {.verb = verb == "backup" ? StoreVerb::kBackup : StoreVerb::kRestore,
                 .file = argv[3]};
  return 4;
}

bool IsRebuild(const Flags& flags) {
  return flags.store.has_value() && flags.store->verb == roomkeeper::StoreVerb::kRebuild;
}

bool ParseFlags(int argc, char** argv, Flags& flags) {
  for (int i = std::max(1, ParseStoreVerb(argc, argv, flags)); i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (std::strcmp(argv[i], "--config") == 0 && has_value) {
      flags.config = argv[++i];
    } else if (std::strcmp(argv[i], "--bootstrap-operator-key") == 0 && has_value) {
      flags.bootstrap_operator_key = argv[++i];
    } else if (std::strcmp(argv[i], "--enrolments") == 0 && has_value && IsRebuild(flags)) {
      flags.store->file = argv[++i];
    } else if (std::strcmp(argv[i], "--dry-run") == 0 && IsRebuild(flags)) {
      flags.store->dry_run = true;
    } else if (std::strcmp(argv[i], "--check-config") == 0) {
      flags.check_config = true;
    } else if (std::strcmp(argv[i], "--version") == 0) {
      flags.version = true;
    } else {
      return false;
    }
  }
  if (IsRebuild(flags) && flags.store->file.empty()) {
    return false;
  }
  return flags.version || !flags.config.empty();
}

int Complain(const absl::Status& status) {
  std::fprintf(stderr, "roomkeeperd: %s\n", std::string(status.message()).c_str());
  return kExitWrong;
}

// Read by programs too: the first line is ours, then a package a line.
void PrintVersion() {
  std::printf("roomkeeperd %s (%s)\n", roomkeeper::kVersion, roomkeeper::kCommit);
  for (std::size_t i = 0; i < roomkeeper::kLinkedPackagesCount; ++i) {
    const roomkeeper::LinkedPackage& package = roomkeeper::kLinkedPackages[i];
    std::printf("%s %s\n", package.name, package.version);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  if (!ParseFlags(argc, argv, flags)) {
    std::fputs(kUsage, stderr);
    return kExitUsage;
  }
  if (flags.version) {
    PrintVersion();
    return 0;
  }
  roomkeeper::LeaveNoCore();
  auto config = roomkeeper::LoadConfig(flags.config);
  if (!config.ok()) {
    return Complain(config.status());
  }
  if (flags.check_config) {
    std::puts("the config is right");
    return 0;
  }
  if (flags.store.has_value()) {
    const auto done = roomkeeper::RunStoreCommand(*config, *flags.store);
    if (!done.ok()) {
      return Complain(done.status());
    }
    std::puts(done->c_str());
    return 0;
  }
  // Before any thread is made, so that all inherit it: signals are taken by sigwait below and
  // nowhere else.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error of the write, as a full disk is

  roomkeeper::SystemClock clock;
  roomkeeper::JsonLog log(clock, {.level = config->log.level});
  auto daemon = roomkeeper::Daemon::Start(
      {.config = *std::move(config), .bootstrap_operator_key = flags.bootstrap_operator_key}, log);
  if (!daemon.ok()) {
    return Complain(daemon.status());
  }
  std::printf("%s\n", (*daemon)->ready_line().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  log.Info("draining", {{"signal", static_cast<std::int64_t>(signal)}});
  // A second one ends the process at once, as kill -9 would and as safely.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  (*daemon)->Stop();
  return 0;
}
