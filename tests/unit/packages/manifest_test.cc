#include "lib/packages/manifest.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"
#include "tests/unit/packages/package_files.h"

namespace roomkeeper::testing {
namespace {

struct Result {
  Manifest manifest = {};
  std::string problems = {};
};

Result Read(const std::string& text) {
  const auto root = ParseYaml(text, "p.yaml");
  REQUIRE_OK(root);
  YamlProblems problems("p.yaml");
  Result result{.manifest = ReadManifest(*root, problems)};
  result.problems = std::string(problems.ToStatus().message());
  return result;
}

TEST_CASE("every key of package.yaml arrives in the package", "[packages]") {
  const Result result = Read(SmallManifest());

  CHECK(result.problems.empty());
  const PackageVersion& p = result.manifest.package;
  CHECK(p.name == PackageName("small"));
  CHECK(p.version == "1.2.3");
  CHECK(p.enable_shared_output);
  CHECK(p.egress.allowed_internet_destinations ==
        std::vector<InternetDestination>{{.destination = "api.example.com"}});
  REQUIRE(p.assets.size() == 1);
  CHECK(p.assets[0].shared_name == "spine.person");
  CHECK(p.assets[0].local_name == "identity.spine.person");
  CHECK(p.assets[0].partitions ==
        std::vector<Partition>{{{.name = "country", .op = "EQUAL", .value = "US"}}});
  CHECK(p.assets[0].columns.at(0).meaning == "The key");
  REQUIRE(p.notebooks.size() == 1);
  CHECK(p.notebooks[0].environment_version == "2");
  CHECK(p.notebooks[0].parameters.at(0).allowed_values == std::vector<std::string>{"fast"});
  CHECK(result.manifest.origins.at(0).file == "match.py");
  CHECK(p.required_inputs.at(0).name == "crm.customers");
  CHECK(p.outputs.at(0).name == "rate");
}

TEST_CASE("a restricted room is the default", "[packages]") {
  const Result result = Read(
      "name: a\nversion: 1.0.0\ndisplay_name: A\ndescription: D\n"
      "notebooks: [{name: n, description: d, workspace_path: /Shared/n}]\n");

  CHECK(result.problems.empty());
  CHECK(result.manifest.package.egress == EgressPolicy{});
  CHECK_FALSE(result.manifest.package.enable_shared_output);
}

TEST_CASE("each mistake is named with its line, the value seen and the value wanted",
          "[packages]") {
  struct Case {
    const char* from;
    const char* to;
    const char* problem;
  };
  const auto c = GENERATE(
      Case{"name: small", "name: Small", "p.yaml:1: name is \"Small\"; allowed: [a-z]"},
      Case{"version: 1.2.3", "version: 1.2", "p.yaml:2: version is \"1.2\"; a semantic version"},
      Case{"version: 1.2.3\n", "", "p.yaml:1: version is missing"},
      Case{"enable_shared_output: true", "enable_shared_output: yes",
           "p.yaml:5: enable_shared_output must be true or false, got \"yes\""},
      Case{"RESTRICTED_ACCESS", "PRIVATE_ACCESS_ONLY",
           "p.yaml:7: egress.restriction_mode is \"PRIVATE_ACCESS_ONLY\"; allowed: "
           "RESTRICTED_ACCESS, FULL_ACCESS"},
      Case{"RESTRICTED_ACCESS", "FULL_ACCESS", "must be empty under FULL_ACCESS"},
      Case{"api.example.com", "https://x.com", "a domain name is wanted"},
      Case{"type: TABLE", "type: TABEL", "p.yaml:11: assets[0].type is \"TABEL\"; allowed: TABLE"},
      Case{"type: TABLE", "type: NOTEBOOK_FILE", "assets[0].type is \"NOTEBOOK_FILE\""},
      Case{"type: TABLE", "type: VIEW", "p.yaml:14: assets[0].partitions are only for a TABLE"},
      Case{"shared_name: spine.person", "shared_name: person",
           "p.yaml:12: assets[0].shared_name is \"person\" with 1 parts; 2 are wanted"},
      Case{"identity.spine.person", "spine.person",
           "p.yaml:13: assets[0].local_name is \"spine.person\" with 2 parts; 3 are wanted"},
      Case{"op: EQUAL", "op: LESS", "assets[0].partitions[0].values[0].op is \"LESS\""},
      Case{"values: [{name: country, op: EQUAL, value: US}]", "values: []",
           "assets[0].partitions[0].values must have at least one entry"},
      Case{"name: match\n", "name: a/b\n", "p.yaml:19: notebooks[0].name is \"a/b\""},
      Case{"    file: match.py\n", "", "notebooks[0].file or workspace_path is wanted"},
      Case{"file: match.py", "file: match.py\n    workspace_path: /x",
           "p.yaml:21: notebooks[0].file or workspace_path is wanted, exactly one"},
      Case{"file: match.py", "workspace_path: x", "must start with a slash"},
      Case{"file: match.py", "file: match.py\n    content_digest: sha256:12",
           "sha256:<64 hex digits> is wanted"},
      Case{"default_value: fast", "default_value: slow", "is not in allowed_values"},
      Case{"{name: mode", "{name: cr_output_schema", "which the platform fills in itself"},
      Case{"crm.customers", "brand.crm.customers", "required_inputs[0].name"},
      Case{"{name: rate", "{name: out.rate", "outputs[0].name is \"out.rate\""},
      Case{"display_name: Small", "display_name: Small\ndislpay: 1",
           "p.yaml:4: dislpay is an unknown key; allowed here: name, version"});
  CAPTURE(c.from, c.to);

  const Result result = Read(ManifestWith(c.from, c.to));

  CAPTURE(result.problems);
  CHECK(absl::StrContains(result.problems, c.problem));
  CHECK_FALSE(absl::StrContains(result.problems, "\n"));  // that one and nothing else
}

TEST_CASE("a package without a notebook is refused", "[packages]") {
  const Result result = Read("name: a\nversion: 1.0.0\ndisplay_name: A\ndescription: D\n");

  CHECK(absl::StrContains(result.problems, "a package without a notebook"));
}

TEST_CASE("names may not repeat, whatever their case", "[packages]") {
  const std::string twice = ManifestWith(
      "assets:\n", "assets:\n  - {type: VIEW, shared_name: Spine.Person, local_name: a.b.c}\n");

  CHECK(absl::StrContains(Read(twice).problems, "assets[1] repeats the name \"spine.person\""));
}

TEST_CASE("texts and lists have limits", "[packages]") {
  const auto description = [](std::size_t bytes) {
    return ManifestWith("A small package.", std::string(bytes, 'x'));
  };
  CHECK(Read(description(kDescriptionBytesMax)).problems.empty());
  CHECK(absl::StrContains(Read(description(kDescriptionBytesMax + 1)).problems,
                          "description has 4001 bytes, at most 4000"));

  const auto outputs = [](std::size_t count) {
    std::string list = "outputs:\n";
    for (std::size_t i = 1; i < count; ++i) {
      absl::StrAppend(&list, "  - {name: t", i, ", description: d}\n");
    }
    return ManifestWith("outputs:\n", list);
  };
  CHECK(Read(outputs(kPackageTablesMax)).problems.empty());
  CHECK(absl::StrContains(Read(outputs(kPackageTablesMax + 1)).problems,
                          "outputs has 101 entries, at most 100"));
}

}  // namespace
}  // namespace roomkeeper::testing
