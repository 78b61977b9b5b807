#include "services/roomctl/command.h"

#include <algorithm>
#include <utility>

#include <google/protobuf/util/json_util.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "roomkeeper/v1/server.grpc.pb.h"

#include "lib/base/status_macros.h"
#include "services/roomctl/completion.h"

namespace roomkeeper {
namespace {

std::string FullName(const Command& command) {
  return *command.group == '\0' ? command.verb : absl::StrCat(command.group, " ", command.verb);
}

void PrintFlags(const std::vector<FlagSpec>& flags, std::ostream& out) {
  for (const FlagSpec& flag : flags) {
    std::string left = absl::StrCat("  --", flag.name);
    if (flag.value != nullptr) {
      absl::StrAppend(&left, " ", flag.value);
    }
    left.resize(std::max<std::size_t>(left.size() + 2, 32), ' ');
    out << left << flag.help << '\n';
  }
}

// Of one group, or of all if `group` is nullptr. False if there is none.
bool PrintCommands(const std::string* group, std::ostream& out) {
  bool any = false;
  for (const Command& command : AllCommands()) {
    if (group != nullptr && *group != command.group) {
      continue;
    }
    std::string left = absl::StrCat("  ", FullName(command), " ", command.operands);
    left.resize(std::max<std::size_t>(left.size() + 2, 32), ' ');
    out << left << command.help << '\n';
    any = true;
  }
  return any;
}

void PrintOverview(std::ostream& out) {
  out << "roomctl: ask Roomkeeper for Packaged Clean Rooms and see how they are doing\n\n";
  PrintCommands(nullptr, out);
  out << "  completion bash               A completion script: source <(roomctl completion bash)\n"
         "\nEvery command has these flags; `roomctl COMMAND --help` lists its own:\n";
  PrintFlags(CommonFlags(), out);
  out << "\nExit codes: 0 ok, 1 the request is wrong, 2 usage, 3 not found, 4 denied, 5 failed for "
         "the\npackage's fault, 75 the platform failed and a retry may help, 124 --timeout.\n";
}

void PrintHelp(const Command& command, std::ostream& out) {
  out << "roomctl " << FullName(command) << ' ' << command.operands << "\n"
      << command.help << "\n\n";
  PrintFlags(command.flags, out);
  PrintFlags(CommonFlags(), out);
}

const Command* FindCommand(const std::vector<std::string>& words, std::size_t& used) {
  for (const Command& command : AllCommands()) {
    if (*command.group == '\0' && !words.empty() && words[0] == command.verb) {
      used = 1;
      return &command;
    }
    if (words.size() >= 2 && words[0] == command.group && words[1] == command.verb) {
      used = 2;
      return &command;
    }
  }
  return nullptr;
}

std::string UsageLine(const Command& command) {
  return absl::StrCat("usage: roomctl ", FullName(command), " ", command.operands, "; roomctl ",
                      FullName(command), " --help lists the flags");
}

// What no command should find out only after it has changed something.
absl::Status CheckArguments(const Command& command, const Arguments& arguments) {
  const std::string output = arguments.Get("output", "table");
  const int count = static_cast<int>(arguments.words().size());
  if (output != "table" && output != "json") {
    return absl::InvalidArgumentError(
        absl::StrCat("--output must be table or json, got \"", output, "\""));
  }
  if (count < command.words_min || count > command.words_max) {
    return absl::InvalidArgumentError(UsageLine(command));
  }
  RK_RETURN_IF_ERROR(arguments.Duration("timeout").status());
  const bool may_wait =
      std::any_of(command.flags.begin(), command.flags.end(),
                  [](const FlagSpec& flag) { return absl::string_view(flag.name) == "wait"; });
  if (may_wait && arguments.Has("timeout") && !arguments.Has("wait")) {
    return absl::InvalidArgumentError("--timeout is only good together with --wait");
  }
  return absl::OkStatus();
}

}  // namespace

CommandContext::CommandContext(Arguments arguments, std::ostream& out, std::ostream& err,
                               bool is_terminal)
    : arguments_(std::move(arguments)),
      out_(out),
      err_(err),
      is_terminal_(is_terminal),
      json_(arguments_.Get("output", "table") == "json") {}

Connection* CommandContext::connection(bool keyless) {
  if (connection_ == nullptr) {
    absl::StatusOr<ConnectionOptions> options = FindConnection(arguments_, keyless);
    if (!options.ok()) {
      Usage(options.status());
      return nullptr;
    }
    auto connection = Connection::Make(*std::move(options));
    if (!connection.ok()) {
      Usage(connection.status());
      return nullptr;
    }
    connection_ = *std::move(connection);
  }
  return connection_.get();
}

ExitCode CommandContext::Usage(const absl::Status& status) {
  err_ << "roomctl: " << status.message() << '\n';
  return ExitCode::kUsage;
}

ExitCode CommandContext::Fail(const grpc::Status& status) {
  err_ << "roomctl: ";
  // gRPC's own word names no server that a person would know.
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty() &&
      connection_ != nullptr) {
    err_ << "cannot reach " << connection_->address() << ": ";
  }
  err_ << status.error_message() << '\n';
  google::rpc::Status details;
  (void)details.ParseFromString(status.error_details());
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::RetryInfo retry;
  for (const auto& detail : details.details()) {
    if (detail.UnpackTo(&info)) {
      err_ << "  reason: " << info.reason() << '\n';
      for (const auto& [key, value] : info.metadata()) {
        err_ << "  " << key << ": " << value << '\n';
      }
    } else if (detail.UnpackTo(&bad_request)) {
      for (const auto& violation : bad_request.field_violations()) {
        err_ << "  " << violation.field() << ": " << violation.description() << '\n';
      }
    } else if (detail.UnpackTo(&retry)) {
      err_ << "  retry after: " << retry.retry_delay().seconds() << " s\n";
    }
  }
  return ExitCodeOf(status);
}

ExitCode CommandContext::FailChange(const grpc::Status& status, const std::string& request_id,
                                    const char* answer) {
  const ExitCode code = Fail(status);
  if (code == ExitCode::kPlatformFailed) {
    err_ << "  it may have been accepted all the same: repeat the command with --request-id "
         << request_id << ", " << answer << '\n';
  }
  return code;
}

std::string PackageResource(const std::string& given) {
  return absl::StrContains(given, "/") ? given : absl::StrCat("packages/", given);
}

ExitCode CommandContext::FullRoomName(const std::string& given, std::string& full) {
  std::string install = connection()->install();
  if (absl::StrContains(given, "/")) {
    full = given;
    return ExitCode::kOk;
  }
  if (install.empty()) {
    v1::ServerInfo info;
    const auto stub = v1::ServerService::NewStub(connection()->channel());
    const auto call = connection()->NewCall();
    if (const auto status = stub->GetServerInfo(call.get(), {}, &info); !status.ok()) {
      return Fail(status);
    }
    install = info.caller().parent();
  }
  if (!absl::StrContains(install, "/installs/")) {
    return Usage(absl::InvalidArgumentError(absl::StrCat(
        "\"", given, "\" is a short name and your key is not bound to an install: give the full ",
        "name brands/…/installs/…/cleanRooms/", given,
        ", or --install, or set ROOMKEEPER_INSTALL")));
  }
  full = absl::StrCat(install, "/cleanRooms/", given);
  return ExitCode::kOk;
}

void CommandContext::PrintJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;  // so that a script can tell false from absent
  std::string text;
  (void)google::protobuf::util::MessageToJsonString(message, &text, options);
  out_ << text << '\n';
}

const std::vector<FlagSpec>& CommonFlags() {
  static const std::vector<FlagSpec> flags = {
      {"address", "HOST:PORT", "the server; else ROOMKEEPER_ADDRESS, else the profile"},
      {"api-key-file", "FILE", "the API key or token, mode 0600; else ROOMKEEPER_API_KEY_FILE, …"},
      {"ca-file", "FILE", "CA certificates for TLS; else ROOMKEEPER_CA_FILE, …"},
      {"install", "NAME",
       "brands/…/installs/… that short room names belong to; else "
       "ROOMKEEPER_INSTALL, …"},
      {"profile", "FILE", "default ~/.config/roomkeeper/profile.yaml"},
      {"output", "table|json", "-o for short"},
      {"help", nullptr, "this"},
  };
  return flags;
}

const std::vector<Command>& AllCommands() {
  static const std::vector<Command> commands = [] {
    std::vector<Command> all;
    for (auto* part :
         {&RoomsCommands, &RoomUpdateCommands, &RoomExpiryCommands, &OrphansCommands, &JobsCommands,
          &RunsCommands, &PackagesCommands, &BrandsCommands, &KeysCommands, &CodesCommands,
          &EnrollCommands, &CredentialCommands, &FreezeCommands, &AuditCommands, &ServerCommands}) {
      for (Command& command : part()) {
        all.push_back(std::move(command));
      }
    }
    return all;
  }();
  return commands;
}

ExitCode RunRoomctl(const std::vector<std::string>& words, std::ostream& out, std::ostream& err,
                    bool is_terminal) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    PrintOverview(words.empty() ? err : out);
    return words.empty() ? ExitCode::kUsage : ExitCode::kOk;
  }
  if (words[0] == "completion") {
    if (words.size() != 2 || words[1] != "bash") {
      err << "usage: roomctl completion bash\n";
      return ExitCode::kUsage;
    }
    out << BashCompletion();
    return ExitCode::kOk;
  }
  std::size_t used = 0;
  const Command* command = FindCommand(words, used);
  if (command == nullptr) {
    if (words.size() > 1 || !PrintCommands(&words[0], err)) {
      err << "roomctl: unknown command \"" << words[0] << (words.size() > 1 ? " " + words[1] : "")
          << "\"; roomctl --help lists them\n";
    }
    return ExitCode::kUsage;
  }
  std::vector<FlagSpec> flags = command->flags;
  flags.insert(flags.end(), CommonFlags().begin(), CommonFlags().end());
  auto arguments =
      Arguments::Parse({words.begin() + static_cast<std::ptrdiff_t>(used), words.end()}, flags);
  if (!arguments.ok()) {
    err << "roomctl: " << arguments.status().message() << '\n';
    return ExitCode::kUsage;
  }
  if (arguments->Has("help")) {
    PrintHelp(*command, out);
    return ExitCode::kOk;
  }
  if (const absl::Status checked = CheckArguments(*command, *arguments); !checked.ok()) {
    err << "roomctl: " << checked.message() << '\n';
    return ExitCode::kUsage;
  }
  CommandContext context(*std::move(arguments), out, err, is_terminal);
  if (!command->offline && context.connection(command->keyless) == nullptr) {
    return ExitCode::kUsage;
  }
  return command->run(context);
}

}  // namespace roomkeeper
