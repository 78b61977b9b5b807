#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <utility>

namespace roomkeeper {

// Empties a text and overwrites what it held, for buffers that a secret had to pass through.
inline void Wipe(std::string& text) noexcept {
  volatile char* bytes = text.data();  // volatile: the stores must not be optimised away
  for (std::size_t i = 0; i < text.size(); ++i) {
    bytes[i] = 0;
  }
  text.clear();
}

// Text that must not be seen: it prints as ***, cannot be compared, and is overwritten when it
// goes. It leaves only through Reveal(), which tests/lint allows in lib/http,
// lib/databricks/oauth, lib/auth and the connectors.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      Wipe(value_);
      value_ = other.value_;
    }
    return *this;
  }
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { Wipe(other.value_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      Wipe(value_);
      value_ = std::move(other.value_);
      Wipe(other.value_);
    }
    return *this;
  }
  ~Secret() { Wipe(value_); }

  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

  bool operator==(const Secret&) const = delete;
  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

 private:
  std::string value_;
};

}  // namespace roomkeeper
