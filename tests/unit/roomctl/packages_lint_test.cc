#include <filesystem>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/roomctl/fake_server.h"

namespace roomkeeper::testing {
namespace {

using nlohmann::json;

constexpr char kPackage[] = "deploy/packages/identity-match";

// A copy of the package with one line more at the end of its notebook.
class Copy {
 public:
  explicit Copy(const std::string& line) {
    std::filesystem::copy(kPackage, path());
    std::ofstream(path() + "/identity_match.py", std::ios::app) << line << '\n';
  }
  const std::string& path() const { return folder_.path(); }

 private:
  testing::TempFolder folder_;
};

TEST_CASE("the package of this repository passes, and its digest is shown", "[roomctl]") {
  const Ran ran = RunRoomctl(nullptr, {"packages", "lint", kPackage});

  CHECK(ran.code == ExitCode::kOk);
  CHECK(absl::StartsWith(ran.out, "ok       identity-match 1.0.0 sha256:"));
}

TEST_CASE("an install at run time fails the lint, with its place and what to do", "[roomctl]") {
  const Copy copy("%pip install pandas");

  const Ran ran = RunRoomctl(nullptr, {"packages", "lint", copy.path()});

  CHECK(ran.code == ExitCode::kRequestWrong);
  CHECK(absl::StrContains(ran.out, "error    " + copy.path() + "/identity_match.py:"));
  CHECK(absl::StrContains(ran.out, "to do: use what environment_version brings"));
}

TEST_CASE("a warning fails the lint only with --strict", "[roomctl]") {
  const Copy copy("display(brand)");

  CHECK(RunRoomctl(nullptr, {"packages", "lint", copy.path()}).code == ExitCode::kOk);
  CHECK(RunRoomctl(nullptr, {"packages", "lint", copy.path(), "--strict"}).code ==
        ExitCode::kRequestWrong);
}

TEST_CASE("a package that does not load is reported beside one that does", "[roomctl]") {
  const Ran ran = RunRoomctl(nullptr, {"packages", "lint", "/nowhere", kPackage, "-o", "json"});

  CHECK(ran.code == ExitCode::kRequestWrong);
  const json document = json::parse(ran.out, nullptr, /*allow_exceptions=*/false);
  REQUIRE(document["packages"].size() == 2);
  CHECK(document["packages"][0]["problems"].size() == 1);
  CHECK(document["packages"][1]["problems"].empty());
  CHECK(document["packages"][1]["findings"].empty());
  CHECK(document["packages"][1]["version"] == "1.0.0");
}

}  // namespace
}  // namespace roomkeeper::testing
