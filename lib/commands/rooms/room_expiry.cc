#include "lib/commands/rooms/room_expiry.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/commands/ci/ci_scope.h"
#include "lib/commands/refusals.h"
#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

// Another renewal, or the sweep's note, came in between.
constexpr int kTriesMax = 5;

std::string Utc(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::Status DoesNotExpire(const CleanRoom& room) {
  const std::string name = FormatName(room.key);
  return ToStatus({.code = absl::StatusCode::kFailedPrecondition,
                   .reason = reason::kRoomDoesNotExpire,
                   .message = absl::StrCat(name,
                                           " was made without an expiry and stays until it is "
                                           "deleted; there is nothing to renew"),
                   .metadata = {{"clean_room", name}}});
}

absl::Status TooLate(const CleanRoom& room) {
  const std::string name = FormatName(room.key);
  return ToStatus({.code = absl::StatusCode::kFailedPrecondition,
                   .reason = reason::kRoomDeleted,
                   .message = absl::StrCat(name, " is ", Name(room.state),
                                           ": it is too late to renew it; make another room"),
                   .metadata = {{"clean_room", name},
                                {"state", std::string(Name(room.state))},
                                {"job", FormatName(room.job)}}});
}

struct Renewal {
  const CommandContext& context;
  AuditStampPtr stamp = {};
  RoomKey key = {};
  ExpiryInput expiry = {};
  StoreDone<CleanRoom> done = {};
};

void Try(const std::shared_ptr<Renewal>& renewal, int tries);

void OnWritten(const std::shared_ptr<Renewal>& renewal, int tries,
               absl::StatusOr<SetExpiry::Result> result) {
  if (result.ok()) {
    renewal->done(std::move(result->room));
  } else if ((absl::IsAborted(result.status()) || absl::IsFailedPrecondition(result.status())) &&
             tries < kTriesMax) {
    Try(renewal, tries + 1);
  } else {
    renewal->done(NotFoundOr(result.status(), FormatName(renewal->key)));
  }
}

void OnRead(const std::shared_ptr<Renewal>& renewal, int tries, absl::StatusOr<CleanRoom> room) {
  if (!room.ok()) {
    renewal->done(NotFoundOr(room.status(), FormatName(renewal->key)));
    return;
  }
  if (IsGoing(room->state)) {
    renewal->done(TooLate(*room));
    return;
  }
  if (!room->expires_at.has_value()) {
    renewal->done(DoesNotExpire(*room));
    return;
  }
  const auto wanted = ResolveExpiry(renewal->context, renewal->expiry, room->created_at, "");
  if (!wanted.ok()) {
    renewal->done(wanted.status());
    return;
  }
  if (*wanted <= *room->expires_at) {
    renewal->done(std::move(room));
    return;
  }
  renewal->context.jobs.Expire({.key = renewal->key,
                                .seen_expires_at = room->expires_at,
                                .expires_at = *wanted,
                                .sweep_at = FirstSweep(renewal->context, *wanted),
                                .now = renewal->context.clock.Now(),
                                .audit = renewal->stamp},
                               [renewal, tries](absl::StatusOr<SetExpiry::Result> result) {
                                 OnWritten(renewal, tries, std::move(result));
                               });
}

void Try(const std::shared_ptr<Renewal>& renewal, int tries) {
  renewal->context.jobs.GetRoom(renewal->key, [renewal, tries](absl::StatusOr<CleanRoom> room) {
    OnRead(renewal, tries, std::move(room));
  });
}

}  // namespace

std::string CanonicalText(const ExpiryInput& input) {
  std::string text;
  if (input.at.has_value()) {
    absl::StrAppend(&text, "at ", absl::ToUnixNanos(*input.at));
  }
  if (input.ttl.has_value()) {
    absl::StrAppend(&text, "ttl ", absl::ToInt64Nanoseconds(*input.ttl));
  }
  return text;
}

absl::StatusOr<absl::Time> ResolveExpiry(const CommandContext& context, const ExpiryInput& input,
                                         absl::Time created_at, absl::string_view field) {
  const absl::Time now = context.clock.Now();
  const std::string name = absl::StrCat(field, input.ttl.has_value() ? "ttl" : "expire_time");
  if (!input.ttl.has_value() && !input.at.has_value()) {
    return InvalidField(absl::StrCat(field, "ttl"), "must be set, or expire_time");
  }
  const absl::Time at = input.ttl.has_value() ? now + *input.ttl : *input.at;
  const absl::Time last = created_at + context.settings.room_lifetime_max;
  if (at > now && at <= last) {
    return at;
  }
  return InvalidField(name, absl::StrCat("must end after now and by ", Utc(last), ", got ", Utc(at),
                                         ": a room that expires lives at most ",
                                         absl::FormatDuration(context.settings.room_lifetime_max)));
}

absl::Time FirstSweep(const CommandContext& context, absl::Time expires_at) {
  const absl::Duration left = expires_at - context.clock.Now();
  return expires_at - std::min(context.settings.expiry_warning_lead, left / 2);
}

void RenewCleanRoom(const CommandContext& context, const Principal& principal, RoomKey room,
                    ExpiryInput expiry, StoreDone<CleanRoom> done) {
  const auto renewal = std::make_shared<Renewal>(
      Renewal{.context = context, .stamp = principal.stamp, .key = std::move(room)});
  renewal->expiry = expiry;
  renewal->done = std::move(done);
  if (absl::Status held = HoldToLife(context, principal, expiry, ""); !held.ok()) {
    renewal->done(std::move(held));
    return;
  }
  Try(renewal, /*tries=*/1);
}

}  // namespace roomkeeper
