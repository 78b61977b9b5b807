#include "services/roomkeeperd/rpc/proto_codec.h"

namespace roomkeeper {
namespace {

constexpr std::int32_t kPageSizeDefault = 50;

}  // namespace

void ToProto(absl::Time time, google::protobuf::Timestamp& out) {
  const std::int64_t micros = absl::ToUnixMicros(time);
  out.set_seconds(micros / 1000000);
  out.set_nanos(static_cast<std::int32_t>(micros % 1000000) * 1000);
}

void ToProto(absl::Duration duration, google::protobuf::Duration& out) {
  const std::int64_t micros = absl::ToInt64Microseconds(duration);
  out.set_seconds(micros / 1000000);
  out.set_nanos(static_cast<std::int32_t>(micros % 1000000) * 1000);
}

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

Labels FromProto(const google::protobuf::Map<std::string, std::string>& labels) {
  return {labels.begin(), labels.end()};
}

std::int32_t PageSizeOf(std::int32_t page_size) {
  return page_size == 0 ? kPageSizeDefault : page_size;
}

v1::Move ToProto(Move move) {
  switch (move) {
    case Move::kNobody:
      return v1::MOVE_NOBODY;
    case Move::kRoomkeeper:
      return v1::MOVE_ROOMKEEPER;
    case Move::kPlatform:
      return v1::MOVE_PLATFORM;
    case Move::kBrandAdmin:
      return v1::MOVE_BRAND_ADMIN;
    case Move::kProviderOperator:
      return v1::MOVE_PROVIDER_OPERATOR;
  }
  return v1::MOVE_UNSPECIFIED;
}

// The numbers of these enums are the model's; a test holds every value and name together.
v1::CleanRoomState ToProto(RoomState state) {
  return static_cast<v1::CleanRoomState>(state);
}
v1::JobState ToProto(JobState state) {
  return static_cast<v1::JobState>(state);
}
v1::JobStep ToProto(Step step) {
  return static_cast<v1::JobStep>(step);
}
std::optional<RoomState> FromProto(v1::CleanRoomState state) {
  return state == v1::CLEAN_ROOM_STATE_UNSPECIFIED
             ? std::nullopt
             : std::optional<RoomState>(static_cast<RoomState>(state));
}
std::optional<JobState> FromProto(v1::JobState state) {
  return state == v1::JOB_STATE_UNSPECIFIED ? std::nullopt
                                            : std::optional<JobState>(static_cast<JobState>(state));
}

void ToProto(const Problem& problem, v1::Problem& out) {
  out.set_reason(problem.reason);
  out.set_message(problem.message);
  out.set_move(ToProto(problem.move));
  out.set_retryable(problem.retryable);
}

}  // namespace roomkeeper
