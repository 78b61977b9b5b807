#include "lib/yaml/yaml_fields.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kShownBytesMax = 80;  // of a wrong value in a message

std::string Shown(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMapping:
      return "a mapping";
    case YamlNode::Kind::kScalar:
      break;
  }
  if (node.scalar.size() > kShownBytesMax) {
    return absl::StrCat("\"", node.scalar.substr(0, kShownBytesMax), "…\"");
  }
  return absl::StrCat("\"", node.scalar, "\"");
}

}  // namespace

void YamlProblems::Add(int line, absl::string_view message) {
  problems_.push_back(absl::StrCat(file_, ":", line, ": ", message));
  lines_.push_back(line);
}

absl::Status YamlProblems::ToStatus() const {
  if (problems_.empty()) {
    return absl::OkStatus();
  }
  std::vector<std::size_t> order(problems_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return lines_[a] < lines_[b]; });
  return absl::InvalidArgumentError(
      absl::StrJoin(order, "\n", [&](std::string* out, std::size_t i) { *out += problems_[i]; }));
}

YamlFields::YamlFields(const YamlNode& node, std::string path, YamlProblems& problems)
    : node_(node), path_(std::move(path)), problems_(problems) {
  if (node_.kind != YamlNode::Kind::kMapping) {
    problems_.Add(node_.line, absl::StrCat(path_.empty() ? "the file" : path_,
                                           " must be a mapping, got ", Shown(node_)));
  }
}

std::size_t YamlFields::IndexOf(absl::string_view key) const {
  const auto found = std::find_if(node_.keys.begin(), node_.keys.end(),
                                  [&](const YamlKey& k) { return k.name == key; });
  return static_cast<std::size_t>(found - node_.keys.begin());
}

bool YamlFields::Has(absl::string_view key) const {
  const std::size_t i = IndexOf(key);
  return i < node_.keys.size() && node_.items[i].kind != YamlNode::Kind::kNull;
}

int YamlFields::LineOf(absl::string_view key) const {
  const std::size_t i = IndexOf(key);
  return i < node_.keys.size() ? node_.keys[i].line : node_.line;
}

std::string YamlFields::PathOf(absl::string_view key) const {
  return path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
}

void YamlFields::Problem(absl::string_view key, absl::string_view message) {
  problems_.Add(LineOf(key), absl::StrCat(PathOf(key), " ", message));
}

const YamlNode* YamlFields::Find(absl::string_view key) {
  known_.emplace_back(key);
  return Has(key) ? &node_.items[IndexOf(key)] : nullptr;
}

const std::string* YamlFields::Scalar(absl::string_view key, absl::string_view wanted) {
  const YamlNode* value = Find(key);
  if (value == nullptr) {
    return nullptr;
  }
  if (value->kind != YamlNode::Kind::kScalar) {
    Problem(key, absl::StrCat("must be ", wanted, ", got ", Shown(*value)));
    return nullptr;
  }
  return &value->scalar;
}

std::string YamlFields::Text(absl::string_view key) {
  const bool present = Has(key);
  const std::string* text = Scalar(key, "text");
  if (!present || (text != nullptr && text->empty())) {
    Problem(key, present ? "must not be empty" : "is missing");
  }
  return text == nullptr ? "" : *text;
}

std::string YamlFields::TextOr(absl::string_view key, absl::string_view fallback) {
  const std::string* text = Scalar(key, "text");
  return text == nullptr ? std::string(fallback) : *text;
}

bool YamlFields::FlagOr(absl::string_view key, bool fallback) {
  const std::string* text = Scalar(key, "true or false");
  if (text == nullptr) {
    return fallback;
  }
  if (*text != "true" && *text != "false") {
    Problem(key, absl::StrCat("must be true or false, got \"", *text, "\""));
    return fallback;
  }
  return *text == "true";
}

std::int64_t YamlFields::IntOr(absl::string_view key, std::int64_t fallback, std::int64_t min,
                               std::int64_t max) {
  const std::string* text = Scalar(key, "a whole number");
  if (text == nullptr) {
    return fallback;
  }
  std::int64_t value = 0;
  if (!absl::SimpleAtoi(*text, &value) || value < min || value > max) {
    Problem(key,
            absl::StrCat("must be a whole number in [", min, ", ", max, "], got \"", *text, "\""));
    return fallback;
  }
  return value;
}

double YamlFields::NumberOr(absl::string_view key, double fallback, double min, double max) {
  const std::string* text = Scalar(key, "a number");
  if (text == nullptr) {
    return fallback;
  }
  double value = 0;
  if (!absl::SimpleAtod(*text, &value) || !(value >= min && value <= max)) {
    Problem(key, absl::StrCat("must be a number in [", min, ", ", max, "], got \"", *text, "\""));
    return fallback;
  }
  return value;
}

absl::Duration YamlFields::DurationOr(absl::string_view key, absl::Duration fallback,
                                      absl::Duration min, absl::Duration max) {
  const std::string* text = Scalar(key, "a duration such as 90s");
  if (text == nullptr) {
    return fallback;
  }
  absl::Duration value;
  if (!absl::ParseDuration(*text, &value) || value < min || value > max) {
    Problem(key, absl::StrCat("must be a duration with its unit in [", absl::FormatDuration(min),
                              ", ", absl::FormatDuration(max), "], got \"", *text, "\""));
    return fallback;
  }
  return value;
}

std::string YamlFields::ChoiceOr(absl::string_view key, absl::string_view fallback,
                                 const std::vector<std::string>& allowed) {
  const std::string* text = Scalar(key, "text");
  if (text == nullptr) {
    return std::string(fallback);
  }
  if (std::find(allowed.begin(), allowed.end(), *text) == allowed.end()) {
    Problem(key, absl::StrCat("is \"", *text, "\"; allowed: ", absl::StrJoin(allowed, ", ")));
    return std::string(fallback);
  }
  return *text;
}

std::vector<std::string> YamlFields::TextList(absl::string_view key) {
  std::vector<std::string> texts;
  ForEach(key, [&](const YamlNode& item, const std::string& path) {
    if (item.kind != YamlNode::Kind::kScalar) {
      problems_.Add(item.line, absl::StrCat(path, " must be text, got ", Shown(item)));
      return;
    }
    texts.push_back(item.scalar);
  });
  return texts;
}

void YamlFields::ForEach(absl::string_view key,
                         const std::function<void(const YamlNode& item, std::string path)>& read) {
  const YamlNode* list = Find(key);
  if (list == nullptr) {
    return;
  }
  if (list->kind != YamlNode::Kind::kSequence) {
    Problem(key, absl::StrCat("must be a list, got ", Shown(*list)));
    return;
  }
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    read(list->items[i], absl::StrCat(PathOf(key), "[", i, "]"));
  }
}

void YamlFields::Finish() {
  for (const YamlKey& key : node_.keys) {
    if (std::find(known_.begin(), known_.end(), key.name) == known_.end()) {
      Problem(key.name,
              absl::StrCat("is an unknown key; allowed here: ", absl::StrJoin(known_, ", ")));
    }
  }
}

}  // namespace roomkeeper
