#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace roomkeeper::wire {

// A JSON text whose one long string goes past the JSON library, which takes strings byte by byte: a
// notebook's content is most of the bytes of an answer, and was a third of the CPU of a room.
// For text that JSON need not escape, as base64.

// Stands for the text; no base64 contains it.
inline constexpr absl::string_view kLongText = "@";

struct Lifted {
  std::string json;        // with kLongText for the value that was lifted
  absl::string_view text;  // into the body; empty: nothing was lifted
};

// Lifts the first value of member `key`, unless it holds an escape. `body` outlives the result.
Lifted LiftLongText(absl::string_view body, absl::string_view key);

// `json` with `text` for the kLongText that is the value of member `key`; unchanged if it has none.
std::string PutLongText(absl::string_view json, absl::string_view key, absl::string_view text);

}  // namespace roomkeeper::wire
