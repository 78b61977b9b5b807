#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/config/config.h"
#include "lib/config/config_schema.h"

namespace roomkeeper {
namespace {

// A visitor that writes down each key and the value it finds.
class Lister {
 public:
  Lister(std::string prefix, std::vector<ConfigKey>& keys)
      : prefix_(std::move(prefix)), keys_(keys) {}

  void Text(absl::string_view key, const std::string& value) { Put(key, value); }
  void Texts(absl::string_view key, const std::vector<std::string>& /*none by default*/) {
    Put(key, "[]");
  }
  void Required(absl::string_view key, const std::string& value) { Put(key, value); }
  void Flag(absl::string_view key, bool value) { Put(key, value ? "true" : "false"); }
  void Int(absl::string_view key, std::int64_t value, std::int64_t /*min*/, std::int64_t /*max*/) {
    Put(key, absl::StrCat(value));
  }
  void Number(absl::string_view key, double value, double /*min*/, double /*max*/) {
    Put(key, absl::StrCat(value));
  }
  void Duration(absl::string_view key, absl::Duration value, absl::Duration /*min*/,
                absl::Duration /*max*/) {
    Put(key, absl::FormatDuration(value));
  }
  template <typename E>
  void Choice(absl::string_view key, E value, config_internal::Choices<E> choices) {
    for (const auto& [name, choice] : choices) {
      if (choice == value) {
        Put(key, std::string(name));
      }
    }
  }
  template <typename S>
  void Section(absl::string_view key, S& section) {
    Lister inner(absl::StrCat(prefix_, key, "."), keys_);
    config_internal::Visit(section, inner);
  }
  template <typename S>
  void List(absl::string_view key, const std::vector<S>& /*items*/) {
    S item = {};
    Lister inner(absl::StrCat(prefix_, key, "[]."), keys_);
    config_internal::Visit(item, inner);
  }

 private:
  void Put(absl::string_view key, std::string value) {
    keys_.push_back({absl::StrCat(prefix_, key), std::move(value)});
  }

  std::string prefix_;
  std::vector<ConfigKey>& keys_;
};

}  // namespace

std::vector<ConfigKey> ListConfigKeys() {
  std::vector<ConfigKey> keys;
  Lister lister("", keys);
  Config config;
  config_internal::Visit(config, lister);
  return keys;
}

}  // namespace roomkeeper
