#include "lib/model/json/json_writer.h"

#include <string>

#include <nlohmann/json.hpp>

#include "lib/model/json/clean_room_json.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

std::string Quoted(absl::string_view text) {
  JsonWriter out;
  out.String(text);
  return std::move(out).Take();
}

TEST_CASE("every ASCII character is written as a JSON library writes it", "[json]") {
  for (int c = 0; c < 128; ++c) {
    const std::string text = {'a', static_cast<char>(c), 'z'};
    CAPTURE(c);
    CHECK(Quoted(text) == nlohmann::json(text).dump());
  }
}

TEST_CASE("text that is UTF-8 is kept, and what is not becomes U+FFFD", "[json]") {
  struct Case {
    const char* name;
    std::string in;
    std::string out;
  };
  const std::string bad = "\xEF\xBF\xBD";
  const auto c = GENERATE_COPY(Case{"two bytes", "\xC3\xBC", "\xC3\xBC"},
                               Case{"three bytes", "\xE2\x82\xAC", "\xE2\x82\xAC"},
                               Case{"four bytes", "\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
                               Case{"last code point", "\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
                               Case{"beyond the last", "\xF4\x90\x80\x80", bad + bad + bad + bad},
                               Case{"overlong", "\xC0\xAF", bad + bad},
                               Case{"surrogate", "\xED\xA0\x80", bad + bad + bad},
                               Case{"cut at the end", "a\xE2\x82", "a" + bad + bad},
                               Case{"lone tail",
                                    "\x80"
                                    "b",
                                    bad + "b"});
  CAPTURE(c.name);

  const std::string written = Quoted(c.in);

  CHECK(written == "\"" + c.out + "\"");
  CHECK(nlohmann::json::accept(written));
}

TEST_CASE("a truncated message can be read back", "[json]") {
  const Problem problem = {.reason = "X", .message = "caf\xC3"};

  const auto read = ParseProblem(FormatProblem(problem));

  REQUIRE_OK(read);
  CHECK(read->message == "caf\xEF\xBF\xBD");
}

TEST_CASE("commas and nesting come out right", "[json]") {
  JsonWriter out;
  out.BeginObject().Key("a").BeginArray().Int(-1).Bool(true).Null().BeginObject().EndObject();
  out.BeginArray().EndArray().EndArray().Field("b", {"x", "y"}).Field("c", "").EndObject();

  CHECK(std::move(out).Take() == R"({"a":[-1,true,null,{},[]],"b":["x","y"],"c":""})");
}

}  // namespace
}  // namespace roomkeeper::testing
