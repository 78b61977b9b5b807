#include "lib/model/json/job_json.h"

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/model/json/clean_room_json.h"
#include "lib/model/json/json_reader.h"
#include "lib/model/json/json_writer.h"

namespace roomkeeper {
namespace {

void WriteTime(JsonWriter& out, const std::optional<absl::Time>& time) {
  if (time.has_value()) {
    out.String(absl::FormatTime(absl::RFC3339_full, *time, absl::UTCTimeZone()));
  } else {
    out.Null();
  }
}

std::optional<absl::Time> ReadTime(JsonReader& reader, const JsonReader::Node& node,
                                   const char* key) {
  if (node.IsNull(key)) {
    return std::nullopt;
  }
  const std::string text = node.String(key);
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) {
    reader.Fail(absl::StrCat("\"", key, "\" is no RFC 3339 time: \"", text, "\""));
    return std::nullopt;
  }
  return time;
}

}  // namespace

std::string FormatJobProgress(const JobProgress& progress) {
  JsonWriter out;
  out.BeginObject();
  WriteTime(out.Key("absent_since"), progress.absent_since);
  out.Field("assets_done", progress.assets_done)
      .IntField("attempt", progress.attempt)
      .IntField("budget_time_ns", absl::ToInt64Nanoseconds(progress.budget_time))
      .Key("failing_with");
  if (progress.failing_with.has_value()) {
    WriteProblem(out, *progress.failing_with);
  } else {
    out.Null();
  }
  out.BoolField("intent_open", progress.intent_open);
  WriteNotebooks(out.Key("notebooks_done"), progress.notebooks_done);
  out.IntField("our_time_ns", absl::ToInt64Nanoseconds(progress.our_time))
      .IntField("platform_calls", progress.platform_calls)
      .IntField("platform_time_ns", absl::ToInt64Nanoseconds(progress.platform_time));
  WriteTime(out.Key("provisioning_since"), progress.provisioning_since);
  out.IntField("repairs", progress.repairs).IntField("room_attempts", progress.room_attempts);
  WriteTime(out.Key("settle_until"), progress.settle_until);
  out.EndObject();
  return std::move(out).Take();
}

absl::StatusOr<JobProgress> ParseJobProgress(absl::string_view json) {
  JsonReader reader(json, "job progress");
  const JsonReader::Node root = reader.root();
  JobProgress progress = {.attempt = root.Int32("attempt"),
                          .room_attempts = root.Int32("room_attempts"),
                          .repairs = root.Int32("repairs"),
                          .intent_open = root.Bool("intent_open"),
                          .assets_done = root.Strings("assets_done"),
                          .notebooks_done = ReadNotebooks(root.At("notebooks_done")),
                          .provisioning_since = ReadTime(reader, root, "provisioning_since"),
                          .settle_until = ReadTime(reader, root, "settle_until"),
                          .platform_time = absl::Nanoseconds(root.Int("platform_time_ns")),
                          .our_time = absl::Nanoseconds(root.Int("our_time_ns")),
                          .platform_calls = root.Int32("platform_calls")};
  if (root.Has("budget_time_ns")) {  // rows from before it was counted
    progress.budget_time = absl::Nanoseconds(root.Int("budget_time_ns"));
  }
  if (root.Has("absent_since")) {
    progress.absent_since = ReadTime(reader, root, "absent_since");
  }
  if (!root.IsNull("failing_with")) {
    progress.failing_with = ReadProblem(reader, root.At("failing_with"));
  }
  RK_RETURN_IF_ERROR(reader.Finish());
  return progress;
}

}  // namespace roomkeeper
