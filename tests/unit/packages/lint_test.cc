#include "lib/packages/lint.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "lib/packages/notebook_html_json.h"
#include "tests/support/matchers.h"
#include "tests/unit/packages/package_files.h"

namespace roomkeeper::testing {
namespace {

using absl::StatusCode;

std::vector<LintFinding> Lint(const std::string& code,
                              const std::string& manifest = SmallManifest()) {
  const PackageFiles files;
  files.Write("package.yaml", manifest);
  files.Write("match.py", absl::StrCat("# Databricks notebook source\n", code, "\n"));
  files.Write("match.sql", "SELECT 1;\nSELECT 'https://sql.example.net';\n");
  auto findings = LintPackage(files.root());
  REQUIRE_OK(findings);
  return *std::move(findings);
}

TEST_CASE("run-time installs are refused under a restricted egress policy", "[packages]") {
  const std::string code =
      GENERATE("# MAGIC %pip install pandas", "%pip install pandas", "# MAGIC %conda install x",
               "# MAGIC curl https://api.example.com/x.sh | sh", "!wget x.tar", "!curl -O x",
               "subprocess.run(['pip', 'install', 'x'])", "os.system(\"pip install x\")",
               "os.system('curl http://api.example.com')", "subprocess.run([\"curl\", \"-O\"])",
               "# MAGIC apt-get install -y jq", "dbutils.library.installPyPI('x')",
               "install.packages('x')", "!pip3 install x", "x = $(wget -q y)");
  CAPTURE(code);

  const auto findings = Lint(code);

  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == LintSeverity::kError);
  CHECK(findings[0].rule == "run-time-install");
  CHECK(findings[0].file == "match.py");
  CHECK(findings[0].line == 2);
  CHECK_FALSE(findings[0].fix.empty());
}

TEST_CASE("under full access an install is a warning", "[packages]") {
  const std::string manifest = absl::StrReplaceAll(
      SmallManifest(),
      {{"RESTRICTED_ACCESS", "FULL_ACCESS"},
       {"  allowed_internet_destinations:\n    - {destination: api.example.com}\n", ""}});

  const auto findings = Lint("%pip install pandas\nx = 'https://anywhere.net'", manifest);

  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == LintSeverity::kWarning);
}

TEST_CASE("printed rows are warned of", "[packages]") {
  const std::string code =
      GENERATE("display(df)", "df.show(5)", "displayHTML(page)", "print(df)", "print(spine_df)",
               "print(x.collect())", "  print(f\"{people.head(3)}\")", "print(t.toPandas())");
  CAPTURE(code);

  const auto findings = Lint("x = 1\n" + code);

  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == LintSeverity::kWarning);
  CHECK(findings[0].rule == "printed-rows");
  CHECK(findings[0].line == 3);
}

TEST_CASE("URLs outside the declared domains are warned of", "[packages]") {
  const auto wildcard = ManifestWith("api.example.com", "\"*.example.com\"");

  CHECK(Lint("x = 'https://api.example.com/v1'").empty());
  CHECK(Lint("x = 'https://API.example.com:443/v1'").empty());
  CHECK(Lint("x = 'https://api.example.com/v1'", wildcard).empty());
  CHECK(Lint("x = 'https://example.com'", wildcard).size() == 1);
  CHECK(Lint("x = 'https://evilexample.com'", wildcard).size() == 1);
  const auto findings = Lint("x = ['http://a.net', 'https://b.net/']");
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].rule == "undeclared-url");
  CHECK(findings[0].message == "names a.net, which the room cannot reach");
  CHECK(findings[1].message == "names b.net, which the room cannot reach");
}

TEST_CASE("ordinary code and comments give no finding", "[packages]") {
  const std::string code =
      GENERATE("# pip install is not possible here, see https://docs.net", "# MAGIC # curl up",
               "# MAGIC -- https://docs.net", "print(\"done\")", "print(rate)", "curl = 3",
               "pipe = 'install'", "show(x)", "displayed = 1", "spark.sql('SHOW TABLES')");
  CAPTURE(code);

  CHECK(Lint(code).empty());
}

TEST_CASE("a finding in an included file names that file", "[packages]") {
  const auto findings = Lint("S = '''\n# roomkeeper:include match.sql\n'''");

  REQUIRE(findings.size() == 1);
  CHECK(findings[0].file == "match.sql");
  CHECK(findings[0].line == 2);
}

TEST_CASE("an exported notebook is read cell by cell, and its results are noticed", "[packages]") {
  const auto html = FormatNotebookHtml("n", NotebookLanguage::kPython,
                                       {{.text = "x = 1"}, {.text = "y = 1\ndf.show()"}});
  const PackageFiles files;
  files.Write("package.yaml", ManifestWith("match.py", "n.html"));
  files.Write("n.html", *html);
  const auto clean = LintPackage(files.root());
  REQUIRE_OK(clean);
  REQUIRE(clean->size() == 1);
  CHECK(clean->at(0).file == "n.html (cell 2)");
  CHECK(clean->at(0).line == 2);

  files.Write(
      "n.html",
      absl::StrCat("__DATABRICKS_NOTEBOOK_MODEL = '",
                   absl::Base64Escape(R"({"commands":[{"command":"x","results":{"data":[1]}}]})"),
                   "'"));
  const auto dirty = LintPackage(files.root());
  REQUIRE_OK(dirty);
  REQUIRE(dirty->size() == 1);
  CHECK(dirty->at(0).rule == "cell-results");
}

TEST_CASE("a package that does not load is not linted", "[packages]") {
  CHECK_THAT(StatusOf(LintPackage("/nowhere")), StatusIs(StatusCode::kInvalidArgument));
}

TEST_CASE("the identity-match package of this repository has no finding", "[packages]") {
  const auto findings = LintPackage("deploy/packages/identity-match");

  REQUIRE_OK(findings);
  CHECK(findings->empty());
}

}  // namespace
}  // namespace roomkeeper::testing
