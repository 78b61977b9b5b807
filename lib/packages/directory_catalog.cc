#include "lib/packages/directory_catalog.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "lib/base/status_macros.h"
#include "lib/packages/notebook_html_json.h"

namespace roomkeeper {
namespace {

namespace fs = std::filesystem;

// Subdirectories by name; hidden ones (as a mounted Kubernetes volume has) are none of ours.
absl::StatusOr<std::vector<fs::path>> Subdirectories(const fs::path& parent) {
  std::error_code error;
  std::vector<fs::path> found;
  fs::directory_iterator it(parent, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && !absl::StartsWith(it->path().filename().string(), ".")) {
      found.push_back(it->path());
    }
  }
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat("package directory \"", parent.string(),
                                                   "\" cannot be read: ", error.message()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

struct Candidate {
  fs::path directory = {};
  std::string package = {};  // what package.yaml must say
  std::string version = {};  // the same; empty: anything
};

absl::StatusOr<std::vector<Candidate>> FindPackages(const std::string& root) {
  std::vector<Candidate> candidates;
  RK_ASSIGN_OR_RETURN(const std::vector<fs::path> packages, Subdirectories(root));
  for (const fs::path& package : packages) {
    std::error_code ignored;
    const std::string name = package.filename().string();
    if (fs::exists(package / "package.yaml", ignored)) {
      candidates.push_back({.directory = package, .package = name});
      continue;
    }
    RK_ASSIGN_OR_RETURN(const std::vector<fs::path> versions, Subdirectories(package));
    for (const fs::path& version : versions) {
      candidates.push_back(
          {.directory = version, .package = name, .version = version.filename().string()});
    }
  }
  return candidates;
}

absl::StatusOr<LoadedPackage> LoadCandidate(const Candidate& candidate) {
  RK_ASSIGN_OR_RETURN(LoadedPackage loaded, LoadPackage(candidate.directory.string()));
  const std::string file = absl::StrCat(candidate.directory.string(), "/package.yaml:1: ");
  if (loaded.package.name.value() != candidate.package) {
    return absl::InvalidArgumentError(absl::StrCat(file, "name is \"", loaded.package.name.value(),
                                                   "\", but its directory is \"", candidate.package,
                                                   "\""));
  }
  if (!candidate.version.empty() && loaded.package.version != candidate.version) {
    return absl::InvalidArgumentError(absl::StrCat(file, "version is \"", loaded.package.version,
                                                   "\", but its directory is \"", candidate.version,
                                                   "\""));
  }
  return loaded;
}

std::optional<std::size_t> WorkspaceNotebook(const LoadedPackage& loaded, const std::string& name) {
  const std::vector<PackageNotebook>& notebooks = loaded.package.notebooks;
  for (std::size_t i = 0; i < notebooks.size(); ++i) {
    if (notebooks[i].name == name && !notebooks[i].workspace_path.empty()) {
      return i;
    }
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DirectoryCatalog>> DirectoryCatalog::Make(const std::string& root) {
  RK_ASSIGN_OR_RETURN(const std::vector<Candidate> candidates, FindPackages(root));
  std::vector<std::string> problems;
  std::map<Key, Entry> entries;
  for (const Candidate& candidate : candidates) {
    absl::StatusOr<LoadedPackage> loaded = LoadCandidate(candidate);
    if (!loaded.ok()) {
      problems.emplace_back(loaded.status().message());
      continue;
    }
    const Key key{loaded->package.name,
                  ParseSemanticVersion(loaded->package.version).value_or(SemanticVersion{})};
    auto shared = std::make_shared<const PackageVersion>(loaded->package);
    entries[key] = Entry{.loaded = *std::move(loaded), .shared = std::move(shared)};
  }
  if (candidates.empty()) {
    problems.push_back(absl::StrCat("package directory \"", root,
                                    "\" holds no package: <name>/package.yaml is wanted"));
  }
  if (!problems.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  }
  return std::unique_ptr<DirectoryCatalog>(new DirectoryCatalog(std::move(entries)));
}

absl::StatusOr<std::shared_ptr<const PackageVersion>> DirectoryCatalog::Get(
    const PackageName& name, const std::string& version) const {
  MutexLock lock(mu_);
  std::shared_ptr<const PackageVersion> newest;
  std::vector<std::string> versions;
  for (const auto& [key, entry] : entries_) {  // versions ascend
    if (key.first != name) {
      continue;
    }
    if (entry.shared->version == version) {
      return entry.shared;
    }
    newest = entry.shared;
    versions.push_back(entry.shared->version);
  }
  if (newest == nullptr) {
    return absl::NotFoundError(absl::StrCat("there is no package \"", name.value(), "\""));
  }
  if (!version.empty()) {
    return absl::NotFoundError(absl::StrCat("package \"", name.value(), "\" has no version \"",
                                            version, "\"; there is ",
                                            absl::StrJoin(versions, ", ")));
  }
  return newest;
}

std::vector<std::shared_ptr<const PackageVersion>> DirectoryCatalog::List() const {
  MutexLock lock(mu_);
  std::vector<std::shared_ptr<const PackageVersion>> packages;
  for (const auto& [key, entry] : entries_) {
    packages.push_back(entry.shared);
  }
  return packages;
}

std::vector<DirectoryCatalog::Unresolved> DirectoryCatalog::ListUnresolved() const {
  std::vector<Unresolved> unresolved;
  for (const auto& package : List()) {
    for (const PackageNotebook& notebook : package->notebooks) {
      if (notebook.content_base64.empty()) {
        unresolved.push_back({.package = package->name,
                              .version = package->version,
                              .notebook = notebook.name,
                              .workspace_path = notebook.workspace_path});
      }
    }
  }
  return unresolved;
}

absl::Status DirectoryCatalog::Resolve(const PackageName& name, const std::string& version,
                                       const std::string& notebook,
                                       const std::string& content_base64) {
  std::string html;
  if (!absl::Base64Unescape(content_base64, &html)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the content of notebook \"", notebook, "\" is not base64"));
  }
  if (absl::StatusOr<ExportedNotebook> parsed = ParseNotebookHtml(html); !parsed.ok()) {
    return Annotate(parsed.status(), absl::StrCat("the content of notebook \"", notebook, "\""));
  }
  MutexLock lock(mu_);
  const auto found =
      entries_.find({name, ParseSemanticVersion(version).value_or(SemanticVersion{})});
  const std::optional<std::size_t> index =
      found == entries_.end() ? std::nullopt : WorkspaceNotebook(found->second.loaded, notebook);
  if (!index) {
    return absl::NotFoundError(absl::StrCat("there is no package \"", name.value(), "\" ", version,
                                            " with a notebook \"", notebook,
                                            "\" from a workspace path"));
  }
  LoadedPackage changed = found->second.loaded;
  const std::string before = changed.package.notebooks[*index].content_base64;
  RK_RETURN_IF_ERROR(SetNotebookContent(changed, *index, html));
  if (!before.empty() && before != changed.package.notebooks[*index].content_base64) {
    return absl::FailedPreconditionError(absl::StrCat(
        "notebook \"", notebook, "\" at \"", changed.package.notebooks[*index].workspace_path,
        "\" has changed since it was loaded: release it as a new version"));
  }
  found->second.shared = std::make_shared<const PackageVersion>(changed.package);
  found->second.loaded = std::move(changed);
  return absl::OkStatus();
}

}  // namespace roomkeeper
