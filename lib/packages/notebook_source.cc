#include "lib/packages/notebook_source.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "lib/base/status_macros.h"
#include "lib/crypto/digest.h"

namespace roomkeeper {
namespace {

constexpr absl::string_view kInclude = "roomkeeper:include ";

absl::string_view CommentMark(NotebookLanguage language) {
  return language == NotebookLanguage::kPython ? "#" : "--";
}

// "match.sql" of "# roomkeeper:include match.sql", else "".
std::string IncludedFile(absl::string_view line) {
  absl::string_view text = absl::StripAsciiWhitespace(line);
  if (!absl::ConsumePrefix(&text, "#") && !absl::ConsumePrefix(&text, "--")) {
    return "";
  }
  text = absl::StripLeadingAsciiWhitespace(text);
  return absl::ConsumePrefix(&text, kInclude) ? std::string(absl::StripAsciiWhitespace(text)) : "";
}

std::vector<std::string> Lines(absl::string_view text) {
  absl::ConsumeSuffix(&text, "\n");
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (std::string& line : lines) {
    if (absl::EndsWith(line, "\r")) {
      line.pop_back();
    }
  }
  return lines;
}

absl::Status At(absl::string_view file, std::size_t index, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(file, ":", index + 1, ": ", message));
}

absl::Status Include(const std::string& directory, const std::string& file,
                     NotebookSource& source) {
  RK_ASSIGN_OR_RETURN(const std::string text, ReadPackageFile(directory, file));
  const std::vector<std::string> lines = Lines(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!IncludedFile(lines[i]).empty()) {
      return At(file, i, "an included file may not include another");
    }
    if (absl::StrContains(lines[i], "\"\"\"")) {
      return At(file, i, "\"\"\" is not allowed in an included file");
    }
    source.lines.push_back({.file = file, .line = static_cast<int>(i) + 1, .text = lines[i]});
  }
  source.files.push_back({.path = file, .digest = absl::StrCat("sha256:", Sha256Hex(text))});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadPackageFile(const std::string& directory, const std::string& file) {
  const std::filesystem::path relative = std::filesystem::path(file).lexically_normal();
  if (file.empty() || relative.is_absolute() || *relative.begin() == "..") {
    return absl::InvalidArgumentError(
        absl::StrCat("file \"", file, "\" must be a relative path inside the package"));
  }
  const std::filesystem::path path = std::filesystem::path(directory) / relative;
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("file \"", file, "\" cannot be read: ", error.message()));
  }
  if (size > kNotebookBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "file \"", file, "\" has ", size, " bytes, at most ", kNotebookBytesMax, " are allowed"));
  }
  std::string text(size, '\0');
  std::ifstream stream(path, std::ios::binary);
  if (!stream.read(text.data(), static_cast<std::streamsize>(size))) {
    return absl::InvalidArgumentError(absl::StrCat("file \"", file, "\" cannot be read"));
  }
  return text;
}

absl::StatusOr<NotebookSource> ReadNotebookSource(const std::string& directory,
                                                  const std::string& file) {
  RK_ASSIGN_OR_RETURN(const std::string text, ReadPackageFile(directory, file));
  NotebookSource source;
  source.language =
      absl::EndsWith(file, ".sql") ? NotebookLanguage::kSql : NotebookLanguage::kPython;
  source.files.push_back({.path = file, .digest = absl::StrCat("sha256:", Sha256Hex(text))});
  const std::vector<std::string> lines = Lines(text);
  const std::string header =
      absl::StrCat(CommentMark(source.language), " Databricks notebook source");
  if (lines.front() != header) {
    return At(file, 0, absl::StrCat("the first line must be \"", header, "\""));
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string included = IncludedFile(lines[i]);
    if (included.empty()) {
      source.lines.push_back({.file = file, .line = static_cast<int>(i) + 1, .text = lines[i]});
    } else if (absl::Status s = Include(directory, included, source); !s.ok()) {
      return At(file, i, s.message());
    }
  }
  return source;
}

std::vector<NotebookCell> SplitCells(const NotebookSource& source) {
  const absl::string_view mark = CommentMark(source.language);
  const std::string separator = absl::StrCat(mark, " COMMAND ----------");
  const std::string magic = absl::StrCat(mark, " MAGIC");
  const std::string title = absl::StrCat(mark, " DBTITLE 1,");
  std::vector<NotebookCell> cells(1);
  for (std::size_t i = 1; i < source.lines.size(); ++i) {  // line 0 is the header
    absl::string_view text = source.lines[i].text;
    if (text == separator) {
      cells.emplace_back();
    } else if (absl::ConsumePrefix(&text, title)) {
      cells.back().title = std::string(text);
    } else {
      if (absl::ConsumePrefix(&text, magic)) {
        absl::ConsumePrefix(&text, " ");
      }
      absl::StrAppend(&cells.back().text, text, "\n");
    }
  }
  for (NotebookCell& cell : cells) {
    absl::StripAsciiWhitespace(&cell.text);
  }
  cells.erase(std::remove_if(cells.begin(), cells.end(),
                             [](const NotebookCell& cell) { return cell.text.empty(); }),
              cells.end());
  return cells;
}

}  // namespace roomkeeper
