#include "lib/model/json/clean_room_json.h"

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"

namespace roomkeeper {

void WriteProblem(JsonWriter& out, const Problem& problem) {
  out.BeginObject()
      .Field("message", problem.message)
      .Field("move", Name(problem.move))
      .Field("reason", problem.reason)
      .BoolField("retryable", problem.retryable)
      .EndObject();
}

Problem ReadProblem(JsonReader& reader, const JsonReader::Node& node) {
  Problem problem = {.reason = node.String("reason"),
                     .message = node.String("message"),
                     .retryable = node.Bool("retryable")};
  const std::string move = node.String("move");
  if (const auto parsed = ParseMove(move); parsed.has_value()) {
    problem.move = *parsed;
  } else {
    reader.Fail(absl::StrCat("unknown move \"", move, "\""));
  }
  return problem;
}

void WriteNotebooks(JsonWriter& out, const std::vector<NotebookState>& notebooks) {
  out.BeginArray();
  for (const NotebookState& notebook : notebooks) {
    out.BeginObject()
        .Field("content_digest", notebook.content_digest)
        .Field("etag", notebook.etag)
        .Field("name", notebook.name)
        .EndObject();
  }
  out.EndArray();
}

std::vector<NotebookState> ReadNotebooks(const JsonReader::Node& array) {
  std::vector<NotebookState> notebooks;
  for (const JsonReader::Node& item : array.Items()) {
    notebooks.push_back({.name = item.String("name"),
                         .etag = item.String("etag"),
                         .content_digest = item.String("content_digest")});
  }
  return notebooks;
}

std::string FormatLabels(const Labels& labels) {
  JsonWriter out;
  out.BeginObject();
  for (const auto& [key, value] : labels) {
    out.Field(key, value);
  }
  out.EndObject();
  return std::move(out).Take();
}

absl::StatusOr<Labels> ParseLabels(absl::string_view json) {
  JsonReader reader(json, "labels");
  Labels labels;
  for (auto& [key, value] : reader.root().StringMembers()) {
    labels.emplace(std::move(key), std::move(value));
  }
  RK_RETURN_IF_ERROR(reader.Finish());
  return labels;
}

std::string FormatProblem(const Problem& problem) {
  JsonWriter out;
  WriteProblem(out, problem);
  return std::move(out).Take();
}

absl::StatusOr<Problem> ParseProblem(absl::string_view json) {
  JsonReader reader(json, "problem");
  Problem problem = ReadProblem(reader, reader.root());
  RK_RETURN_IF_ERROR(reader.Finish());
  return problem;
}

std::string FormatNotebooks(const std::vector<NotebookState>& notebooks) {
  JsonWriter out;
  WriteNotebooks(out, notebooks);
  return std::move(out).Take();
}

absl::StatusOr<std::vector<NotebookState>> ParseNotebooks(absl::string_view json) {
  JsonReader reader(json, "notebooks");
  std::vector<NotebookState> notebooks = ReadNotebooks(reader.root());
  RK_RETURN_IF_ERROR(reader.Finish());
  return notebooks;
}

std::string FormatNotebookVersions(const std::vector<NotebookVersion>& versions) {
  JsonWriter out;
  out.BeginArray();
  for (const NotebookVersion& version : versions) {
    out.BeginObject()
        .Field("etag", version.etag)
        .Field("name", version.name)
        .Field("package_version", version.package_version);
    if (version.since.has_value()) {
      out.IntField("since_ns", absl::ToUnixNanos(*version.since));
    }
    out.EndObject();
  }
  out.EndArray();
  return std::move(out).Take();
}

absl::StatusOr<std::vector<NotebookVersion>> ParseNotebookVersions(absl::string_view json) {
  JsonReader reader(json, "notebook versions");
  std::vector<NotebookVersion> versions;
  for (const JsonReader::Node& item : reader.root().Items()) {
    versions.push_back({.name = item.String("name"),
                        .etag = item.String("etag"),
                        .package_version = item.String("package_version")});
    if (item.Has("since_ns")) {
      versions.back().since = absl::FromUnixNanos(item.Int("since_ns"));
    }
  }
  RK_RETURN_IF_ERROR(reader.Finish());
  return versions;
}

}  // namespace roomkeeper
