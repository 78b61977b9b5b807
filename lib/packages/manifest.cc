#include "lib/packages/manifest.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "lib/packages/names.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kDigestHexLength = 64;

class ManifestReader {
 public:
  explicit ManifestReader(YamlProblems& problems) : problems_(problems) {}

  Manifest Read(const YamlNode& root);

 private:
  std::string Description(YamlFields& fields, absl::string_view key = "description");
  std::string Named(YamlFields& fields, absl::string_view key,
                    std::string (*rule)(absl::string_view));
  std::string Path(YamlFields& fields, absl::string_view key, std::size_t parts);
  void CheckBytes(YamlFields& fields, absl::string_view key, absl::string_view text,
                  std::size_t max);
  void CheckCount(YamlFields& fields, absl::string_view key, std::size_t count, std::size_t max);
  // Names are compared without regard to case, as Unity Catalog does.
  void CheckUnique(int line, absl::string_view path, absl::string_view name,
                   std::set<std::string>& seen);

  void ReadEgress(const YamlNode& node, EgressPolicy& egress);
  void ReadAssets(YamlFields& fields, PackageVersion& package);
  std::vector<Partition> ReadPartitions(YamlFields& fields);
  std::vector<ColumnDoc> ReadColumns(YamlFields& fields);
  void ReadNotebooks(YamlFields& fields, Manifest& manifest);
  NotebookOrigin ReadOrigin(YamlFields& fields, PackageNotebook& notebook, int line);
  std::vector<ParameterDoc> ReadParameters(YamlFields& fields);
  void ReadInputs(YamlFields& fields, PackageVersion& package);
  void ReadOutputs(YamlFields& fields, PackageVersion& package);

  YamlProblems& problems_;
};

Manifest ManifestReader::Read(const YamlNode& root) {
  Manifest manifest;
  PackageVersion& package = manifest.package;
  YamlFields fields(root, "", problems_);
  package.name = PackageName(Named(fields, "name", PackageNameProblem));
  package.version = fields.Text("version");
  if (!package.version.empty() && !ParseSemanticVersion(package.version)) {
    fields.Problem("version", absl::StrCat("is \"", package.version,
                                           "\"; a semantic version such as 1.4.0 is wanted"));
  }
  package.display_name = fields.Text("display_name");
  CheckBytes(fields, "display_name", package.display_name, kDisplayNameBytesMax);
  package.description = Description(fields);
  package.enable_shared_output = fields.FlagOr("enable_shared_output", false);
  if (const YamlNode* egress = fields.Find("egress")) {
    ReadEgress(*egress, package.egress);
  }
  ReadAssets(fields, package);
  ReadNotebooks(fields, manifest);
  ReadInputs(fields, package);
  ReadOutputs(fields, package);
  fields.Finish();
  return manifest;
}

std::string ManifestReader::Description(YamlFields& fields, absl::string_view key) {
  std::string text = fields.Text(key);
  CheckBytes(fields, key, text, kDescriptionBytesMax);
  return text;
}

std::string ManifestReader::Named(YamlFields& fields, absl::string_view key,
                                  std::string (*rule)(absl::string_view)) {
  std::string name = fields.Text(key);
  if (const std::string problem = rule(name); !name.empty() && !problem.empty()) {
    fields.Problem(key, problem);
  }
  return name;
}

std::string ManifestReader::Path(YamlFields& fields, absl::string_view key, std::size_t parts) {
  std::string path = fields.Text(key);
  if (const std::string problem = UcPathProblem(path, parts); !path.empty() && !problem.empty()) {
    fields.Problem(key, problem);
  }
  return path;
}

void ManifestReader::CheckBytes(YamlFields& fields, absl::string_view key, absl::string_view text,
                                std::size_t max) {
  if (text.size() > max) {
    fields.Problem(key, absl::StrCat("has ", text.size(), " bytes, at most ", max, " are allowed"));
  }
}

void ManifestReader::CheckCount(YamlFields& fields, absl::string_view key, std::size_t count,
                                std::size_t max) {
  if (count > max) {
    fields.Problem(key, absl::StrCat("has ", count, " entries, at most ", max, " are allowed"));
  }
}

void ManifestReader::CheckUnique(int line, absl::string_view path, absl::string_view name,
                                 std::set<std::string>& seen) {
  if (!name.empty() && !seen.insert(absl::AsciiStrToLower(name)).second) {
    problems_.Add(line, absl::StrCat(path, " repeats the name \"", name, "\""));
  }
}

void ManifestReader::ReadEgress(const YamlNode& node, EgressPolicy& egress) {
  YamlFields fields(node, "egress", problems_);
  egress.restriction_mode = fields.ChoiceOr("restriction_mode", egress.restriction_mode,
                                            {"RESTRICTED_ACCESS", "FULL_ACCESS"});
  fields.ForEach("allowed_internet_destinations", [&](const YamlNode& item, std::string path) {
    YamlFields destination(item, std::move(path), problems_);
    InternetDestination& out = egress.allowed_internet_destinations.emplace_back();
    out.destination = Named(destination, "destination", DomainProblem);
    out.protocol = destination.ChoiceOr("protocol", out.protocol, {"TCP"});
    out.type = destination.ChoiceOr("type", out.type, {"FQDN"});
    destination.Finish();
  });
  CheckCount(fields, "allowed_internet_destinations", egress.allowed_internet_destinations.size(),
             kPackageDestinationsMax);
  if (egress.restriction_mode == "FULL_ACCESS" && !egress.allowed_internet_destinations.empty()) {
    fields.Problem("allowed_internet_destinations", "must be empty under FULL_ACCESS");
  }
  fields.Finish();
}

void ManifestReader::ReadAssets(YamlFields& fields, PackageVersion& package) {
  std::set<std::string> seen;
  fields.ForEach("assets", [&](const YamlNode& item, const std::string& path) {
    YamlFields asset(item, path, problems_);
    PackageAsset& out = package.assets.emplace_back();
    const std::string type =
        asset.ChoiceOr("type", "TABLE", {"TABLE", "VIEW", "VOLUME", "FOREIGN_TABLE"});
    out.type = ParseAssetType(type).value_or(AssetType::kTable);
    out.shared_name = Path(asset, "shared_name", 2);
    out.local_name = Path(asset, "local_name", 3);
    out.description = asset.TextOr("description", "");
    CheckBytes(asset, "description", out.description, kDescriptionBytesMax);
    out.partitions = ReadPartitions(asset);
    if (!out.partitions.empty() && out.type != AssetType::kTable) {
      asset.Problem("partitions", absl::StrCat("are only for a TABLE, this is a ", type));
    }
    out.columns = ReadColumns(asset);
    CheckUnique(item.line, path, out.shared_name, seen);
    asset.Finish();
  });
  CheckCount(fields, "assets", package.assets.size(), kPackageAssetsMax);
}

std::vector<Partition> ManifestReader::ReadPartitions(YamlFields& fields) {
  std::vector<Partition> partitions;
  fields.ForEach("partitions", [&](const YamlNode& item, const std::string& path) {
    YamlFields partition(item, path, problems_);
    Partition& out = partitions.emplace_back();
    partition.ForEach("values", [&](const YamlNode& value_item, std::string value_path) {
      YamlFields value(value_item, std::move(value_path), problems_);
      PartitionValue& part = out.emplace_back();
      part.name = Named(value, "name", UcNameProblem);
      part.op = value.ChoiceOr("op", "EQUAL", {"EQUAL", "LIKE"});
      part.value = value.TextOr("value", "");
      part.recipient_property_key = value.TextOr("recipient_property_key", "");
      if (!part.value.empty() && !part.recipient_property_key.empty()) {
        value.Problem("value", "and recipient_property_key exclude each other");
      }
      value.Finish();
    });
    if (out.empty()) {
      partition.Problem("values", "must have at least one entry");
    }
    partition.Finish();
  });
  CheckCount(fields, "partitions", partitions.size(), kPackagePartitionsMax);
  return partitions;
}

std::vector<ColumnDoc> ManifestReader::ReadColumns(YamlFields& fields) {
  std::vector<ColumnDoc> columns;
  std::set<std::string> seen;
  fields.ForEach("columns", [&](const YamlNode& item, const std::string& path) {
    YamlFields column(item, path, problems_);
    ColumnDoc& out = columns.emplace_back();
    out.name = column.Text("name");
    CheckBytes(column, "name", out.name, kUcNameMax);
    out.type = column.Text("type");
    CheckBytes(column, "type", out.type, kPackageTextBytesMax);
    out.meaning = column.Text("meaning");
    CheckBytes(column, "meaning", out.meaning, kPackageTextBytesMax);
    out.required = column.FlagOr("required", true);
    CheckUnique(item.line, path, out.name, seen);
    column.Finish();
  });
  CheckCount(fields, "columns", columns.size(), kPackageColumnsMax);
  return columns;
}

void ManifestReader::ReadNotebooks(YamlFields& fields, Manifest& manifest) {
  std::set<std::string> seen;
  std::vector<PackageNotebook>& notebooks = manifest.package.notebooks;
  fields.ForEach("notebooks", [&](const YamlNode& item, const std::string& path) {
    YamlFields notebook(item, path, problems_);
    PackageNotebook& out = notebooks.emplace_back();
    out.name = Named(notebook, "name", NotebookNameProblem);
    out.description = Description(notebook);
    out.environment_version = notebook.TextOr("environment_version", "2");
    CheckBytes(notebook, "environment_version", out.environment_version, kPackageTextBytesMax);
    manifest.origins.push_back(ReadOrigin(notebook, out, item.line));
    out.parameters = ReadParameters(notebook);
    CheckUnique(item.line, path, out.name, seen);
    notebook.Finish();
  });
  if (notebooks.empty()) {
    fields.Problem("notebooks",
                   "must have at least one entry: a package without a notebook gives "
                   "the brand nothing to run");
  }
  CheckCount(fields, "notebooks", notebooks.size(), kPackageNotebooksMax);
}

NotebookOrigin ManifestReader::ReadOrigin(YamlFields& fields, PackageNotebook& notebook, int line) {
  NotebookOrigin origin{.line = line};
  origin.file = fields.TextOr("file", "");
  notebook.workspace_path = fields.TextOr("workspace_path", "");
  if (origin.file.empty() == notebook.workspace_path.empty()) {
    fields.Problem("file", "or workspace_path is wanted, exactly one of them");
  }
  if (!notebook.workspace_path.empty() && !absl::StartsWith(notebook.workspace_path, "/")) {
    fields.Problem("workspace_path", absl::StrCat("is \"", notebook.workspace_path,
                                                  "\"; it must start with a slash"));
  }
  CheckBytes(fields, "workspace_path", notebook.workspace_path, kPackageTextBytesMax);
  origin.pinned_digest = fields.TextOr("content_digest", "");
  absl::string_view hex = origin.pinned_digest;
  const bool digest = absl::ConsumePrefix(&hex, "sha256:") && hex.size() == kDigestHexLength &&
                      hex.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
  if (!origin.pinned_digest.empty() && !digest) {
    fields.Problem("content_digest", absl::StrCat("is \"", origin.pinned_digest,
                                                  "\"; sha256:<64 hex digits> is wanted"));
  }
  return origin;
}

std::vector<ParameterDoc> ManifestReader::ReadParameters(YamlFields& fields) {
  std::vector<ParameterDoc> parameters;
  std::set<std::string> seen;
  fields.ForEach("parameters", [&](const YamlNode& item, const std::string& path) {
    YamlFields parameter(item, path, problems_);
    ParameterDoc& out = parameters.emplace_back();
    out.name = Named(parameter, "name", ParameterNameProblem);
    out.default_value = parameter.TextOr("default_value", "");
    CheckBytes(parameter, "default_value", out.default_value, kPackageTextBytesMax);
    out.description = Description(parameter);
    out.allowed_values = parameter.TextList("allowed_values");
    CheckCount(parameter, "allowed_values", out.allowed_values.size(), kPackageParametersMax);
    const auto& allowed = out.allowed_values;
    if (!allowed.empty() &&
        std::find(allowed.begin(), allowed.end(), out.default_value) == allowed.end()) {
      parameter.Problem("default_value", absl::StrCat("is \"", out.default_value,
                                                      "\", which is not in allowed_values"));
    }
    CheckUnique(item.line, path, out.name, seen);
    parameter.Finish();
  });
  CheckCount(fields, "parameters", parameters.size(), kPackageParametersMax);
  return parameters;
}

void ManifestReader::ReadInputs(YamlFields& fields, PackageVersion& package) {
  std::set<std::string> seen;
  fields.ForEach("required_inputs", [&](const YamlNode& item, const std::string& path) {
    YamlFields input(item, path, problems_);
    RequiredInput& out = package.required_inputs.emplace_back();
    out.name = Path(input, "name", 2);
    out.description = Description(input);
    out.columns = ReadColumns(input);
    CheckUnique(item.line, path, out.name, seen);
    input.Finish();
  });
  CheckCount(fields, "required_inputs", package.required_inputs.size(), kPackageTablesMax);
}

void ManifestReader::ReadOutputs(YamlFields& fields, PackageVersion& package) {
  std::set<std::string> seen;
  fields.ForEach("outputs", [&](const YamlNode& item, const std::string& path) {
    YamlFields output(item, path, problems_);
    OutputTable& out = package.outputs.emplace_back();
    out.name = Named(output, "name", UcNameProblem);
    out.description = Description(output);
    out.columns = ReadColumns(output);
    CheckUnique(item.line, path, out.name, seen);
    output.Finish();
  });
  CheckCount(fields, "outputs", package.outputs.size(), kPackageTablesMax);
}

}  // namespace

Manifest ReadManifest(const YamlNode& root, YamlProblems& problems) {
  return ManifestReader(problems).Read(root);
}

}  // namespace roomkeeper
