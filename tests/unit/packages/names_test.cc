#include "lib/packages/names.h"

#include <string>

#include "absl/strings/match.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("Unity Catalog names keep the catalog's rules", "[packages]") {
  CHECK(UcNameProblem("spine").empty());
  CHECK(UcNameProblem(std::string(255, 'a')).empty());
  CHECK(UcNameProblem("größe").empty());
  CHECK(absl::StrContains(UcNameProblem(std::string(256, 'a')), "256 characters"));
  CHECK(absl::StrContains(UcNameProblem(""), "0 characters"));
  for (const char* bad : {"a b", "a/b", "a.b", "a\tb", "a\x7f"}) {
    CAPTURE(bad);
    CHECK(absl::StrContains(UcNameProblem(bad), "not allowed"));
  }
}

TEST_CASE("a path has the number of parts that is asked for", "[packages]") {
  CHECK(UcPathProblem("spine.person", 2).empty());
  CHECK(UcPathProblem("identity.spine.person", 3).empty());
  CHECK(absl::StrContains(UcPathProblem("person", 2), "1 parts; 2 are wanted: <schema>.<name>"));
  CHECK(absl::StrContains(UcPathProblem("a.b.c", 2), "3 parts"));
  CHECK(absl::StrContains(UcPathProblem("a.b", 3), "<catalog>.<schema>.<name>"));
  CHECK(absl::StrContains(UcPathProblem("a..c", 3), "0 characters"));
  CHECK(absl::StrContains(UcPathProblem("a.b c.d", 3), "not allowed"));
}

TEST_CASE("package, notebook and parameter names are held to their alphabets", "[packages]") {
  CHECK(PackageNameProblem("identity-match2").empty());
  CHECK(PackageNameProblem("a" + std::string(39, 'b')).empty());
  for (const std::string& bad : {std::string(), std::string("2a"), std::string("A"),
                                 std::string("a_b"), "a" + std::string(40, 'b')}) {
    CAPTURE(bad);
    CHECK_FALSE(PackageNameProblem(bad).empty());
  }
  CHECK(NotebookNameProblem("measurement v2.py").empty());
  for (const char* bad : {"", "a/b", " a", "a ", "a\nb"}) {
    CAPTURE(bad);
    CHECK_FALSE(NotebookNameProblem(bad).empty());
  }
  CHECK(ParameterNameProblem("brand_alias").empty());
  for (const char* bad : {"", "1a", "a-b", "cr_output_schema", "cr_output_catalog"}) {
    CAPTURE(bad);
    CHECK_FALSE(ParameterNameProblem(bad).empty());
  }
}

TEST_CASE("a destination is a domain name and nothing more", "[packages]") {
  CHECK(DomainProblem("api.example.com").empty());
  CHECK(DomainProblem("*.example.com").empty());
  for (const char* bad : {"", "localhost", "https://example.com", "example.com:443", "a..b",
                          "-a.com", "Example.com", "*.", "10.0.0.1/8"}) {
    CAPTURE(bad);
    CHECK_FALSE(DomainProblem(bad).empty());
  }
}

TEST_CASE("versions compare by number", "[packages]") {
  CHECK(ParseSemanticVersion("1.10.0") > ParseSemanticVersion("1.9.9"));
  CHECK(ParseSemanticVersion("2.0.0") > ParseSemanticVersion("1.99.99"));
  for (const char* bad : {"", "1", "1.2", "1.2.3.4", "1.2.x", "v1.2.3", "1.02.3", "1.2.3-rc1",
                          "-1.2.3", "1.2.99999999999", " 1.2.3"}) {
    CAPTURE(bad);
    CHECK_FALSE(ParseSemanticVersion(bad).has_value());
  }
}

}  // namespace
}  // namespace roomkeeper::testing
