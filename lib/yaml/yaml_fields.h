#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/yaml/yaml_node.h"

namespace roomkeeper {

// What is wrong with one file, collected so that its author sees all of it at once.
class YamlProblems {
 public:
  explicit YamlProblems(std::string file) : file_(std::move(file)) {}

  void Add(int line, absl::string_view message);
  bool empty() const { return problems_.empty(); }
  const std::vector<std::string>& list() const { return problems_; }  // "<file>:<line>: <message>"
  // OK, or kInvalidArgument with one problem a line, in the order of the file's lines.
  absl::Status ToStatus() const;
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::vector<std::string> problems_;
  std::vector<int> lines_;
};

// The typed fields of one mapping. A getter that finds a wrong type or value adds a problem naming
// the field, the value seen and the values allowed, and returns its fallback, so that reading goes
// on. Call Finish() last: it reports the keys that nobody asked for. Not thread-safe.
class YamlFields {
 public:
  // `path` names the mapping in messages, "assets[0]"; empty at the top. Borrows all arguments.
  YamlFields(const YamlNode& node, std::string path, YamlProblems& problems);

  bool Has(absl::string_view key) const;  // present and not null; does not count as asking
  // The line of the key, or of the mapping if the key is absent.
  int LineOf(absl::string_view key) const;
  std::string PathOf(absl::string_view key) const;

  // Required, and not empty.
  std::string Text(absl::string_view key);
  std::string TextOr(absl::string_view key, absl::string_view fallback);
  bool FlagOr(absl::string_view key, bool fallback);
  std::int64_t IntOr(absl::string_view key, std::int64_t fallback, std::int64_t min,
                     std::int64_t max);
  double NumberOr(absl::string_view key, double fallback, double min, double max);
  // Written as "90s", "1h30m", "250ms".
  absl::Duration DurationOr(absl::string_view key, absl::Duration fallback, absl::Duration min,
                            absl::Duration max);
  // One of `allowed`.
  std::string ChoiceOr(absl::string_view key, absl::string_view fallback,
                       const std::vector<std::string>& allowed);
  std::vector<std::string> TextList(absl::string_view key);
  // A sequence; nothing happens if the key is absent. `read` gets the item and its path.
  void ForEach(absl::string_view key,
               const std::function<void(const YamlNode& item, std::string path)>& read);
  // The value of a key, or nullptr if it is absent or null.
  const YamlNode* Find(absl::string_view key);

  void Problem(absl::string_view key, absl::string_view message);
  void Finish();

 private:
  // Its place in the mapping; keys.size() if absent.
  std::size_t IndexOf(absl::string_view key) const;
  const std::string* Scalar(absl::string_view key, absl::string_view wanted);

  const YamlNode& node_;
  std::string path_;
  YamlProblems& problems_;
  std::vector<std::string> known_;
};

}  // namespace roomkeeper
