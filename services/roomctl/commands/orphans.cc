#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "roomkeeper/v1/operations.grpc.pb.h"

#include "lib/crypto/digest.h"
#include "services/roomctl/call_show.h"
#include "services/roomctl/follow_job.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

using Stub = v1::OperationsService::Stub;

// "OTHER_INSTANCE" of MARK_OTHER_INSTANCE.
std::string Short(const std::string& name, absl::string_view prefix) {
  return std::string(absl::StripPrefix(name, prefix));
}

std::string WhatToDo(const v1::Orphan& orphan) {
  switch (orphan.kind()) {
    case v1::Orphan::KIND_GONE:
      return absl::StrCat("roomctl rooms forget ", orphan.clean_room());
    case v1::Orphan::KIND_TOMBSTONE:
      return "the brand deletes its side, then: roomctl rooms confirm-removed";
    case v1::Orphan::KIND_UNCLAIMED:
      return orphan.mark() == v1::Orphan::MARK_OURS
                 ? absl::StrCat("roomctl rooms adopt ", orphan.room_name(),
                                " …, or delete it there")
                 : "not ours: leave it alone";
    default:
      return "";
  }
}

void PrintOrphans(const v1::FindOrphansResponse& answer, std::ostream& out) {
  std::vector<std::vector<std::string>> rows = {{"KIND", "SHARD", "ROOM", "STATE", "TO DO"}};
  for (const v1::Orphan& orphan : answer.orphans()) {
    const std::string kind = Short(v1::Orphan::Kind_Name(orphan.kind()), "KIND_");
    const bool record = !orphan.clean_room().empty();
    rows.push_back({kind, orphan.shard(), record ? orphan.clean_room() : orphan.room_name(),
                    record ? Text(orphan.state())
                           : absl::StrCat(orphan.platform_status(), ", mark: ",
                                          Short(v1::Orphan::Mark_Name(orphan.mark()), "MARK_")),
                    WhatToDo(orphan)});
  }
  if (answer.orphans().empty()) {
    out << "rooms and records match\n";
  } else {
    PrintTable(rows, out);
  }
  for (const v1::ShardNotAsked& shard : answer.not_asked()) {
    out << "not compared: shard " << shard.shard() << ": " << shard.message() << '\n';
  }
}

ExitCode Orphans(CommandContext& context) {
  v1::FindOrphansRequest request;
  request.set_shard(context.arguments().Get("shard"));
  v1::FindOrphansResponse answer;
  const auto stub = v1::OperationsService::NewStub(context.connection()->channel());
  const auto call = context.connection()->NewCall(absl::Minutes(10));  // it looks at each finding
  if (const auto status = stub->FindOrphans(call.get(), request, &answer); !status.ok()) {
    return context.Fail(status);
  }
  Show(context, answer, &PrintOrphans);
  return answer.not_asked().empty() ? ExitCode::kOk : ExitCode::kPlatformFailed;
}

ExitCode Adopt(CommandContext& context) {
  const Arguments& arguments = context.arguments();
  const auto labels = arguments.Pairs("label");
  if (!labels.ok()) {
    return context.Usage(labels.status());
  }
  if (!arguments.Has("package")) {
    return context.Usage(
        absl::InvalidArgumentError("--package is missing: say what the room was made from"));
  }
  const std::string package = arguments.Get("package");
  v1::AdoptCleanRoomRequest request;
  request.set_room_name(context.words()[0]);
  request.set_parent(context.connection()->install());
  request.set_clean_room_id(arguments.Get("id"));
  v1::CleanRoom& room = *request.mutable_clean_room();
  room.set_package(PackageResource(package));
  room.set_package_version(arguments.Get("package-version"));
  room.mutable_labels()->insert(labels->begin(), labels->end());
  request.mutable_invitee()->set_invite_recipient_email(arguments.Get("email"));
  request.set_request_id(arguments.Get("request-id", RandomBase32(16)));
  request.set_validate_only(arguments.Has("validate-only"));
  return CallAndFollow<v1::OperationsService>(context, &Stub::AdoptCleanRoom, request);
}

ExitCode Forget(CommandContext& context) {
  v1::ForgetCleanRoomRequest request;
  if (const ExitCode code = context.FullRoomName(context.words()[0], *request.mutable_name());
      code != ExitCode::kOk) {
    return code;
  }
  request.set_request_id(context.arguments().Get("request-id", RandomBase32(16)));
  request.set_validate_only(context.arguments().Has("validate-only"));
  return CallAndFollow<v1::OperationsService>(context, &Stub::ForgetCleanRoom, request);
}

}  // namespace

std::vector<Command> OrphansCommands() {
  const FlagSpec validate_only = {"validate-only", nullptr, "check everything, change nothing"};
  return {
      {"rooms",
       "orphans",
       "",
       "Show where the platform's rooms and the records differ (operator)",
       0,
       0,
       {{"shard", "NAME", "only this one"}},
       &Orphans},
      {"rooms",
       "adopt",
       "ROOM_NAME",
       "Take a room of ours back into the records (operator)",
       1,
       1,
       {{"package", "NAME", "what it was made from"},
        {"package-version", "VERSION", "default: the newest"},
        {"id", "ID", "the room's id with us; default: the package's name"},
        {"email", "ADDRESS", "the person who was invited; default: as enrolled"},
        {"label", "KEY=VALUE", "may be repeated"},
        kRequestIdFlag,
        validate_only,
        kWaitFlag,
        kTimeoutFlag},
       &Adopt},
      {"rooms",
       "forget",
       "ROOM",
       "End the record of a room that the platform no longer has (operator)",
       1,
       1,
       {kRequestIdFlag, validate_only, kWaitFlag, kTimeoutFlag},
       &Forget},
  };
}

}  // namespace roomkeeper
