#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "lib/model/clean_room.h"
#include "lib/model/ids.h"

namespace roomkeeper {

// Resource names as callers see them (AIP-122), and the alphabets of their parts. Pure.

// [a-z][a-z0-9-]{0,39}: brands, installs, packages.
bool IsShortId(absl::string_view text);
// [a-z][a-z0-9-]{0,62}: clean rooms.
bool IsCleanRoomId(absl::string_view text);
// [a-z][a-z0-9_]{0,62}: a brand's alias in its rooms.
bool IsAlias(absl::string_view text);
// [a-z][a-z0-9_-]{0,62}: keys of labels.
bool IsLabelKey(absl::string_view text);
// At most `bytes_max` bytes and no control character: what people call things.
bool IsPlainText(absl::string_view text, std::size_t bytes_max);
inline constexpr std::size_t kShortTextBytesMax = 200;
inline constexpr std::size_t kLabelValueBytesMax = 63;
inline constexpr int kLabelsMax = 32;
// 16 of lower-case Crockford base32: jobs, API keys, enrolment codes.
bool IsRandomId(absl::string_view text);

// "brands/{brand}/installs/{install}". An empty install: the brand as a whole.
struct BrandPath {
  BrandId brand = {};
  InstallId install = {};
  friend bool operator==(const BrandPath&, const BrandPath&) = default;
};

std::string FormatName(const BrandId& brand);                            // "brands/acme"
std::string FormatName(const BrandId& brand, const InstallId& install);  // "brands/acme/installs/i"
std::string FormatName(const RoomKey& room);             // "brands/acme/installs/i/cleanRooms/c"
std::string FormatName(const JobId& job);                // "jobs/0123456789abcdef"
std::string FormatName(const ApiKeyId& key);             // "apiKeys/0123456789abcdef"
std::string FormatName(const EnrollmentCodeId& code);    // "enrollmentCodes/0123456789abcdef"
std::string FormatName(const EnrollmentId& enrollment);  // "enrollments/0123456789abcdef"
std::string FormatName(const PackageName& name);         // "packages/p"
std::string FormatName(const PackageName& name, absl::string_view version);  // "…/versions/1.0.0"

// Nothing if the text has another form, or an id outside its alphabet.
std::optional<BrandPath> ParseBrandPath(absl::string_view name);  // of a brand or of an install
std::optional<RoomKey> ParseRoomName(absl::string_view name);
std::optional<JobId> ParseJobName(absl::string_view name);
std::optional<ApiKeyId> ParseApiKeyName(absl::string_view name);
std::optional<EnrollmentCodeId> ParseEnrollmentCodeName(absl::string_view name);
std::optional<EnrollmentId> ParseEnrollmentName(absl::string_view name);

struct PackagePath {
  PackageName package = {};
  std::string version = {};  // empty: all
};
std::optional<PackagePath> ParsePackagePath(absl::string_view name);

}  // namespace roomkeeper
