#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

#include "lib/base/secret.h"

namespace roomkeeper {

// Thin, thread-safe and non-blocking wrappers of OpenSSL; hex is lower case.
std::string Sha256Hex(absl::string_view data);
std::string HmacSha256Hex(const Secret& key, absl::string_view data);

// `n` bytes from the operating system's generator. Ends the process if there is no entropy source.
std::string RandomBytes(std::size_t n);
// `n` bytes of entropy as lower-case Crockford base32 (no i, l, o, u): for ids and keys that people
// read aloud.
std::string RandomBase32(std::size_t n);
std::string Base32Crockford(absl::string_view bytes);

// Takes the same time whatever the contents, for equal lengths.
bool ConstantTimeEquals(absl::string_view a, absl::string_view b);

}  // namespace roomkeeper
