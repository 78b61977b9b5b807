#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

#include "lib/config/config.h"
#include "lib/yaml/yaml_node.h"
#include "tests/support/matchers.h"

// Runs in the root of the source tree. Keys, example and documentation are the same three times.
namespace roomkeeper::testing {
namespace {

using KeyMap = std::map<std::string, std::string>;

std::string ReadText(const std::string& file) {
  std::ifstream in(file);
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

KeyMap KeysOfTheProgram() {
  KeyMap keys;
  for (const ConfigKey& key : ListConfigKeys()) {
    keys[key.path] = key.default_value;
  }
  return keys;
}

void Flatten(const YamlNode& node, const std::string& path, KeyMap& keys) {
  if (node.kind == YamlNode::Kind::kScalar) {
    keys[path] = node.scalar;
  }
  if (node.kind == YamlNode::Kind::kSequence && node.items.empty()) {
    keys[path] = "[]";
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (node.kind == YamlNode::Kind::kSequence) {
      Flatten(node.items[i], path + "[]", keys);
      continue;
    }
    Flatten(node.items[i], path.empty() ? node.keys[i].name : path + "." + node.keys[i].name, keys);
  }
}

TEST_CASE("deploy/config/roomkeeperd.yaml has every key at its default", "[config][docs]") {
  const auto root = ParseYaml(ReadText("deploy/config/roomkeeperd.yaml"), "roomkeeperd.yaml");
  REQUIRE_OK(root);
  KeyMap example;
  Flatten(*root, "", example);

  CHECK(example == KeysOfTheProgram());
}

TEST_CASE("docs/configuration.md has a row with the default of every key", "[config][docs]") {
  KeyMap documented;
  for (const absl::string_view line : absl::StrSplit(ReadText("docs/configuration.md"), '\n')) {
    if (!absl::StartsWith(line, "| `")) {
      continue;
    }
    const std::vector<std::string> cells = absl::StrSplit(line, '|');
    REQUIRE(cells.size() >= 4);
    const auto text = [](const std::string& cell) {
      return absl::StrReplaceAll(absl::StripAsciiWhitespace(cell), {{"`", ""}});
    };
    documented[text(cells[1])] = text(cells[2]);
  }

  CHECK(documented == KeysOfTheProgram());
}

TEST_CASE("the minimal config is five lines and complete", "[config][docs]") {
  const std::string text = ReadText("deploy/config/roomkeeperd.minimal.yaml");
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());

  CHECK(lines.size() == 5);
  CHECK_OK(ParseConfig(text, "roomkeeperd.minimal.yaml"));
}

}  // namespace
}  // namespace roomkeeper::testing
