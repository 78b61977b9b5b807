#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include "absl/time/time.h"

#include "roomkeeper/v1/brand.pb.h"
#include "roomkeeper/v1/clean_room.pb.h"
#include "roomkeeper/v1/job.pb.h"
#include "roomkeeper/v1/operations.pb.h"
#include "roomkeeper/v1/package.pb.h"

#include "lib/auth/principal.h"
#include "lib/commands/brands/api_keys.h"
#include "lib/commands/brands/brands.h"
#include "lib/commands/jobs/read_jobs.h"
#include "lib/commands/rooms/create_clean_room.h"
#include "lib/commands/rooms/explain_clean_room.h"
#include "lib/commands/rooms/get_runnable_notebook.h"
#include "lib/commands/rooms/list_task_runs.h"
#include "lib/commands/rooms/plan_clean_room.h"

namespace roomkeeper {

// Between the wire and the model. Pure. Requests have passed request_rules, so names parse; what a
// brand must not see (shards, local table names, words for operators) is left out by `reader`.

void ToProto(absl::Time time, google::protobuf::Timestamp& out);
void ToProto(absl::Duration duration, google::protobuf::Duration& out);
absl::Time FromProto(const google::protobuf::Timestamp& time);
absl::Duration FromProto(const google::protobuf::Duration& duration);
// Of a CleanRoom or a RenewCleanRoomRequest.
template <typename Message>
ExpiryInput ExpiryOf(const Message& message) {
  ExpiryInput expiry;
  if (message.has_expire_time()) {
    expiry.at = FromProto(message.expire_time());
  }
  if (message.has_ttl()) {
    expiry.ttl = FromProto(message.ttl());
  }
  return expiry;
}
Labels FromProto(const google::protobuf::Map<std::string, std::string>& labels);
// 0 means 50.
std::int32_t PageSizeOf(std::int32_t page_size);

v1::Move ToProto(Move move);
v1::CleanRoomState ToProto(RoomState state);
v1::JobState ToProto(JobState state);
v1::JobStep ToProto(Step step);
// Nothing for UNSPECIFIED.
std::optional<RoomState> FromProto(v1::CleanRoomState state);
std::optional<JobState> FromProto(v1::JobState state);
// As it is: what the reader may see of it (reader_view.h) is for the caller.
void ToProto(const Problem& problem, v1::Problem& out);

void ToProto(const Job& job, const Principal& reader, v1::Job& out);
void ToProto(const JobView& view, const Principal& reader, v1::Job& out);
void ToProto(const JobEvent& event, const Principal& reader, v1::JobEvent& out);

void ToProto(const CleanRoom& room, const Principal& reader, v1::CleanRoom& out);
void ToProto(const CleanRoomPlanned& plan, const Principal& reader, v1::CleanRoomPlan& out);
void ToProto(const Explanation& explanation, v1::CleanRoomExplanation& out);
void ToProto(const RunnableNotebook& runnable, v1::RunnableNotebook& out);
void ToProto(const ListTaskRunsOutput::Row& row, v1::TaskRun& out);
CreateCleanRoomInput FromProto(const v1::CreateCleanRoomRequest& request);
CreateCleanRoomInput FromProto(const v1::PlanCleanRoomRequest& request);
CreateCleanRoomInput FromProto(const v1::AdoptCleanRoomRequest& request);

void ToProto(const PackageVersion& version, const Principal& reader, v1::PackageVersion& out);
void ToProto(const ParameterDoc& parameter, v1::Parameter& out);
void ToProto(const RequiredInput& input, v1::RequiredInput& out);
void ToProto(const OutputTable& output, v1::OutputTable& out);

// "packages/…" names.
using TextList = google::protobuf::RepeatedPtrField<std::string>;
void PackagesToProto(const std::vector<PackageName>& packages, TextList& out);
std::vector<PackageName> PackagesFromProto(const TextList& names);
void ToProto(const Brand& brand, v1::Brand& out);
void ToProto(const Install& install, v1::Install& out);
void ToProto(const ApiKey& key, v1::ApiKey& out);
void ToProto(const CiScope& ci, v1::CiScope& out);
CiScope FromProto(const v1::CiScope& ci);
// UNSPECIFIED for who is no operator, and back.
v1::OperatorRole ToProto(Role role);
std::optional<Role> FromProto(v1::OperatorRole role);

}  // namespace roomkeeper
