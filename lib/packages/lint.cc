#include "lib/packages/lint.h"

#include <algorithm>
#include <array>
#include <regex>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "lib/base/status_macros.h"
#include "lib/packages/notebook_html_json.h"
#include "lib/packages/notebook_source.h"
#include "lib/packages/package_loader.h"

namespace roomkeeper {
namespace {

// Longer lines are data, not code; std::regex recurses for each character of a match.
constexpr std::size_t kLineBytesMax = 2000;

struct Pattern {
  const char* regex;
  const char* what;
};

constexpr std::array kInstalls = {
    Pattern{R"(^\s*%(pip|conda|uv)\b)", "installs packages at run time"},
    Pattern{R"(\b(pip3?|conda|uv)\s+install\b)", "installs packages at run time"},
    Pattern{R"(\bpip['"]\s*,\s*['"]install\b)", "installs packages at run time"},
    Pattern{R"(\bapt(-get)?\s+install\b)", "installs packages at run time"},
    Pattern{R"(\binstall\.packages\s*\()", "installs packages at run time"},
    Pattern{R"(\bdbutils\.library\.install)", "installs packages at run time"},
    Pattern{R"((^|[!'";&|`$(])\s*(curl|wget)\s+[^=\s])", "downloads at run time"},
    Pattern{R"(['"](curl|wget)['"])", "downloads at run time"},
};

constexpr std::array kPrints = {
    Pattern{R"(\bdisplay(HTML)?\s*\()", "shows a table or page in the notebook's output"},
    Pattern{R"(\.show\s*\()", "shows rows in the notebook's output"},
    Pattern{R"(\bprint\s*\(.*(\bdf\b|_df\b|\.(collect|toPandas|head|tail|take|first)\s*\())",
            "prints rows in the notebook's output"},
};

class Linter {
 public:
  explicit Linter(const EgressPolicy& egress)
      : restricted_(egress.restriction_mode == "RESTRICTED_ACCESS") {
    for (const InternetDestination& destination : egress.allowed_internet_destinations) {
      domains_.push_back(destination.destination);
    }
    Compile(kInstalls, installs_);
    Compile(kPrints, prints_);
  }

  void Lines(const std::vector<SourceLine>& lines) {
    for (const SourceLine& line : lines) {
      Line(line);
    }
  }

  void Export(const std::string& file, const ExportedNotebook& notebook) {
    if (notebook.has_results) {
      Add({.file = file, .line = 1}, "cell-results", "still holds the results of a run",
          "clear all cell outputs, then export again");
    }
    for (std::size_t i = 0; i < notebook.cells.size(); ++i) {
      const std::string name = absl::StrCat(file, " (cell ", i + 1, ")");
      int number = 0;
      for (const absl::string_view text : absl::StrSplit(notebook.cells[i].text, '\n')) {
        Line({.file = name, .line = ++number, .text = std::string(text)});
      }
    }
  }

  std::vector<LintFinding> Take() && { return std::move(findings_); }

 private:
  using Compiled = std::vector<std::pair<std::regex, const char*>>;

  template <std::size_t N>
  static void Compile(const std::array<Pattern, N>& patterns, Compiled& out) {
    for (const Pattern& pattern : patterns) {
      out.emplace_back(std::regex(pattern.regex, std::regex::ECMAScript | std::regex::optimize),
                       pattern.what);
    }
  }

  void Line(SourceLine line) {
    absl::string_view code = line.text;
    for (const absl::string_view magic : {"# MAGIC ", "-- MAGIC "}) {
      (void)absl::ConsumePrefix(&code, magic);
    }
    const absl::string_view start = absl::StripLeadingAsciiWhitespace(code);
    if (code.size() > kLineBytesMax || absl::StartsWith(start, "#") ||
        absl::StartsWith(start, "--")) {
      return;
    }
    line.text = std::string(code);
    if (const char* what = Match(installs_, line.text)) {
      Add(line, "run-time-install", what,
          restricted_ ? "use what environment_version brings, or ship the code in the notebook: "
                        "RESTRICTED_ACCESS lets no download through"
                      : "pin it, or use what environment_version brings",
          restricted_ ? LintSeverity::kError : LintSeverity::kWarning);
    }
    if (const char* what = Match(prints_, line.text)) {
      Add(line, "printed-rows", what, "write counts to the output schema instead");
    }
    if (restricted_) {
      Urls(line);
    }
  }

  static const char* Match(const Compiled& patterns, const std::string& text) {
    const auto found = std::find_if(patterns.begin(), patterns.end(), [&](const auto& pattern) {
      return std::regex_search(text, pattern.first);
    });
    return found == patterns.end() ? nullptr : found->second;
  }

  void Urls(const SourceLine& line) {
    for (std::sregex_iterator it(line.text.begin(), line.text.end(), url_), end; it != end; ++it) {
      const std::string host = absl::AsciiStrToLower((*it)[1].str());
      const bool allowed =
          std::any_of(domains_.begin(), domains_.end(), [&](absl::string_view domain) {
            return domain == host ||
                   (absl::ConsumePrefix(&domain, "*") && absl::EndsWith(host, domain));
          });
      if (!allowed) {
        Add(line, "undeclared-url", absl::StrCat("names ", host, ", which the room cannot reach"),
            "add it to egress.allowed_internet_destinations, or remove it");
      }
    }
  }

  void Add(const SourceLine& at, std::string rule, std::string message, std::string fix,
           LintSeverity severity = LintSeverity::kWarning) {
    findings_.push_back({.severity = severity,
                         .file = at.file,
                         .line = at.line,
                         .rule = std::move(rule),
                         .message = std::move(message),
                         .fix = std::move(fix)});
  }

  bool restricted_;
  std::vector<std::string> domains_;
  Compiled installs_;
  Compiled prints_;
  std::regex url_{R"(\b(?:https?|ftp|wss?)://([A-Za-z0-9.-]+))", std::regex::ECMAScript};
  std::vector<LintFinding> findings_;
};

}  // namespace

absl::string_view Name(LintSeverity severity) {
  switch (severity) {
    case LintSeverity::kWarning:
      return "warning";
    case LintSeverity::kError:
      return "error";
  }
  return "";
}

absl::StatusOr<std::vector<LintFinding>> LintPackage(const std::string& directory) {
  RK_ASSIGN_OR_RETURN(const LoadedPackage loaded, LoadPackage(directory));
  Linter linter(loaded.package.egress);
  for (const std::string& file : loaded.notebook_files) {
    if (absl::EndsWith(file, ".html")) {
      RK_ASSIGN_OR_RETURN(const std::string html, ReadPackageFile(directory, file));
      RK_ASSIGN_OR_RETURN(const ExportedNotebook notebook, ParseNotebookHtml(html));
      linter.Export(file, notebook);
    } else if (!file.empty()) {
      RK_ASSIGN_OR_RETURN(const NotebookSource source, ReadNotebookSource(directory, file));
      linter.Lines(source.lines);
    }
  }
  return std::move(linter).Take();
}

}  // namespace roomkeeper
