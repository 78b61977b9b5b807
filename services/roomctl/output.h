#pragma once

#include <ostream>
#include <string>
#include <vector>

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include "absl/time/time.h"

#include "roomkeeper/v1/brand.pb.h"
#include "roomkeeper/v1/clean_room.pb.h"
#include "roomkeeper/v1/job.pb.h"

namespace roomkeeper {

// Text for people. Columns are as wide as their widest cell; the first row is the head.
void PrintTable(const std::vector<std::vector<std::string>>& rows, std::ostream& out);
// "name:   value" lines, values aligned; an empty value leaves its line out.
void PrintFields(const std::vector<std::pair<std::string, std::string>>& fields, std::ostream& out);

std::string Text(
    const google::protobuf::Timestamp& time);  // "2026-11-21 09:30:05Z", empty if unset
void ToProto(absl::Duration duration, google::protobuf::Duration& out);
std::string Text(const google::protobuf::Duration& duration);  // "3.2 s", "14 m 05 s"

// The enum's name without its prefix: "READY", "AWAIT_ACTIVE".
std::string Text(v1::CleanRoomState state);
std::string Text(v1::JobState state);
std::string Text(v1::JobStep step);
std::string Text(v1::JobKind kind);
std::string Text(v1::Move move);
std::string Text(const v1::CiScope& ci);  // empty if unset
std::string Text(v1::OperatorRole role);  // "viewer"; empty for who is no operator

void PrintJob(const v1::Job& job, std::ostream& out);
void PrintRoom(const v1::CleanRoom& room, std::ostream& out);
void PrintNotebook(const v1::RunnableNotebook& notebook, std::ostream& out);
void PrintPlan(const v1::CleanRoomPlan& plan, std::ostream& out);

}  // namespace roomkeeper
