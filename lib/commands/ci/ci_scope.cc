#include "lib/commands/ci/ci_scope.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/commands/refusals.h"
#include "lib/model/reasons.h"
#include "lib/store/queries.h"

namespace roomkeeper {
namespace {

bool Sees(const Principal& principal, const CleanRoom& room) {
  return !principal.IsCi() ||
         (room.key.brand == principal.brand && room.key.install == principal.install &&
          Matches(principal.ci.Label(), room.labels));
}

// NotFound(name) for a room that is absent or hidden.
void JudgeRoom(JobStore& jobs, const Principal& principal, const RoomKey& room, std::string name,
               std::function<void(absl::Status)> done) {
  jobs.GetRoom(room, [principal, name = std::move(name),
                      done = std::move(done)](const absl::StatusOr<CleanRoom>& stored) {
    if (!stored.ok()) {
      done(NotFoundOr(stored.status(), name));
      return;
    }
    done(Sees(principal, *stored) ? absl::OkStatus() : NotFound(name));
  });
}

std::string Label(const CiScope& ci) {
  return absl::StrCat(ci.label_key, "=", ci.label_value);
}

}  // namespace

void CheckCiSeesRoom(JobStore& jobs, const Principal& principal, const RoomKey& room,
                     std::function<void(absl::Status)> done) {
  JudgeRoom(jobs, principal, room, FormatName(room), std::move(done));
}

void CheckCiSeesJob(JobStore& jobs, const Principal& principal, const JobId& job,
                    std::function<void(absl::Status)> done) {
  jobs.GetJob(
      job, [&jobs, principal, job, done = std::move(done)](const absl::StatusOr<Job>& stored) {
        if (!stored.ok() && !absl::IsNotFound(stored.status())) {
          done(stored.status());
          return;
        }
        // Of no job, the room that nobody has is looked for: it takes as long.
        JudgeRoom(jobs, principal, stored.ok() ? stored->room : RoomKey(), FormatName(job), done);
      });
}

absl::Status CheckMet(const Principal& principal, const CleanRoom& room) {
  if (Sees(principal, room)) {
    return absl::OkStatus();
  }
  const std::string name = FormatName(room.key);
  return ToStatus({.code = absl::StatusCode::kAlreadyExists,
                   .reason = reason::kRoomExists,
                   .message = absl::StrCat(
                       name, " is the name of a clean room without the label ", Label(principal.ci),
                       ", which this CI key does not see: choose ", "another clean_room_id"),
                   .metadata = {{"clean_room", name}}});
}

absl::Status HoldToLabel(const Principal& principal, absl::string_view field, Labels& labels) {
  if (!principal.IsCi()) {
    return absl::OkStatus();
  }
  const auto [label, added] = labels.try_emplace(principal.ci.label_key, principal.ci.label_value);
  if (added || label->second == principal.ci.label_value) {
    return absl::OkStatus();
  }
  return InvalidField(
      std::string(field),
      absl::StrCat("must have ", Label(principal.ci), " or leave it out, got ", label->first, "=",
                   label->second, ": this CI key is bound to that label"));
}

absl::Status HoldToLife(const CommandContext& context, const Principal& principal,
                        const ExpiryInput& expiry, absl::string_view field) {
  if (!principal.IsCi()) {
    return absl::OkStatus();
  }
  const absl::Duration life = expiry.ttl.has_value()  ? *expiry.ttl
                              : expiry.at.has_value() ? *expiry.at - context.clock.Now()
                                                      : absl::ZeroDuration();
  if (life <= principal.ci.ttl_max) {
    return absl::OkStatus();
  }
  return InvalidField(absl::StrCat(field, expiry.ttl.has_value() ? "ttl" : "expire_time"),
                      absl::StrCat("must end at most ", absl::FormatDuration(principal.ci.ttl_max),
                                   " from now, the ttl_max of this CI key, got ",
                                   absl::FormatDuration(absl::Trunc(life, absl::Seconds(1)))));
}

absl::Status HoldToScope(const CommandContext& context, const Principal& principal,
                         CreateCleanRoomInput& input) {
  if (!principal.IsCi()) {
    return absl::OkStatus();
  }
  RK_RETURN_IF_ERROR(HoldToLabel(principal, "clean_room.labels", input.labels));
  if (!input.expiry.at.has_value() && !input.expiry.ttl.has_value()) {
    input.expiry.ttl = std::min(principal.ci.ttl_max, context.settings.room_lifetime_max);
  }
  return HoldToLife(context, principal, input.expiry, "clean_room.");
}

std::optional<CiScope> CiScopeOf(const Principal& principal) {
  return principal.IsCi() ? std::optional(principal.ci) : std::nullopt;
}

}  // namespace roomkeeper
