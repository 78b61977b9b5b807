#include <string>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/packages/notebook_html_json.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

using absl::StatusCode;

TEST_CASE("a notebook that is written as HTML reads back as it was", "[packages]") {
  const std::vector<NotebookCell> cells = {{.title = "", .text = "%md\n# Größe & <b>"},
                                           {.title = "Work", .text = "x = '100%'  # \"'\\"}};

  const auto html = FormatNotebookHtml("a<b", NotebookLanguage::kPython, cells);
  REQUIRE_OK(html);
  const auto parsed = ParseNotebookHtml(*html);

  REQUIRE_OK(parsed);
  REQUIRE(parsed->cells.size() == 2);
  CHECK(parsed->cells[0].text == cells[0].text);
  CHECK(parsed->cells[1].text == cells[1].text);
  CHECK(parsed->cells[1].title == "Work");
  CHECK_FALSE(parsed->has_results);
  CHECK(absl::StrContains(*html, "<title>a&lt;b - Databricks</title>"));
  CHECK(*FormatNotebookHtml("a<b", NotebookLanguage::kPython, cells) == *html);
}

TEST_CASE("the model in the page is base64 of percent-encoded JSON", "[packages]") {
  // As an export of the platform has it: {"commands":[{"command":"1 + 1","results":{…}}]}
  const std::string model =
      "%7B%22commands%22%3A%5B%7B%22command%22%3A%221%20%2B%201%22%2C%22results%22%3A%7B%7D%7D%5D"
      "%7D";
  const std::string html = absl::StrCat("<script>var __DATABRICKS_NOTEBOOK_MODEL = '",
                                        absl::Base64Escape(model), "';</script>");

  const auto parsed = ParseNotebookHtml(html);

  REQUIRE_OK(parsed);
  CHECK(parsed->cells.at(0).text == "1 + 1");
  CHECK(parsed->has_results);
}

TEST_CASE("a page without a readable model is refused", "[packages]") {
  const auto page = [](const std::string& model) {
    return absl::StrCat("var __DATABRICKS_NOTEBOOK_MODEL = '", absl::Base64Escape(model), "';");
  };

  for (const std::string& html :
       {std::string("<html></html>"), std::string("__DATABRICKS_NOTEBOOK_MODEL = '!!'"),
        std::string("__DATABRICKS_NOTEBOOK_MODEL = 'abc"), page("not json"), page("[]"),
        page("{\"commands\":1}"), page("{\"commands\":[1]}"), page("%7")}) {
    CAPTURE(html);
    CHECK_THAT(StatusOf(ParseNotebookHtml(html)), StatusIs(StatusCode::kInvalidArgument));
  }
}

TEST_CASE("text that is not UTF-8 is refused, not changed", "[packages]") {
  CHECK_THAT(StatusOf(FormatNotebookHtml("n", NotebookLanguage::kSql, {{.text = "a\xff"}})),
             StatusIs(StatusCode::kInvalidArgument, "cell 1 is not UTF-8"));
}

}  // namespace
}  // namespace roomkeeper::testing
