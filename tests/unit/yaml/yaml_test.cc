#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/yaml/yaml_fields.h"
#include "lib/yaml/yaml_node.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

using absl::StatusCode;

YamlNode Parsed(absl::string_view text) {
  auto node = ParseYaml(text, "f.yaml");
  REQUIRE_OK(node);
  return *std::move(node);
}

TEST_CASE("a document becomes a tree that knows its lines", "[yaml]") {
  const YamlNode root = Parsed("a: 1\nb:\n  - x\n  - {c: 'quoted'}\nd:\n");

  REQUIRE(root.keys.size() == 3);
  CHECK(root.items[0].scalar == "1");
  CHECK(root.keys[1].line == 2);
  REQUIRE(root.items[1].items.size() == 2);
  const YamlNode& inner = root.items[1].items[1];
  CHECK(inner.line == 4);
  CHECK(inner.keys[0].name == "c");
  CHECK(inner.items[0].scalar == "quoted");
  CHECK(root.items[2].kind == YamlNode::Kind::kNull);
  CHECK(root.items[2].line == 5);
}

TEST_CASE("what is not YAML is refused with its line", "[yaml]") {
  struct Case {
    const char* text;
    const char* message;
  };
  const auto c = GENERATE(Case{"a: 1\nb: [1, 2\n", "f.yaml:3: is not YAML"},
                          Case{"a: 1\n\tb: 2\n", "f.yaml:2: is not YAML"},
                          Case{"a: 1\nb: 2\na: 3\n", "f.yaml:3: key \"a\" is already given"},
                          Case{"[a, b]: 1\n", "f.yaml:1: a key must be plain text"},
                          Case{"a: *nowhere\n", "f.yaml:1: is not YAML"});
  CAPTURE(c.text);

  CHECK_THAT(StatusOf(ParseYaml(c.text, "f.yaml")),
             StatusIs(StatusCode::kInvalidArgument, c.message));
}

TEST_CASE("a document may not grow past its limits", "[yaml]") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 6; ++i) {
    absl::StrAppend(&bomb, "a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) {
      absl::StrAppend(&bomb, j == 0 ? "" : ", ", "*a", i - 1);
    }
    absl::StrAppend(&bomb, "]\n");
  }

  CHECK_THAT(StatusOf(ParseYaml(bomb, "f")), StatusIs(StatusCode::kInvalidArgument, "100000"));
  CHECK_THAT(StatusOf(ParseYaml(std::string(40, '[') + std::string(40, ']'), "f")),
             StatusIs(StatusCode::kInvalidArgument, "deeper than 32"));
  CHECK_THAT(StatusOf(ParseYaml(std::string(kYamlBytesMax + 1, ' '), "f")),
             StatusIs(StatusCode::kInvalidArgument, "1048577 bytes"));
}

TEST_CASE("fields are read with their types", "[yaml]") {
  const YamlNode root = Parsed(
      "text: hello\nflag: true\nint: -3\nnumber: 0.5\nduration: 1m30s\nlist: [a, b]\n"
      "choice: RED\n");
  YamlProblems problems("f.yaml");
  YamlFields fields(root, "", problems);

  CHECK(fields.Text("text") == "hello");
  CHECK(fields.FlagOr("flag", false));
  CHECK(fields.IntOr("int", 0, -3, 3) == -3);
  CHECK(fields.NumberOr("number", 0, 0, 1) == 0.5);
  CHECK(fields.DurationOr("duration", {}, absl::ZeroDuration(), absl::Hours(1)) ==
        absl::Seconds(90));
  CHECK(fields.TextList("list") == std::vector<std::string>{"a", "b"});
  CHECK(fields.ChoiceOr("choice", "", {"RED", "BLUE"}) == "RED");
  CHECK(fields.IntOr("absent", 7, 0, 1) == 7);
  fields.Finish();
  CHECK_OK(problems.ToStatus());
}

TEST_CASE("all problems of a file are reported at once, in the order of its lines", "[yaml]") {
  const YamlNode root = Parsed(
      "surprise: 1\nflag: yes\nint: 4\nnumber: x\nduration: 10\nlist: {a: 1}\nchoice: PINK\n"
      "text: [1]\n");
  YamlProblems problems("f.yaml");
  YamlFields fields(root, "outer", problems);

  (void)fields.Text("text");
  (void)fields.Text("gone");
  (void)fields.FlagOr("flag", false);
  (void)fields.IntOr("int", 0, -3, 3);
  (void)fields.NumberOr("number", 0, 0, 1);
  (void)fields.DurationOr("duration", {}, absl::ZeroDuration(), absl::Hours(1));
  (void)fields.TextList("list");
  (void)fields.ChoiceOr("choice", "", {"RED", "BLUE"});
  fields.Finish();

  CHECK(problems.ToStatus().message() ==
        "f.yaml:1: outer.gone is missing\n"
        "f.yaml:1: outer.surprise is an unknown key; allowed here: text, gone, flag, int, number, "
        "duration, list, choice\n"
        "f.yaml:2: outer.flag must be true or false, got \"yes\"\n"
        "f.yaml:3: outer.int must be a whole number in [-3, 3], got \"4\"\n"
        "f.yaml:4: outer.number must be a number in [0, 1], got \"x\"\n"
        "f.yaml:5: outer.duration must be a duration with its unit in [0, 1h], got \"10\"\n"
        "f.yaml:6: outer.list must be a list, got a mapping\n"
        "f.yaml:7: outer.choice is \"PINK\"; allowed: RED, BLUE\n"
        "f.yaml:8: outer.text must be text, got a list");
}

TEST_CASE("a mapping is asked for by name when something else stands there", "[yaml]") {
  const YamlNode root = Parsed("- a\n");
  YamlProblems problems("f.yaml");
  YamlFields fields(root, "", problems);

  CHECK(problems.ToStatus().message() == "f.yaml:1: the file must be a mapping, got a list");
}

}  // namespace
}  // namespace roomkeeper::testing
