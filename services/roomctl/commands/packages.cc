#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "roomkeeper/v1/package.grpc.pb.h"

#include "lib/packages/lint.h"
#include "lib/packages/package_loader.h"
#include "services/roomctl/command.h"
#include "services/roomctl/list_pages.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

using nlohmann::json;

ExitCode List(CommandContext& context) {
  std::vector<std::vector<std::string>> rows = {{"PACKAGE", "VERSION", "DIGEST", "DISPLAY NAME"}};
  const auto stub = v1::PackageService::NewStub(context.connection()->channel());
  return ListPages<v1::ListPackagesResponse>(
      context, v1::ListPackagesRequest(),
      [&](grpc::ClientContext* call, const v1::ListPackagesRequest& page,
          v1::ListPackagesResponse* answer) { return stub->ListPackages(call, page, answer); },
      [&](const v1::ListPackagesResponse& answer) {
        for (const v1::Package& package : answer.packages()) {
          for (const v1::PackageVersion& version : package.versions()) {
            rows.push_back({package.name(), version.version(), version.digest().substr(0, 19),
                            package.display_name()});
          }
        }
      },
      rows);
}

// One package directory, read as the server reads it.
struct LintReport {
  std::string directory = {};
  absl::StatusOr<LoadedPackage> loaded;
  std::vector<LintFinding> findings = {};

  bool HasErrors(bool strict) const {
    return !loaded.ok() || std::any_of(findings.begin(), findings.end(), [&](const LintFinding& f) {
      return strict || f.severity == LintSeverity::kError;
    });
  }
};

void PrintReport(const LintReport& report, std::ostream& out) {
  if (!report.loaded.ok()) {
    for (const absl::string_view problem : absl::StrSplit(report.loaded.status().message(), '\n')) {
      out << "error    " << std::string(problem) << '\n';
    }
    return;
  }
  for (const LintFinding& f : report.findings) {
    out << (f.severity == LintSeverity::kError ? "error    " : "warning  ") << report.directory
        << '/' << f.file << ':' << f.line << ": " << f.message << " [" << f.rule << "]\n"
        << "         to do: " << f.fix << '\n';
  }
  const PackageVersion& package = report.loaded->package;
  out << (report.findings.empty() ? "ok       " : "         ") << package.name.value() << ' '
      << package.version << ' ' << package.digest << '\n';
}

json ToJson(const LintReport& report) {
  json problems = json::array();
  if (!report.loaded.ok()) {
    for (const absl::string_view problem : absl::StrSplit(report.loaded.status().message(), '\n')) {
      problems.push_back(std::string(problem));
    }
    return {{"directory", report.directory}, {"problems", problems}, {"findings", json::array()}};
  }
  json findings = json::array();
  for (const LintFinding& f : report.findings) {
    findings.push_back({{"severity", std::string(Name(f.severity))},
                        {"file", f.file},
                        {"line", f.line},
                        {"rule", f.rule},
                        {"message", f.message},
                        {"fix", f.fix}});
  }
  const PackageVersion& package = report.loaded->package;
  return {{"directory", report.directory}, {"problems", problems},
          {"findings", findings},          {"package", package.name.value()},
          {"version", package.version},    {"digest", package.digest}};
}

ExitCode Lint(CommandContext& context) {
  const bool strict = context.arguments().Has("strict");
  bool errors = false;
  json reports = json::array();
  for (const std::string& directory : context.words()) {
    LintReport report{.directory = directory, .loaded = LoadPackage(directory)};
    if (report.loaded.ok()) {
      auto findings = LintPackage(directory);
      if (findings.ok()) {
        report.findings = *std::move(findings);
      } else {
        report.loaded = findings.status();  // it changed between the two readings
      }
    }
    errors = errors || report.HasErrors(strict);
    if (context.json()) {
      reports.push_back(ToJson(report));
    } else {
      PrintReport(report, context.out());
    }
  }
  if (context.json()) {
    context.out() << json{{"packages", reports}}.dump(-1, ' ', false,
                                                      json::error_handler_t::replace)
                  << '\n';
  }
  return errors ? ExitCode::kRequestWrong : ExitCode::kOk;
}

}  // namespace

std::vector<Command> PackagesCommands() {
  return {
      {"packages", "list", "", "List the packages the server can provision", 0, 0, {}, &List},
      {"packages",
       "lint",
       "DIRECTORY…",
       "Check package directories before they are released; needs no server",
       1,
       100,
       {{"strict", nullptr, "warnings fail too"}},
       &Lint,
       /*offline=*/true},
  };
}

}  // namespace roomkeeper
