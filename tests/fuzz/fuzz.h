#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace roomkeeper::testing {

// One reader of a stranger's text. It may refuse anything; it must not crash, hang or take a text
// for what it is not.
using Reader = void (*)(const std::string& text);

// The input's first byte picks the reader, so that one corpus and one program serve several.
inline int ReadWith(absl::Span<const Reader> readers, const std::uint8_t* data, std::size_t size) {
  if (size > 0) {
    readers[data[0] % readers.size()](std::string(data + 1, data + size));
  }
  return 0;
}

// What must hold for each input.
inline void Require(bool holds) {
  if (!holds) {
    std::abort();  // libFuzzer keeps the input
  }
}

}  // namespace roomkeeper::testing

// libFuzzer's entry.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
