#include "lib/packages/package_loader.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "lib/crypto/digest.h"
#include "lib/packages/notebook_html_json.h"
#include "tests/support/matchers.h"
#include "tests/unit/packages/package_files.h"

namespace roomkeeper::testing {
namespace {

using absl::StatusCode;

// A package in a directory of its own, with what a case puts in place of the usual.
struct Package {
  std::string manifest = SmallManifest();
  std::string notebook = SmallNotebook();
  std::string included = "";
};

absl::StatusOr<LoadedPackage> Load(const Package& package) {
  const PackageFiles files;
  files.Write("package.yaml", package.manifest);
  files.Write("match.py", package.notebook);
  files.Write("match.sql", package.included);
  return LoadPackage(files.root());
}

TEST_CASE("a source notebook becomes HTML with its cells", "[packages]") {
  const auto loaded = Load({});

  REQUIRE_OK(loaded);
  const PackageNotebook& notebook = loaded->package.notebooks.at(0);
  std::string html;
  REQUIRE(absl::Base64Unescape(notebook.content_base64, &html));
  CHECK(notebook.content_digest == absl::StrCat("sha256:", Sha256Hex(html)));
  const auto parsed = ParseNotebookHtml(html);
  REQUIRE_OK(parsed);
  REQUIRE(parsed->cells.size() == 2);
  CHECK(parsed->cells[0].text == "%md\n# Title");
  CHECK(parsed->cells[1].title == "Work");
  CHECK(parsed->cells[1].text == "x = 1");
}

TEST_CASE("an include puts the lines of the file in place of the directive", "[packages]") {
  const auto loaded = Load(
      {.notebook = "# Databricks notebook source\nS = r\"\"\"\n# roomkeeper:include match.sql\n"
                   "\"\"\"\n",
       .included = "-- why\nSELECT 1;\n"});

  REQUIRE_OK(loaded);
  std::string html;
  REQUIRE(absl::Base64Unescape(loaded->package.notebooks.at(0).content_base64, &html));
  CHECK(ParseNotebookHtml(html)->cells.at(0).text == "S = r\"\"\"\n-- why\nSELECT 1;\n\"\"\"");
  REQUIRE(loaded->files.size() == 2);
  CHECK(loaded->files[1].path == "match.sql");
}

TEST_CASE("an exported HTML file is taken byte for byte", "[packages]") {
  const auto html = FormatNotebookHtml("n", NotebookLanguage::kSql, {{.text = "SELECT 1"}});
  const PackageFiles files;
  files.Write("package.yaml", ManifestWith("match.py", "n.html"));
  files.Write("n.html", *html);

  const auto loaded = LoadPackage(files.root());

  REQUIRE_OK(loaded);
  CHECK(loaded->package.notebooks[0].content_base64 == absl::Base64Escape(*html));
}

TEST_CASE("the digest follows every byte of the package, and nothing else", "[packages]") {
  const std::string digest = Load({})->package.digest;
  REQUIRE(digest.size() == 71);

  CHECK(Load({})->package.digest == digest);  // another directory
  CHECK(Load({.manifest = "# a comment\n" + SmallManifest()})->package.digest == digest);
  CHECK(Load({.notebook = SmallNotebook() + "y = 2\n"})->package.digest != digest);
  CHECK(Load({.notebook = SmallNotebook() + "\n"})->package.digest != digest);
  struct Case {
    const char* from;
    const char* to;
  };
  const auto c = GENERATE(
      Case{"1.2.3", "1.2.4"}, Case{"A small", "a small"}, Case{"output: true", "output: false"},
      Case{"api.example", "apj.example"}, Case{"TABLE", "TABLE\n    description: x"},
      Case{"The key", "Key"}, Case{"value: US", "value: UK"},
      Case{"meaning: The key", "meaning: The key, required: false"}, Case{"Matches.", "Matched."},
      Case{"description: How", "description: Why"}, Case{"crm.customers", "crm.people"},
      Case{"description: Yours", "description: Mine"}, Case{"name: rate", "name: rates"});
  CAPTURE(c.from);
  const auto changed = Load({.manifest = ManifestWith(c.from, c.to)});
  REQUIRE_OK(changed);
  CHECK(changed->package.digest != digest);
}

TEST_CASE("what is wrong with the files is reported beside what is wrong with the manifest",
          "[packages]") {
  const auto loaded =
      Load({.manifest = ManifestWith("version: 1.2.3", "version: one"), .notebook = "print(1)\n"});

  REQUIRE_FALSE(loaded.ok());
  const std::vector<std::string> lines = absl::StrSplit(loaded.status().message(), '\n');
  REQUIRE(lines.size() == 2);
  CHECK(absl::StrContains(lines[0], "/package.yaml:2: version is \"one\""));
  CHECK(absl::StrContains(lines[1], "/package.yaml:19: notebooks[0]: match.py:1: the first line"));
}

TEST_CASE("a notebook file that cannot be used is refused with the reason", "[packages]") {
  struct Case {
    const char* file;
    const char* problem;
  };
  const auto c = GENERATE(Case{"absent.py", "file \"absent.py\" cannot be read: No such file"},
                          Case{"../match.py", "must be a relative path inside the package"},
                          Case{"/etc/passwd.py", "must be a relative path inside the package"},
                          Case{"match.ipynb", "a .html, .py or .sql file is wanted"},
                          Case{"plain.html", "is not the HTML export of a notebook"});
  CAPTURE(c.file);
  const PackageFiles files;
  files.Write("package.yaml", ManifestWith("match.py", c.file));
  files.Write("plain.html", "<html></html>");

  CHECK_THAT(StatusOf(LoadPackage(files.root())),
             StatusIs(StatusCode::kInvalidArgument, c.problem));
}

TEST_CASE("an include that cannot be used is refused with its line", "[packages]") {
  struct Case {
    const char* directive;
    const char* included;
    const char* problem;
  };
  const auto c = GENERATE(
      Case{"absent.sql", "", "match.py:2: file \"absent.sql\" cannot be read"},
      Case{"../x.sql", "", "match.py:2: file \"../x.sql\" must be a relative path"},
      Case{"match.sql", "SELECT 1\n-- roomkeeper:include x\n", "match.sql:2: an included file may"},
      Case{"match.sql", "\"\"\"\n", "match.sql:1: \"\"\" is not allowed"});
  CAPTURE(c.directive, c.included);

  CHECK_THAT(StatusOf(Load({.notebook = absl::StrCat("# Databricks notebook source\n",
                                                     "# roomkeeper:include ", c.directive, "\n"),
                            .included = c.included})),
             StatusIs(StatusCode::kInvalidArgument, c.problem));
}

TEST_CASE("a notebook may be as large as the platform exports, and no larger", "[packages]") {
  const auto html = FormatNotebookHtml("n", NotebookLanguage::kSql, {{.text = "SELECT 1"}});
  const auto load = [&](std::size_t bytes) {
    const PackageFiles files;
    files.Write("package.yaml", ManifestWith("match.py", "n.html"));
    files.Write("n.html", *html + std::string(bytes - html->size(), ' '));
    return LoadPackage(files.root());
  };

  CHECK_OK(load(kNotebookBytesMax));
  CHECK_THAT(StatusOf(load(kNotebookBytesMax + 1)),
             StatusIs(StatusCode::kInvalidArgument, "at most 10000000 are allowed"));
}

TEST_CASE("a source that grows past the limit as HTML is refused", "[packages]") {
  // Percent-encoding and base64 make four bytes of each of these.
  const std::string big = SmallNotebook() + "\"" + std::string(kNotebookBytesMax / 3, '<') + "\"\n";

  CHECK_THAT(StatusOf(Load({.notebook = big})),
             StatusIs(StatusCode::kInvalidArgument, "the HTML of \"match\" has"));
}

TEST_CASE("a pinned content digest refuses other content", "[packages]") {
  const std::string digest = Load({})->package.notebooks[0].content_digest;
  const auto pinned = [](const std::string& value) {
    return ManifestWith("file: match.py",
                        absl::StrCat("file: match.py\n    content_digest: ", value));
  };

  CHECK_OK(Load({.manifest = pinned(digest)}));
  CHECK_THAT(StatusOf(Load({.manifest = pinned(absl::StrCat("sha256:", Sha256Hex("x")))})),
             StatusIs(StatusCode::kInvalidArgument, "but content_digest pins sha256:"));
}

TEST_CASE("a directory without package.yaml is no package", "[packages]") {
  const PackageFiles files;

  CHECK_THAT(StatusOf(LoadPackage(files.root())),
             StatusIs(StatusCode::kInvalidArgument, "\"package.yaml\" cannot be read"));
}

}  // namespace
}  // namespace roomkeeper::testing
