#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "lib/model/clean_room.h"
#include "lib/model/json/json_reader.h"
#include "lib/model/json/json_writer.h"

namespace roomkeeper {

// Canonical JSON (lib/model/json/json_writer.h) of the parts of a room and a job that are stored as
// text. Parse answers kDataLoss for anything its Format does not write.
std::string FormatLabels(const Labels& labels);
absl::StatusOr<Labels> ParseLabels(absl::string_view json);

std::string FormatProblem(const Problem& problem);
absl::StatusOr<Problem> ParseProblem(absl::string_view json);

std::string FormatNotebooks(const std::vector<NotebookState>& notebooks);
absl::StatusOr<std::vector<NotebookState>> ParseNotebooks(absl::string_view json);

std::string FormatNotebookVersions(const std::vector<NotebookVersion>& versions);
absl::StatusOr<std::vector<NotebookVersion>> ParseNotebookVersions(absl::string_view json);

// Parts that other documents share; each writes or reads one value.
void WriteProblem(JsonWriter& out, const Problem& problem);
Problem ReadProblem(JsonReader& reader, const JsonReader::Node& node);
void WriteNotebooks(JsonWriter& out, const std::vector<NotebookState>& notebooks);
std::vector<NotebookState> ReadNotebooks(const JsonReader::Node& array);

}  // namespace roomkeeper
