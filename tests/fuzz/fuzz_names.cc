// Names and addresses that callers type. What is read is written the same way again.

#include "absl/strings/str_cat.h"

#include "lib/cleanroom/naming.h"
#include "lib/cleanroom/sharing_identifier.h"
#include "lib/model/resource_name.h"
#include "tests/fuzz/fuzz.h"

namespace roomkeeper::testing {
namespace {

void ReadSharingIdentifier(const std::string& text) {
  if (const auto id = ParseSharingIdentifier(text); id.ok()) {
    Require(
        ParseSharingIdentifier(absl::StrCat(id->cloud, ":", id->region, ":", id->metastore_uuid))
            .ok());
  }
}

void ReadEmail(const std::string& text) {
  if (ValidateInviteRecipientEmail(text).ok()) {
    Require(text.find('@') != std::string::npos && text.find('\n') == std::string::npos);
  }
}

void ReadBrandPath(const std::string& text) {
  if (const auto path = ParseBrandPath(text); path.has_value()) {
    Require(path->install.empty() ? FormatName(path->brand) == text
                                  : FormatName(path->brand, path->install) == text);
  }
}

void ReadRoomName(const std::string& text) {
  if (const auto key = ParseRoomName(text); key.has_value()) {
    Require(FormatName(*key) == text);
  }
}

void ReadJobName(const std::string& text) {
  if (const auto id = ParseJobName(text); id.has_value()) {
    Require(FormatName(*id) == text);
  }
}

void ReadPackagePath(const std::string& text) {
  if (const auto path = ParsePackagePath(text); path.has_value()) {
    Require(path->version.empty() || FormatName(path->package, path->version) == text);
  }
}

// Of a name on the platform, where anybody may take any.
void ReadPlatformName(const std::string& text) {
  const BrandId brand("acme");
  if (const auto id = ReadCleanRoomId(brand, text); id.has_value()) {
    (void)GenerationOf("roomkeeper", {.brand = brand, .install = InstallId("prod"), .id = *id},
                       text);
  }
}

constexpr Reader kReaders[] = {ReadSharingIdentifier, ReadEmail,   ReadBrandPath,
                               ReadRoomName,          ReadJobName, ReadPackagePath,
                               ReadPlatformName};

}  // namespace
}  // namespace roomkeeper::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return roomkeeper::testing::ReadWith(roomkeeper::testing::kReaders, data, size);
}
