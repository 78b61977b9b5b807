#include "lib/model/resource_name.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kShortIdLengthMax = 40;
constexpr std::size_t kCleanRoomIdLengthMax = 63;
constexpr std::size_t kAliasLengthMax = 63;
constexpr std::size_t kRandomIdLength = 16;
constexpr std::size_t kVersionLengthMax = 64;

bool IsLower(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c));
}
bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}

bool IsId(absl::string_view text, std::size_t length_max) {
  return !text.empty() && text.size() <= length_max && IsLower(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
}

bool IsVersion(absl::string_view text) {
  return !text.empty() && text.size() <= kVersionLengthMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return IsLower(c) || IsDigit(c) || c == '.' || c == '-' || c == '+';
         });
}

// The values of "a/{}/b/{}", or nothing.
std::vector<absl::string_view> ValuesOf(absl::string_view name,
                                        const std::vector<absl::string_view>& collections) {
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '/');
  if (parts.size() != 2 * collections.size()) {
    return {};
  }
  std::vector<absl::string_view> values;
  for (std::size_t i = 0; i < collections.size(); ++i) {
    if (parts[2 * i] != collections[i]) {
      return {};
    }
    values.push_back(parts[2 * i + 1]);
  }
  return values;
}

// "<collection>/<random id>".
template <typename Id>
std::optional<Id> ParseRandom(absl::string_view name, absl::string_view collection) {
  const auto values = ValuesOf(name, {collection});
  return values.empty() || !IsRandomId(values[0]) ? std::nullopt : std::optional<Id>(values[0]);
}

}  // namespace

bool IsShortId(absl::string_view text) {
  return IsId(text, kShortIdLengthMax);
}
bool IsCleanRoomId(absl::string_view text) {
  return IsId(text, kCleanRoomIdLengthMax);
}
bool IsLabelKey(absl::string_view text) {
  return !text.empty() && text.size() <= kAliasLengthMax && IsLower(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '_' || c == '-'; });
}
bool IsAlias(absl::string_view text) {
  return IsLabelKey(text) && !absl::StrContains(text, '-');
}
bool IsPlainText(absl::string_view text, std::size_t bytes_max) {
  return text.size() <= bytes_max && std::none_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_iscntrl(static_cast<unsigned char>(c));
         });
}
bool IsRandomId(absl::string_view text) {
  return text.size() == kRandomIdLength && std::all_of(text.begin(), text.end(), [](char c) {
           return IsDigit(c) || (IsLower(c) && c != 'i' && c != 'l' && c != 'o' && c != 'u');
         });
}

std::string FormatName(const BrandId& brand) {
  return absl::StrCat("brands/", brand.value());
}
std::string FormatName(const BrandId& brand, const InstallId& install) {
  return install.empty() ? FormatName(brand)
                         : absl::StrCat(FormatName(brand), "/installs/", install.value());
}
std::string FormatName(const RoomKey& room) {
  return absl::StrCat(FormatName(room.brand, room.install), "/cleanRooms/", room.id.value());
}
std::string FormatName(const JobId& job) {
  return absl::StrCat("jobs/", job.value());
}
std::string FormatName(const ApiKeyId& key) {
  return absl::StrCat("apiKeys/", key.value());
}
std::string FormatName(const EnrollmentCodeId& code) {
  return absl::StrCat("enrollmentCodes/", code.value());
}
std::string FormatName(const EnrollmentId& enrollment) {
  return absl::StrCat("enrollments/", enrollment.value());
}
std::string FormatName(const PackageName& name) {
  return absl::StrCat("packages/", name.value());
}
std::string FormatName(const PackageName& name, absl::string_view version) {
  return absl::StrCat(FormatName(name), "/versions/", version);
}

std::optional<BrandPath> ParseBrandPath(absl::string_view name) {
  auto values = ValuesOf(name, {"brands"});
  if (values.empty()) {
    values = ValuesOf(name, {"brands", "installs"});
  }
  if (values.empty() || !std::all_of(values.begin(), values.end(), IsShortId)) {
    return std::nullopt;
  }
  return BrandPath{.brand = BrandId(values[0]),
                   .install = values.size() > 1 ? InstallId(values[1]) : InstallId()};
}

std::optional<RoomKey> ParseRoomName(absl::string_view name) {
  const auto values = ValuesOf(name, {"brands", "installs", "cleanRooms"});
  if (values.empty() || !IsShortId(values[0]) || !IsShortId(values[1]) ||
      !IsCleanRoomId(values[2])) {
    return std::nullopt;
  }
  return RoomKey{
      .brand = BrandId(values[0]), .install = InstallId(values[1]), .id = CleanRoomId(values[2])};
}

std::optional<JobId> ParseJobName(absl::string_view name) {
  return ParseRandom<JobId>(name, "jobs");
}
std::optional<ApiKeyId> ParseApiKeyName(absl::string_view name) {
  return ParseRandom<ApiKeyId>(name, "apiKeys");
}
std::optional<EnrollmentCodeId> ParseEnrollmentCodeName(absl::string_view name) {
  return ParseRandom<EnrollmentCodeId>(name, "enrollmentCodes");
}
std::optional<EnrollmentId> ParseEnrollmentName(absl::string_view name) {
  return ParseRandom<EnrollmentId>(name, "enrollments");
}

std::optional<PackagePath> ParsePackagePath(absl::string_view name) {
  auto values = ValuesOf(name, {"packages"});
  if (values.empty()) {
    values = ValuesOf(name, {"packages", "versions"});
  }
  if (values.empty() || !IsShortId(values[0]) || (values.size() > 1 && !IsVersion(values[1]))) {
    return std::nullopt;
  }
  return PackagePath{.package = PackageName(values[0]),
                     .version = values.size() > 1 ? std::string(values[1]) : std::string()};
}

}  // namespace roomkeeper
