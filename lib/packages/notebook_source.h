#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace roomkeeper {

// A notebook's code as its author wrote it: a Databricks source file (.py or .sql) with its cells
// and magic lines, where a line
//     # roomkeeper:include match.sql        (or: -- roomkeeper:include match.sql)
// stands for the lines of another file of the package. So code can live in one file that both the
// notebook and a test run.

// The platform's limit for the export and import of a notebook, read strictly (10 MB, not MiB).
// Source: docs.databricks.com, workspace/export, MAX_NOTEBOOK_SIZE_EXCEEDED, read 2026-11-20.
inline constexpr std::size_t kNotebookBytesMax = 10'000'000;

enum class NotebookLanguage : std::uint8_t { kPython, kSql };

struct SourceLine {
  std::string file = {};  // relative to the package
  int line = 0;           // 1-based
  std::string text = {};
};

struct SourceFile {
  std::string path = {};    // relative to the package
  std::string digest = {};  // "sha256:<hex>" of its bytes
};

struct NotebookSource {
  NotebookLanguage language = NotebookLanguage::kPython;
  std::vector<SourceLine> lines = {};  // includes expanded
  std::vector<SourceFile> files = {};  // the notebook first, then what it includes
};

struct NotebookCell {
  std::string title = {};
  std::string text = {};  // without "# MAGIC "
};

// All of a file of a package. kInvalidArgument: not below `directory`, unreadable, or more than
// kNotebookBytesMax bytes. Blocks on the disk.
absl::StatusOr<std::string> ReadPackageFile(const std::string& directory, const std::string& file);

// kInvalidArgument also: no "Databricks notebook source" in the first line, or an include that is
// unreadable, includes in turn, or holds """ (which would end the string that it is put in).
absl::StatusOr<NotebookSource> ReadNotebookSource(const std::string& directory,
                                                  const std::string& file);

std::vector<NotebookCell> SplitCells(const NotebookSource& source);

}  // namespace roomkeeper
