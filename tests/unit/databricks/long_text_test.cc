#include "lib/databricks/wire/long_text.h"

#include <string>

#include "lib/databricks/wire/assets_json.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

constexpr char kKey[] = "content";

TEST_CASE("a long text is lifted out of its member and its place is kept", "[wire]") {
  struct Case {
    std::string body;
    std::string json;
    std::string text;
  };
  const auto c = GENERATE(
      Case{R"({"content":"aGk="})", R"({"content":"@"})", "aGk="},
      Case{R"({"a":1,"content" :  "aGk=","b":2})", R"({"a":1,"content" :  "@","b":2})", "aGk="},
      Case{R"({"content":""})", R"({"content":"@"})", ""},
      // the first value only
      Case{R"({"content":"x","n":{"content":"y"}})", R"({"content":"@","n":{"content":"y"}})",
           "x"});
  const wire::Lifted lifted = wire::LiftLongText(c.body, kKey);
  CHECK(lifted.json == c.json);
  CHECK(lifted.text == c.text);
  CHECK(wire::PutLongText(lifted.json, kKey, lifted.text) == c.body);
}

TEST_CASE("what only looks like the member is left alone", "[wire]") {
  const std::string body =
      GENERATE(as<std::string>{}, R"({"comment":"\"content\":\"x\""})",  // inside another text
               R"({"kind":"content","x":"y"})",                          // a value, not a member
               R"({"content":12})", R"({"content":null})",               // no text
               R"({"content":"a\/b"})",  // the JSON library must unescape it
               R"({"content":"never closed)", R"({"content":)", R"({"content")", "");
  const wire::Lifted lifted = wire::LiftLongText(body, kKey);
  CHECK(lifted.json == body);
  CHECK(lifted.text.empty());
}

TEST_CASE("a text is put only where its place was kept", "[wire]") {
  CHECK(wire::PutLongText(R"({"content":"x"})", kKey, "y") == R"({"content":"x"})");
  CHECK(wire::PutLongText(R"({"other":"@"})", kKey, "y") == R"({"other":"@"})");
}

TEST_CASE("a notebook's content reads the same lifted, escaped and behind a namesake", "[wire]") {
  const std::string notebook = GENERATE(as<std::string>{}, R"({"notebook_content":"aGVsbG8/"})",
                                        R"({"notebook_content":"aGVsbG8\/"})");
  const auto asset = wire::ParseAsset(
      R"({"name":"n","asset_type":"NOTEBOOK_FILE","new":{"notebook_content":"x"},"notebook":)" +
      notebook + "}");
  const auto plain =
      wire::ParseAsset(R"({"name":"n","asset_type":"NOTEBOOK_FILE","notebook":)" + notebook + "}");
  REQUIRE_OK(asset);
  REQUIRE_OK(plain);
  REQUIRE(plain->notebook_content_digest.has_value());
  CHECK(asset->notebook_content_digest == plain->notebook_content_digest);
}

}  // namespace
}  // namespace roomkeeper::testing
