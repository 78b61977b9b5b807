#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "roomkeeper/v1/clean_room.grpc.pb.h"

#include "lib/crypto/digest.h"
#include "services/roomctl/call_show.h"
#include "services/roomctl/commands/room_plan.h"
#include "services/roomctl/follow_job.h"
#include "services/roomctl/list_pages.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

const FlagSpec kPackage = {"package", "NAME", "the package, e.g. identity-match"};
const FlagSpec kVersion = {"package-version", "VERSION", "default: the newest"};
const FlagSpec kId = {"id", "ID", "the room's id with us; default: the package's name"};
const FlagSpec kEmail = {"email", "ADDRESS",
                         "the person of the brand to invite; default: as enrolled"};
const FlagSpec kLabel = {"label", "KEY=VALUE", "may be repeated"};
const FlagSpec kTtl = {"ttl", "DURATION",
                       "remove it by itself after so long; without --id it then has a new id"};
const FlagSpec kValidateOnly = {"validate-only", nullptr, "check everything, change nothing"};

using Stub = v1::CleanRoomService::Stub;

constexpr std::size_t kIdPrefixMax = 40;
constexpr std::size_t kIdDigestSize = 16;

// Fills what create and plan have in common. False: a usage error was printed.
template <typename Request>
bool FillRequest(CommandContext& context, Request& request) {
  const Arguments& arguments = context.arguments();
  const auto labels = arguments.Pairs("label");
  if (!labels.ok()) {
    context.Usage(labels.status());
    return false;
  }
  if (!arguments.Has("package")) {
    context.Usage(
        absl::InvalidArgumentError("--package is missing; roomctl packages list shows them"));
    return false;
  }
  const std::string package = arguments.Get("package");
  request.set_parent(context.connection()->install());
  request.set_clean_room_id(arguments.Get("id"));
  v1::CleanRoom& room = *request.mutable_clean_room();
  room.set_package(PackageResource(package));
  room.set_package_version(arguments.Get("package-version"));
  room.mutable_labels()->insert(labels->begin(), labels->end());
  if (arguments.Has("email")) {
    request.mutable_invitee()->set_invite_recipient_email(arguments.Get("email"));
  }
  return true;
}

// A room that nobody else has, and the same one when the request is repeated with its request_id.
std::string FreshId(const v1::CreateCleanRoomRequest& request) {
  const std::string& package = request.clean_room().package();
  const std::string name = package.substr(package.rfind('/') + 1);
  return absl::StrCat(name.substr(0, kIdPrefixMax), "-",
                      Sha256Hex(request.request_id()).substr(0, kIdDigestSize));
}

ExitCode Create(CommandContext& context) {
  v1::CreateCleanRoomRequest request;
  const auto ttl = context.arguments().Duration("ttl");
  if (!ttl.ok()) {
    return context.Usage(ttl.status());
  }
  if (!FillRequest(context, request)) {
    return ExitCode::kUsage;
  }
  request.set_request_id(context.arguments().Get("request-id", RandomBase32(16)));
  if (ttl->has_value()) {
    ToProto(**ttl, *request.mutable_clean_room()->mutable_ttl());
    if (request.clean_room_id().empty()) {
      request.set_clean_room_id(FreshId(request));
    }
  }
  request.set_validate_only(context.arguments().Has("validate-only"));
  return CallAndFollow<v1::CleanRoomService>(context, &Stub::CreateCleanRoom, request);
}

ExitCode Plan(CommandContext& context) {
  v1::PlanCleanRoomRequest request;
  if (!FillRequest(context, request)) {
    return ExitCode::kUsage;
  }
  return ShowPlan(context, request);
}

// Get, explain and notebook: one name in, one message out.
template <typename Request, typename Answer>
ExitCode ShowOne(CommandContext& context,
                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Answer*),
                 Request request, void (*print)(const Answer&, std::ostream&)) {
  if (const ExitCode code = context.FullRoomName(context.words()[0], *request.mutable_name());
      code != ExitCode::kOk) {
    return code;
  }
  return CallAndShow<v1::CleanRoomService>(context, method, request, print);
}

void PrintExplanation(const v1::CleanRoomExplanation& explanation, std::ostream& out) {
  out << explanation.text() << '\n';  // ends with what to do
}

ExitCode List(CommandContext& context) {
  const auto labels = context.arguments().Pairs("label");
  if (!labels.ok()) {
    return context.Usage(labels.status());
  }
  v1::ListCleanRoomsRequest request;
  request.set_parent(context.arguments().Get("parent"));
  if (context.arguments().Has("package")) {
    request.set_package(absl::StrCat("packages/", context.arguments().Get("package")));
  }
  request.set_package_version(context.arguments().Get("package-version"));
  request.set_show_deleted(context.arguments().Has("show-deleted"));
  request.mutable_labels()->insert(labels->begin(), labels->end());
  v1::CleanRoomState state = v1::CLEAN_ROOM_STATE_UNSPECIFIED;
  const std::string wanted = context.arguments().Get("state");
  if (!wanted.empty() && !v1::CleanRoomState_Parse("CLEAN_ROOM_STATE_" + wanted, &state)) {
    return context.Usage(absl::InvalidArgumentError(
        absl::StrCat("--state must be a state like READY or PROVISIONING, got \"", wanted, "\"")));
  }
  request.set_state(state);
  std::vector<std::vector<std::string>> rows = {
      {"CLEAN ROOM", "STATE", "MOVE", "PACKAGE", "SINCE"}};
  const auto stub = v1::CleanRoomService::NewStub(context.connection()->channel());
  return ListPages<v1::ListCleanRoomsResponse>(
      context, request,
      [&](grpc::ClientContext* call, const v1::ListCleanRoomsRequest& page,
          v1::ListCleanRoomsResponse* answer) { return stub->ListCleanRooms(call, page, answer); },
      [&](const v1::ListCleanRoomsResponse& answer) {
        for (const v1::CleanRoom& room : answer.clean_rooms()) {
          rows.push_back({room.name(), Text(room.state()), Text(room.move()),
                          absl::StrCat(room.package(), " ", room.package_version()),
                          Text(room.state_since_time())});
        }
      },
      rows);
}

ExitCode Delete(CommandContext& context) {
  v1::DeleteCleanRoomRequest request;
  const auto grace = context.arguments().Duration("grace", /*may_be_zero=*/true);
  if (!grace.ok()) {
    return context.Usage(grace.status());
  }
  if (grace->has_value()) {
    ToProto(**grace, *request.mutable_grace());
  }
  if (const ExitCode code = context.FullRoomName(context.words()[0], *request.mutable_name());
      code != ExitCode::kOk) {
    return code;
  }
  request.set_etag(context.arguments().Get("etag"));
  request.set_request_id(context.arguments().Get("request-id", RandomBase32(16)));
  request.set_validate_only(context.arguments().Has("validate-only"));
  request.set_force(context.arguments().Has("force"));
  return CallAndFollow<v1::CleanRoomService>(context, &Stub::DeleteCleanRoom, request);
}

ExitCode Get(CommandContext& context) {
  return ShowOne<v1::GetCleanRoomRequest, v1::CleanRoom>(context, &Stub::GetCleanRoom, {},
                                                         &PrintRoom);
}

ExitCode Explain(CommandContext& context) {
  return ShowOne<v1::ExplainCleanRoomRequest, v1::CleanRoomExplanation>(
      context, &Stub::ExplainCleanRoom, {}, &PrintExplanation);
}

ExitCode Notebook(CommandContext& context) {
  v1::GetRunnableNotebookRequest request;
  request.set_notebook(context.arguments().Get("notebook"));
  request.set_refresh(context.arguments().Has("refresh"));
  return ShowOne<v1::GetRunnableNotebookRequest, v1::RunnableNotebook>(
      context, &Stub::GetRunnableNotebook, request, &PrintNotebook);
}

ExitCode ConfirmRemoved(CommandContext& context) {
  return ShowOne<v1::ConfirmRoomRemovedRequest, v1::CleanRoom>(context, &Stub::ConfirmRoomRemoved,
                                                               {}, &PrintRoom);
}

}  // namespace

// lint: a table
std::vector<Command> RoomsCommands() {
  return {
      {"rooms",
       "create",
       "",
       "Ask for a clean room",
       0,
       0,
       {kPackage, kVersion, kId, kEmail, kLabel, kTtl, kRequestIdFlag, kValidateOnly, kWaitFlag,
        kTimeoutFlag},
       &Create},
      {"rooms",
       "plan",
       "",
       "Show what create would do, and change nothing",
       0,
       0,
       {kPackage, kVersion, kId, kEmail, kLabel},
       &Plan},
      {"rooms", "get", "ROOM", "Show a clean room", 1, 1, {}, &Get},
      {"rooms",
       "list",
       "",
       "List clean rooms",
       0,
       0,
       {{"parent", "NAME", "brands/… or brands/…/installs/…; default: all you may see"},
        kPackage,
        kVersion,
        {"state", "STATE", "e.g. READY"},
        kLabel,
        {"show-deleted", nullptr, "also rooms that are gone"}},
       &List},
      {"rooms",
       "explain",
       "ROOM",
       "Say why it is not ready and whose move it is",
       1,
       1,
       {},
       &Explain},
      {"rooms",
       "notebook",
       "ROOM",
       "Show what the brand's app needs to run it now",
       1,
       1,
       {{"notebook", "NAME", "which one, where there are several"},
        {"refresh", nullptr, "ask the platform for the etag"}},
       &Notebook},
      {"rooms",
       "delete",
       "ROOM",
       "Remove a clean room from the provider's side",
       1,
       1,
       {{"etag", "ETAG", "only if this is still its etag"},
        {"force", nullptr, "also while a run of its notebook is active"},
        kGraceFlag,
        kRequestIdFlag,
        kValidateOnly,
        kWaitFlag,
        kTimeoutFlag},
       &Delete},
      {"rooms",
       "confirm-removed",
       "ROOM",
       "Say that the brand has deleted its side too",
       1,
       1,
       {},
       &ConfirmRemoved},
  };
}

}  // namespace roomkeeper
