#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "lib/packages/notebook_source.h"

namespace roomkeeper {

// The HTML form of a notebook, which is what the platform's notebook_content carries. An export
// holds a script with  var __DATABRICKS_NOTEBOOK_MODEL = '<base64>';  where the base64 is of
// percent-encoded JSON: {"version": "NotebookV1", "language", "commands": [{"command", …}]}.
// Source: exports in public repositories and the tools that read them, 2026-11-20. UNVERIFIED: that
// the platform takes a page made here, which lacks the viewer's style sheets and scripts.

// The same arguments always give the same bytes. kInvalidArgument: a cell is not UTF-8.
absl::StatusOr<std::string> FormatNotebookHtml(absl::string_view name, NotebookLanguage language,
                                               const std::vector<NotebookCell>& cells);

struct ExportedNotebook {
  std::vector<NotebookCell> cells = {};
  bool has_results = false;  // a cell still carries the output of a run
};

// kInvalidArgument: there is no notebook model in it.
absl::StatusOr<ExportedNotebook> ParseNotebookHtml(absl::string_view html);

}  // namespace roomkeeper
