#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <google/protobuf/message.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"

#include "services/roomctl/arguments.h"
#include "services/roomctl/connection.h"
#include "services/roomctl/exit_code.h"

namespace roomkeeper {

// What a command works with. It writes its answer to `out` and everything else to `err`, which is
// what `is_terminal` is about.
class CommandContext {
 public:
  CommandContext(Arguments arguments, std::ostream& out, std::ostream& err, bool is_terminal);

  const Arguments& arguments() const { return arguments_; }
  const std::vector<std::string>& words() const { return arguments_.words(); }
  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }
  bool json() const { return json_; }
  bool is_terminal() const { return is_terminal_; }

  // Made at the first call, without an API key if that says so. On failure the error has been
  // printed: return kUsage. Of a command that is not offline there is one.
  Connection* connection(bool keyless = false);

  // "identity-match" becomes "<install>/cleanRooms/identity-match"; a full name stays. Without
  // --install, the server is asked which install the key is bound to. Else the error was printed.
  ExitCode FullRoomName(const std::string& given, std::string& full);

  // Each prints what went wrong, and what to do where that is known.
  ExitCode Usage(const absl::Status& status);
  ExitCode Fail(const grpc::Status& status);
  // Of a call that changes something: also how to repeat it safely if it may have been accepted.
  ExitCode FailChange(const grpc::Status& status, const std::string& request_id,
                      const char* answer = "which is answered with the same job");

  // One message as JSON (field names as in the .proto), on a line of its own.
  void PrintJson(const google::protobuf::Message& message);

 private:
  Arguments arguments_;
  std::ostream& out_;
  std::ostream& err_;
  bool is_terminal_;
  bool json_;
  std::unique_ptr<Connection> connection_;
};

struct Command {
  const char* group;     // "rooms"; of "version" and "doctor" empty
  const char* verb;      // "create"
  const char* operands;  // "ROOM"
  const char* help;      // one sentence
  int words_min = 0;
  int words_max = 0;
  std::vector<FlagSpec> flags = {};  // beside those that every command has
  std::function<ExitCode(CommandContext&)> run = {};
  bool offline = false;  // else there is a connection when it runs
  bool keyless = false;  // its connection needs no API key
};

// Every command, in the order of help. One file per group makes its part of it.
const std::vector<Command>& AllCommands();
std::vector<Command> RoomsCommands();
std::vector<Command> RoomUpdateCommands();
std::vector<Command> OrphansCommands();  // rooms orphans, adopt, forget
std::vector<Command> RoomExpiryCommands();
std::vector<Command> JobsCommands();
std::vector<Command> RunsCommands();
std::vector<Command> PackagesCommands();
std::vector<Command> BrandsCommands();
std::vector<Command> KeysCommands();
std::vector<Command> CodesCommands();   // codes, enrollments
std::vector<Command> EnrollCommands();  // enroll: for an app
std::vector<Command> CredentialCommands();
std::vector<Command> FreezeCommands();  // freeze, thaw, freezes
std::vector<Command> AuditCommands();
std::vector<Command> ServerCommands();  // version, doctor, backup

// Flags that every command has.
const std::vector<FlagSpec>& CommonFlags();

// "packages/identity-match" of "identity-match".
std::string PackageResource(const std::string& given);

// Flags that several commands have.
inline constexpr FlagSpec kRequestIdFlag = {
    "request-id", "ID", "the same id is answered with the same job; default: random"};
inline constexpr FlagSpec kGraceFlag = {
    "grace", "DURATION", "time to undelete it, 0s: none; default and most: the server's"};
inline constexpr FlagSpec kWaitFlag = {"wait", nullptr, "follow the job to its end"};
inline constexpr FlagSpec kTimeoutFlag = {"timeout", "DURATION",
                                          "stop waiting after it, exit 124; the job goes on"};

// The whole program, without the process: `words` is argv without the program's name.
ExitCode RunRoomctl(const std::vector<std::string>& words, std::ostream& out, std::ostream& err,
                    bool is_terminal);

}  // namespace roomkeeper
