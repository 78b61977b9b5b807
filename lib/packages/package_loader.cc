#include "lib/packages/package_loader.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/crypto/digest.h"
#include "lib/packages/manifest.h"
#include "lib/packages/notebook_html_json.h"
#include "lib/packages/package_json.h"

namespace roomkeeper {
namespace {

constexpr char kManifestFile[] = "package.yaml";

// The HTML of a notebook that is a file of the package; its files are added to `files`.
absl::StatusOr<std::string> ReadNotebook(const std::string& directory, const std::string& file,
                                         const std::string& name, std::vector<SourceFile>& files) {
  if (absl::EndsWith(file, ".html")) {
    RK_ASSIGN_OR_RETURN(std::string html, ReadPackageFile(directory, file));
    if (absl::StatusOr<ExportedNotebook> parsed = ParseNotebookHtml(html); !parsed.ok()) {
      return Annotate(parsed.status(), absl::StrCat("file \"", file, "\""));
    }
    files.push_back({.path = file, .digest = absl::StrCat("sha256:", Sha256Hex(html))});
    return html;
  }
  if (!absl::EndsWith(file, ".py") && !absl::EndsWith(file, ".sql")) {
    return absl::InvalidArgumentError(
        absl::StrCat("file is \"", file, "\"; a .html, .py or .sql file is wanted"));
  }
  RK_ASSIGN_OR_RETURN(NotebookSource source, ReadNotebookSource(directory, file));
  files.insert(files.end(), source.files.begin(), source.files.end());
  return FormatNotebookHtml(name, source.language, SplitCells(source));
}

}  // namespace

absl::StatusOr<LoadedPackage> LoadPackage(const std::string& directory) {
  const std::string manifest_path = absl::StrCat(directory, "/", kManifestFile);
  absl::StatusOr<std::string> text = ReadPackageFile(directory, kManifestFile);
  if (!text.ok()) {
    return Annotate(text.status(), directory);
  }
  RK_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(*text, manifest_path));
  YamlProblems problems(manifest_path);
  Manifest manifest = ReadManifest(root, problems);

  LoadedPackage loaded{.package = std::move(manifest.package)};
  for (std::size_t i = 0; i < manifest.origins.size(); ++i) {
    const NotebookOrigin& origin = manifest.origins[i];
    PackageNotebook& notebook = loaded.package.notebooks[i];
    loaded.notebook_files.push_back(origin.file);
    loaded.pinned_digests.push_back(origin.pinned_digest);
    if (origin.file.empty()) {
      notebook.content_digest = origin.pinned_digest;
      continue;
    }
    absl::StatusOr<std::string> html =
        ReadNotebook(directory, origin.file, notebook.name, loaded.files);
    absl::Status status =
        html.ok() ? SetNotebookContent(loaded, i, *html) : std::move(html).status();
    if (!status.ok()) {
      problems.Add(origin.line, absl::StrCat("notebooks[", i, "]: ", status.message()));
    }
  }
  RK_RETURN_IF_ERROR(problems.ToStatus());
  loaded.package.digest = PackageDigest(loaded.package, loaded.files);
  return loaded;
}

absl::Status SetNotebookContent(LoadedPackage& loaded, std::size_t notebook,
                                const std::string& html) {
  PackageNotebook& target = loaded.package.notebooks[notebook];
  if (html.size() > kNotebookBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("the HTML of \"", target.name, "\" has ",
                                                   html.size(), " bytes, at most ",
                                                   kNotebookBytesMax, " are allowed"));
  }
  const std::string digest = absl::StrCat("sha256:", Sha256Hex(html));
  const std::string& pinned = loaded.pinned_digests[notebook];
  if (!pinned.empty() && pinned != digest) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the content of \"", target.name, "\" is ", digest, ", but content_digest pins ", pinned));
  }
  target.content_base64 = absl::Base64Escape(html);
  target.content_digest = digest;
  loaded.package.digest = PackageDigest(loaded.package, loaded.files);
  return absl::OkStatus();
}

}  // namespace roomkeeper
