#include "lib/packages/directory_catalog.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "lib/packages/notebook_html_json.h"
#include "tests/support/matchers.h"
#include "tests/unit/packages/package_files.h"

namespace roomkeeper::testing {
namespace {

using absl::StatusCode;

const PackageName kSmall("small");

void WriteVersion(const PackageFiles& files, const std::string& version) {
  const std::string directory = absl::StrCat("small/", version, "/");
  files.Write(directory + "package.yaml", ManifestWith("1.2.3", version));
  files.Write(directory + "match.py", SmallNotebook());
}

// A package "small" whose notebook comes from a workspace path.
void WriteUnresolved(const PackageFiles& files) {
  files.Write("small/package.yaml", ManifestWith("file: match.py", "workspace_path: /Shared/m"));
}

std::string Exported(const std::string& code) {
  return absl::Base64Escape(*FormatNotebookHtml("m", NotebookLanguage::kPython, {{.text = code}}));
}

TEST_CASE("versions are found by number, and the newest without one", "[packages]") {
  const PackageFiles files;
  WriteVersion(files, "1.9.0");
  WriteVersion(files, "1.10.0");
  files.Write("other/package.yaml", ManifestWith("name: small", "name: other"));
  files.Write("other/match.py", SmallNotebook());
  files.Write(".git/config", "");

  const auto catalog = DirectoryCatalog::Make(files.root());

  REQUIRE_OK(catalog);
  CHECK((*catalog)->Get(kSmall, "")->get()->version == "1.10.0");
  CHECK((*catalog)->Get(kSmall, "1.9.0")->get()->version == "1.9.0");
  CHECK_THAT(StatusOf((*catalog)->Get(kSmall, "2.0.0")),
             StatusIs(StatusCode::kNotFound, "there is 1.9.0, 1.10.0"));
  CHECK_THAT(StatusOf((*catalog)->Get(PackageName("none"), "")), StatusIs(StatusCode::kNotFound));
  const auto list = (*catalog)->List();
  REQUIRE(list.size() == 3);
  CHECK(list[0]->name == PackageName("other"));
  CHECK(list[1]->version == "1.9.0");
  CHECK(list[2]->version == "1.10.0");
}

TEST_CASE("the problems of all packages are reported together", "[packages]") {
  const PackageFiles files;
  files.Write("a/package.yaml", ManifestWith("name: small", "name: A"));
  files.Write("a/match.py", SmallNotebook());
  files.Write("b/package.yaml", "[]");

  const auto status = DirectoryCatalog::Make(files.root()).status();

  CHECK_THAT(status, StatusIs(StatusCode::kInvalidArgument, "/a/package.yaml:1: name is \"A\""));
  CHECK_THAT(status, StatusIs(StatusCode::kInvalidArgument, "/b/package.yaml:1: "));
}

TEST_CASE("a package must be where its name says", "[packages]") {
  const PackageFiles files;
  files.Write("big/package.yaml", SmallManifest());
  files.Write("big/match.py", SmallNotebook());
  files.Write("small/2.0.0/package.yaml", SmallManifest());
  files.Write("small/2.0.0/match.py", SmallNotebook());

  const auto status = DirectoryCatalog::Make(files.root()).status();

  CHECK_THAT(status, StatusIs(StatusCode::kInvalidArgument, "but its directory is \"big\""));
  CHECK_THAT(status, StatusIs(StatusCode::kInvalidArgument, "but its directory is \"2.0.0\""));
}

TEST_CASE("a root that is absent or empty is refused", "[packages]") {
  const PackageFiles files;

  CHECK_THAT(StatusOf(DirectoryCatalog::Make(files.root())),
             StatusIs(StatusCode::kInvalidArgument, "holds no package"));
  CHECK_THAT(StatusOf(DirectoryCatalog::Make(files.root() + "/absent")),
             StatusIs(StatusCode::kInvalidArgument, "cannot be read"));
}

TEST_CASE("a notebook from a workspace path waits for its content", "[packages]") {
  const PackageFiles files;
  WriteUnresolved(files);
  const auto catalog = *DirectoryCatalog::Make(files.root());
  const auto before = *catalog->Get(kSmall, "");
  REQUIRE(catalog->ListUnresolved().size() == 1);
  CHECK(catalog->ListUnresolved()[0].workspace_path == "/Shared/m");

  REQUIRE_OK(catalog->Resolve(kSmall, "1.2.3", "match", Exported("x = 1")));

  const auto after = *catalog->Get(kSmall, "");
  CHECK(before->notebooks[0].content_base64.empty());
  CHECK(after->notebooks[0].content_base64 == Exported("x = 1"));
  CHECK(after->digest != before->digest);
  CHECK(catalog->ListUnresolved().empty());
}

TEST_CASE("a version's content may be supplied again, but not changed", "[packages]") {
  const PackageFiles files;
  WriteUnresolved(files);
  const auto catalog = *DirectoryCatalog::Make(files.root());
  REQUIRE_OK(catalog->Resolve(kSmall, "1.2.3", "match", Exported("x = 1")));
  const std::string digest = catalog->Get(kSmall, "")->get()->digest;

  CHECK_OK(catalog->Resolve(kSmall, "1.2.3", "match", Exported("x = 1")));
  CHECK_THAT(catalog->Resolve(kSmall, "1.2.3", "match", Exported("x = 2")),
             StatusIs(StatusCode::kFailedPrecondition, "release it as a new version"));
  CHECK(catalog->Get(kSmall, "")->get()->digest == digest);
}

TEST_CASE("content that is not wanted or not a notebook is refused", "[packages]") {
  const PackageFiles files;
  WriteUnresolved(files);
  WriteVersion(files, "9.9.9");  // ignored: package.yaml stands beside it
  const auto catalog = *DirectoryCatalog::Make(files.root());

  CHECK_THAT(catalog->Resolve(kSmall, "1.2.3", "match", "%%%"),
             StatusIs(StatusCode::kInvalidArgument, "is not base64"));
  CHECK_THAT(catalog->Resolve(kSmall, "1.2.3", "match", absl::Base64Escape("<html>")),
             StatusIs(StatusCode::kInvalidArgument, "no notebook model"));
  CHECK_THAT(catalog->Resolve(kSmall, "1.2.3", "other", Exported("")),
             StatusIs(StatusCode::kNotFound));
  CHECK_THAT(catalog->Resolve(kSmall, "9.9.9", "match", Exported("")),
             StatusIs(StatusCode::kNotFound));
}

TEST_CASE("readers and a resolver may work at the same time", "[packages]") {
  const PackageFiles files;
  WriteUnresolved(files);
  const auto catalog = *DirectoryCatalog::Make(files.root());
  const std::string content = Exported("x = 1");
  std::vector<int> seen(4, 0);
  std::vector<std::thread> threads;
  for (int& count : seen) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        count += catalog->Get(kSmall, "").ok() && catalog->List().size() == 1 ? 1 : 0;
      }
    });
  }
  threads.emplace_back([&] { (void)catalog->Resolve(kSmall, "1.2.3", "match", content); });
  for (std::thread& thread : threads) {
    thread.join();
  }

  CHECK(seen == std::vector<int>(4, 200));
  CHECK(catalog->ListUnresolved().empty());
}

TEST_CASE("the identity-match package of this repository loads", "[packages]") {
  const auto catalog = DirectoryCatalog::Make("deploy/packages");

  REQUIRE_OK(catalog);
  const auto package = (*catalog)->Get(PackageName("identity-match"), "");
  REQUIRE_OK(package);
  REQUIRE((*package)->assets.size() == 3);
  CHECK((*package)->assets[0].local_name == "identity.spine.person");
  CHECK((*package)->assets[1].local_name == "identity.spine.identifier");
  CHECK((*package)->assets[2].local_name == "identity.spine.household");
  std::string html;
  REQUIRE(absl::Base64Unescape((*package)->notebooks.at(0).content_base64, &html));
  const auto notebook = ParseNotebookHtml(html);
  REQUIRE_OK(notebook);
  CHECK(notebook->cells.size() == 5);
  CHECK(absl::StrContains(notebook->cells[3].text, "CREATE TEMPORARY VIEW match_key AS"));
}

}  // namespace
}  // namespace roomkeeper::testing
