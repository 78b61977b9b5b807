#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace roomkeeper {

// A YAML document as a plain tree that remembers its lines: all that the loaders of ours need, so
// that yaml-cpp and its exceptions stay in yaml_loader.cc.
struct YamlKey {
  std::string name = {};
  int line = 0;  // 1-based
};

struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMapping };

  Kind kind = Kind::kNull;
  int line = 0;             // 1-based
  std::string scalar = {};  // as written, without quotes
  std::vector<YamlNode> items = {};
  std::vector<YamlKey> keys = {};  // of a mapping: keys[i] names items[i]; no name is there twice
};

inline constexpr std::size_t kYamlBytesMax = 1024 * 1024;
inline constexpr std::size_t kYamlNodesMax = 100000;  // aliases are expanded, so they are counted
inline constexpr int kYamlDepthMax = 32;

// Reads one document. `file` is only for messages. kInvalidArgument, "<file>:<line>: …": not YAML,
// a key twice, a key that is no scalar, or one of the limits above. Does not block; thread-safe.
absl::StatusOr<YamlNode> ParseYaml(absl::string_view text, absl::string_view file);

}  // namespace roomkeeper
