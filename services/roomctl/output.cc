#include "services/roomctl/output.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

namespace roomkeeper {
namespace {

std::string Pad(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string Parameters(const v1::RunnableNotebook& notebook) {
  std::string text;
  for (const v1::Parameter& parameter : notebook.parameters()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", parameter.name(), "=",
                    parameter.default_value());
  }
  return text;
}

}  // namespace

void PrintTable(const std::vector<std::vector<std::string>>& rows, std::ostream& out) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&line, i == 0 ? "" : "  ", Pad(row[i], widths[i]));
    }
    absl::StripTrailingAsciiWhitespace(&line);
    out << line << '\n';
  }
}

void PrintFields(const std::vector<std::pair<std::string, std::string>>& fields,
                 std::ostream& out) {
  std::size_t width = 0;
  for (const auto& [name, value] : fields) {
    width = value.empty() ? width : std::max(width, name.size());
  }
  for (const auto& [name, value] : fields) {
    if (!value.empty()) {
      out << Pad(name + ":", width + 2) << value << '\n';
    }
  }
}

std::string Text(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) {
    return "";
  }
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

void ToProto(absl::Duration duration, google::protobuf::Duration& out) {
  out.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  out.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(duration)));
}

std::string Text(const google::protobuf::Duration& duration) {
  const double seconds =
      static_cast<double>(duration.seconds()) + static_cast<double>(duration.nanos()) * 1e-9;
  if (seconds < 1) {
    return absl::StrFormat("%.0f ms", seconds * 1000);
  }
  if (seconds < 60) {
    return absl::StrFormat("%.1f s", seconds);
  }
  return absl::StrFormat("%d m %02d s", duration.seconds() / 60, duration.seconds() % 60);
}

std::string Text(v1::CleanRoomState state) {
  const std::string name = v1::CleanRoomState_Name(state);
  return std::string(absl::StripPrefix(name, "CLEAN_ROOM_STATE_"));
}
std::string Text(v1::JobState state) {
  const std::string name = v1::JobState_Name(state);
  return std::string(absl::StripPrefix(name, "JOB_STATE_"));
}
std::string Text(v1::JobStep step) {
  const std::string name = v1::JobStep_Name(step);
  return std::string(absl::StripPrefix(name, "JOB_STEP_"));
}
std::string Text(v1::JobKind kind) {
  const std::string name = v1::JobKind_Name(kind);
  return std::string(absl::StripPrefix(name, "JOB_KIND_"));
}
std::string Text(v1::Move move) {
  const std::string name = v1::Move_Name(move);
  return std::string(absl::StripPrefix(name, "MOVE_"));
}
std::string Text(const v1::CiScope& ci) {
  return ci.label_key().empty()
             ? std::string()
             : absl::StrCat("rooms under ", ci.label_key(), "=", ci.label_value(), ", at most ",
                            ci.rooms_max(), ", for at most ", Text(ci.ttl_max()));
}
std::string Text(v1::OperatorRole role) {
  const std::string name = v1::OperatorRole_Name(role);
  return role == v1::OPERATOR_ROLE_UNSPECIFIED
             ? std::string()
             : absl::AsciiStrToLower(absl::StripPrefix(name, "OPERATOR_ROLE_"));
}

void PrintJob(const v1::Job& job, std::ostream& out) {
  PrintFields(
      {{"job", job.name()},
       {"kind", Text(job.kind())},
       {"clean room", job.clean_room()},
       {"state", Text(job.state())},
       {"step", job.state() == v1::JOB_STATE_SUCCEEDED ? "" : Text(job.step())},
       {"waiting for", job.waiting_for()},
       {"whose move", job.move() == v1::MOVE_NOBODY ? "" : Text(job.move())},
       {"since", job.has_finish_time() ? "" : Text(job.since_time())},
       {"error",
        job.has_error() ? absl::StrCat(job.error().reason(), ": ", job.error().message()) : ""},
       {"created", Text(job.create_time())},
       {"finished", Text(job.finish_time())},
       {"time", absl::StrCat("platform ", Text(job.platform_duration()), ", request budget ",
                             Text(job.budget_duration()), ", ours ", Text(job.our_duration()), ", ",
                             job.platform_calls(), " platform calls")},
       {"previous version", job.previous_package_version()},
       {"retry of", job.retry_of()}},
      out);
  for (const v1::JobStepProgress& step : job.steps()) {
    const std::string state = v1::JobStepProgress_State_Name(step.state());
    std::string line = absl::StrCat("  ", Pad(Text(step.step()), 18),
                                    Pad(std::string(absl::StripPrefix(state, "STATE_")), 9),
                                    step.has_duration() ? Text(step.duration()) : "");
    absl::StripTrailingAsciiWhitespace(&line);
    out << line << '\n';
  }
}

void PrintRoom(const v1::CleanRoom& room, std::ostream& out) {
  std::string labels;
  for (const auto& [key, value] : room.labels()) {
    absl::StrAppend(&labels, labels.empty() ? "" : ", ", key, "=", value);
  }
  PrintFields({{"clean room", room.name()},
               {"state", Text(room.state())},
               {"whose move", room.move() == v1::MOVE_NOBODY ? "" : Text(room.move())},
               {"since", Text(room.state_since_time())},
               {"problem", room.has_problem() ? absl::StrCat(room.problem().reason(), ": ",
                                                             room.problem().message())
                                              : ""},
               {"platform name", room.clean_room_name()},
               {"central id", room.central_clean_room_id()},
               {"package", absl::StrCat(room.package(), " ", room.package_version())},
               {"leaving version", room.leaving_package_version()},
               {"digest", room.package_digest()},
               {"place", absl::StrCat(room.cloud_vendor(), " ", room.region())},
               {"shard", room.shard()},
               {"runner", room.brand().collaborator_alias()},
               {"labels", labels},
               {"job", room.job()},
               {"ready", Text(room.ready_time())},
               {"expires", Text(room.expire_time())},
               {"removed from", Text(room.purge_time())},
               {"etag", room.etag()}},
              out);
  for (const v1::CleanRoomNotebook& notebook : room.notebooks()) {
    out << "  notebook " << notebook.name() << "  etag " << notebook.etag() << '\n';
  }
}

void PrintNotebook(const v1::RunnableNotebook& notebook, std::ostream& out) {
  PrintFields({{"clean room name", notebook.clean_room_name()},
               {"notebook name", notebook.notebook_name()},
               {"etag", notebook.etag()},
               {"runner alias", notebook.runner_collaborator_alias()},
               {"parameters", Parameters(notebook)},
               {"package", absl::StrCat(notebook.package(), " ", notebook.package_version())},
               {"digest", notebook.content_digest()},
               {"shared output", notebook.enable_shared_output() ? "yes" : "no"}},
              out);
  for (const v1::RequiredInput& input : notebook.required_inputs()) {
    out << "  the brand adds " << input.name() << ": " << input.description() << '\n';
  }
  for (const v1::OutputTable& table : notebook.outputs()) {
    out << "  a run writes " << table.name() << ": " << table.description() << '\n';
  }
}

void PrintPlan(const v1::CleanRoomPlan& plan, std::ostream& out) {
  std::vector<std::vector<std::string>> rows = {{"ACTION", "TARGET", "WHY"}};
  for (const v1::PlannedAction& action : plan.actions()) {
    rows.push_back({action.action(), action.target(), action.message()});
  }
  if (plan.actions().empty()) {
    out << "nothing to do\n";
  } else {
    PrintTable(rows, out);
  }
  for (const v1::Problem& problem : plan.problems()) {
    out << "problem  " << problem.reason() << ": " << problem.message() << " ("
        << Text(problem.move()) << ")\n";
  }
  const v1::QuotaUse& quota = plan.quota();
  out << '\n';
  PrintFields({{"rooms added", absl::StrCat(quota.rooms_added())},
               {"open jobs allowed", absl::StrCat(quota.brand_jobs_in_flight_max())},
               {"shard rooms", quota.shard().empty()
                                   ? ""
                                   : absl::StrCat(quota.shard_rooms(), " of ",
                                                  quota.shard_rooms_max(), " on ", quota.shard())},
               {"plan digest", plan.plan_digest()}},
              out);
}

}  // namespace roomkeeper
