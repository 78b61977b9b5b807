#include <algorithm>
#include <exception>
#include <utility>

#include <yaml-cpp/yaml.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/yaml/yaml_node.h"

namespace roomkeeper {
namespace {

class TreeBuilder {
 public:
  explicit TreeBuilder(absl::string_view file) : file_(file) {}

  absl::StatusOr<YamlNode> Build(const YAML::Node& source, int depth) {
    const int line = source.Mark().line + 1;
    if (++nodes_ > kYamlNodesMax) {
      return Problem(line, absl::StrCat("more than ", kYamlNodesMax, " values"));
    }
    if (depth > kYamlDepthMax) {
      return Problem(line, absl::StrCat("nested deeper than ", kYamlDepthMax, " levels"));
    }
    YamlNode node{.line = line};
    switch (source.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return node;
      case YAML::NodeType::Scalar:
        node.kind = YamlNode::Kind::kScalar;
        node.scalar = source.Scalar();
        return node;
      case YAML::NodeType::Sequence:
        node.kind = YamlNode::Kind::kSequence;
        return BuildItems(source, depth, std::move(node));
      case YAML::NodeType::Map:
        node.kind = YamlNode::Kind::kMapping;
        return BuildEntries(source, depth, std::move(node));
    }
    return node;
  }

  absl::Status Problem(int line, absl::string_view message) const {
    return absl::InvalidArgumentError(absl::StrCat(file_, ":", line, ": ", message));
  }

 private:
  absl::StatusOr<YamlNode> BuildItems(const YAML::Node& source, int depth, YamlNode node) {
    for (const YAML::Node& item : source) {
      RK_ASSIGN_OR_RETURN(YamlNode built, Build(item, depth + 1));
      node.items.push_back(std::move(built));
    }
    return node;
  }

  absl::StatusOr<YamlNode> BuildEntries(const YAML::Node& source, int depth, YamlNode node) {
    for (const auto& pair : source) {
      const int line = pair.first.Mark().line + 1;
      if (!pair.first.IsScalar()) {
        return Problem(line, "a key must be plain text");
      }
      const std::string& key = pair.first.Scalar();
      const auto first = std::find_if(node.keys.begin(), node.keys.end(),
                                      [&](const YamlKey& k) { return k.name == key; });
      if (first != node.keys.end()) {
        return Problem(line,
                       absl::StrCat("key \"", key, "\" is already given in line ", first->line));
      }
      RK_ASSIGN_OR_RETURN(YamlNode value, Build(pair.second, depth + 1));
      if (value.kind == YamlNode::Kind::kNull) {
        value.line = line;  // yaml-cpp gives an empty value no place of its own
      }
      node.keys.push_back({.name = key, .line = line});
      node.items.push_back(std::move(value));
    }
    return node;
  }

  absl::string_view file_;
  std::size_t nodes_ = 0;
};

}  // namespace

absl::StatusOr<YamlNode> ParseYaml(absl::string_view text, absl::string_view file) {
  TreeBuilder builder(file);
  if (text.size() > kYamlBytesMax) {
    return builder.Problem(
        1, absl::StrCat("has ", text.size(), " bytes, at most ", kYamlBytesMax, " are allowed"));
  }
  // yaml-cpp throws on every problem, also while its nodes are read.
  try {
    return builder.Build(YAML::Load(std::string(text)), 0);
  } catch (const YAML::Exception& error) {
    return builder.Problem(error.mark.line + 1, absl::StrCat("is not YAML: ", error.msg));
  } catch (const std::exception& error) {
    return builder.Problem(1, absl::StrCat("is not YAML: ", error.what()));
  }
}

}  // namespace roomkeeper
