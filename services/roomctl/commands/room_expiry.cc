#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "roomkeeper/v1/clean_room.grpc.pb.h"

#include "lib/base/clock.h"
#include "lib/crypto/digest.h"
#include "services/roomctl/call_show.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

using Stub = v1::CleanRoomService::Stub;

ExitCode Renew(CommandContext& context) {
  const auto ttl = context.arguments().Duration("ttl");
  if (!ttl.ok()) {
    return context.Usage(ttl.status());
  }
  if (!ttl->has_value()) {
    return context.Usage(absl::InvalidArgumentError("--ttl is missing, e.g. --ttl 2h"));
  }
  v1::RenewCleanRoomRequest request;
  if (const ExitCode code = context.FullRoomName(context.words()[0], *request.mutable_name());
      code != ExitCode::kOk) {
    return code;
  }
  ToProto(**ttl, *request.mutable_ttl());
  return CallAndShow<v1::CleanRoomService>(context, &Stub::RenewCleanRoom, request, &PrintRoom);
}

ExitCode Undelete(CommandContext& context) {
  v1::UndeleteCleanRoomRequest request;
  if (const ExitCode code = context.FullRoomName(context.words()[0], *request.mutable_name());
      code != ExitCode::kOk) {
    return code;
  }
  return CallAndShow<v1::CleanRoomService>(context, &Stub::UndeleteCleanRoom, request, &PrintRoom);
}

bool IsGoing(const v1::CleanRoom& room) {
  return room.has_purge_time() || room.state() == v1::CLEAN_ROOM_STATE_DELETING ||
         room.state() == v1::CLEAN_ROOM_STATE_AWAITING_BRAND_DELETE ||
         room.state() == v1::CLEAN_ROOM_STATE_DELETED;
}

// All pages first, then the deletes: a page token goes on after a room, not after a count.
grpc::Status FindRooms(CommandContext& context, v1::ListCleanRoomsRequest request,
                       absl::Time made_before, v1::ListCleanRoomsResponse& found) {
  request.set_page_size(500);
  v1::ListCleanRoomsResponse page;
  do {
    request.set_page_token(page.next_page_token());
    page.Clear();
    const auto status =
        CallServer<v1::CleanRoomService>(context, &Stub::ListCleanRooms, request, page);
    if (!status.ok()) {
      return status;
    }
    for (const v1::CleanRoom& room : page.clean_rooms()) {
      const absl::Time made = absl::FromUnixSeconds(room.create_time().seconds()) +
                              absl::Nanoseconds(room.create_time().nanos());
      if (made <= made_before && !IsGoing(room)) {
        *found.add_clean_rooms() = room;
      }
    }
  } while (!page.next_page_token().empty());
  return grpc::Status::OK;
}

void PrintRooms(const v1::ListCleanRoomsResponse& found, std::ostream& out) {
  std::vector<std::vector<std::string>> rows = {{"WOULD DELETE", "STATE", "CREATED", "EXPIRES"}};
  for (const v1::CleanRoom& room : found.clean_rooms()) {
    rows.push_back(
        {room.name(), Text(room.state()), Text(room.create_time()), Text(room.expire_time())});
  }
  PrintTable(rows, out);
}

void PrintJobs(const v1::ListJobsResponse& made, std::ostream& out) {
  std::vector<std::vector<std::string>> rows = {{"DELETING", "JOB"}};
  for (const v1::Job& job : made.jobs()) {
    rows.push_back({job.clean_room(), job.name()});
  }
  PrintTable(rows, out);
}

// Goes on after a room that cannot be deleted now; the exit code is that of the first such.
ExitCode DeleteAll(CommandContext& context, const v1::ListCleanRoomsResponse& found,
                   std::optional<absl::Duration> grace) {
  ExitCode code = ExitCode::kOk;
  v1::ListJobsResponse made;
  for (const v1::CleanRoom& room : found.clean_rooms()) {
    v1::DeleteCleanRoomRequest request;
    request.set_name(room.name());
    request.set_request_id(RandomBase32(16));
    request.set_force(context.arguments().Has("force"));
    if (grace.has_value()) {
      ToProto(*grace, *request.mutable_grace());
    }
    v1::Job job;
    const auto status =
        CallServer<v1::CleanRoomService>(context, &Stub::DeleteCleanRoom, request, job);
    if (status.ok()) {
      *made.add_jobs() = std::move(job);
      continue;
    }
    context.err() << room.name() << " is not deleted\n";
    const ExitCode failed = context.Fail(status);
    code = code == ExitCode::kOk ? failed : code;
  }
  Show(context, made, &PrintJobs);
  return code;
}

ExitCode Sweep(CommandContext& context) {
  const Arguments& arguments = context.arguments();
  const auto labels = arguments.Pairs("label");
  const auto older = arguments.Duration("older-than");
  const auto grace = arguments.Duration("grace", /*may_be_zero=*/true);
  for (const absl::Status& status : {labels.status(), older.status(), grace.status()}) {
    if (!status.ok()) {
      return context.Usage(status);
    }
  }
  if (labels->empty()) {
    return context.Usage(absl::InvalidArgumentError(
        "--label is missing: rooms sweep deletes only rooms that carry one, e.g. --label ci=42"));
  }
  v1::ListCleanRoomsRequest request;
  request.set_parent(arguments.Get("parent"));
  request.mutable_labels()->insert(labels->begin(), labels->end());
  const absl::Time made_before =
      older->has_value() ? SystemClock().Now() - **older : absl::InfiniteFuture();
  v1::ListCleanRoomsResponse found;
  if (const auto status = FindRooms(context, request, made_before, found); !status.ok()) {
    return context.Fail(status);
  }
  if (arguments.Has("dry-run")) {
    Show(context, found, &PrintRooms);
    return ExitCode::kOk;
  }
  return DeleteAll(context, found, *grace);
}

}  // namespace

std::vector<Command> RoomExpiryCommands() {
  return {
      {"rooms",
       "renew",
       "ROOM",
       "Put off the time at which a room made with --ttl is removed",
       1,
       1,
       {{"ttl", "DURATION", "from now; it never brings the expiry nearer"}},
       &Renew},
      {"rooms",
       "undelete",
       "ROOM",
       "Take a removal back whose grace period is not over",
       1,
       1,
       {},
       &Undelete},
      {"rooms",
       "sweep",
       "",
       "Delete all rooms that carry a label",
       0,
       0,
       {{"label", "KEY=VALUE", "required; repeated: all must match"},
        {"older-than", "DURATION", "only rooms made longer ago; default: any"},
        {"parent", "NAME", "brands/… or brands/…/installs/…; default: all you may see"},
        {"force", nullptr, "also rooms in which a run is active"},
        kGraceFlag,
        {"dry-run", nullptr, "show which, and delete nothing"}},
       &Sweep},
  };
}

}  // namespace roomkeeper
