#include "lib/cleanroom/naming.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "lib/crypto/digest.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kHashBytes = 20;  // 80 bits in hex: collisions are out of reach
constexpr absl::string_view kPrefix = "rk_";

std::string Readable(absl::string_view text) {
  std::string out = absl::AsciiStrToLower(text);
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return !absl::ascii_isalnum(static_cast<unsigned char>(c)); }, '_');
  return out;
}

}  // namespace

std::string PlatformRoomName(absl::string_view service_instance, const RoomKey& key,
                             std::int32_t generation) {
  // No part may contain a NUL, so no two identities share a text.
  const std::string identity =
      absl::StrCat(service_instance, absl::string_view("\0", 1), key.brand.value(),
                   absl::string_view("\0", 1), key.install.value(), absl::string_view("\0", 1),
                   key.id.value(), absl::string_view("\0", 1), generation);
  std::string name =
      absl::StrCat(kPrefix, Readable(key.brand.value()), "_", Readable(key.id.value()));
  name.resize(std::min(name.size(), kRoomNameBytesMax - kHashBytes - 1));
  return absl::StrCat(name, "_", Sha256Hex(identity).substr(0, kHashBytes));
}

std::int32_t GenerationOf(absl::string_view service_instance, const RoomKey& key,
                          absl::string_view room_name) {
  for (std::int32_t generation = 1; generation <= kGenerationMax; ++generation) {
    if (SamePlatformName(PlatformRoomName(service_instance, key, generation), room_name)) {
      return generation;
    }
  }
  return 0;
}

std::optional<CleanRoomId> ReadCleanRoomId(const BrandId& brand, absl::string_view room_name) {
  const std::string name = absl::AsciiStrToLower(room_name);
  const std::string prefix = absl::StrCat(kPrefix, Readable(brand.value()), "_");
  if (!absl::StartsWith(name, prefix) || name.size() < prefix.size() + 1 + kHashBytes) {
    return std::nullopt;
  }
  const std::string id = absl::StrReplaceAll(
      name.substr(prefix.size(), name.size() - prefix.size() - 1 - kHashBytes), {{"_", "-"}});
  return IsCleanRoomId(id) ? std::optional(CleanRoomId(id)) : std::nullopt;
}

std::string RoomAssetName(absl::string_view provider_alias, absl::string_view shared_name) {
  return absl::StrCat(provider_alias, ".", shared_name);
}

bool SamePlatformName(absl::string_view a, absl::string_view b) {
  return absl::EqualsIgnoreCase(a, b);
}

}  // namespace roomkeeper
