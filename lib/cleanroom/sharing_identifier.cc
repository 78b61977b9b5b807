#include "lib/cleanroom/sharing_identifier.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kShownBytesMax = 100;  // of a value inside an error message
constexpr std::size_t kRegionBytesMax = 64;
constexpr std::size_t kEmailBytesMax = 254;  // RFC 5321, 4.5.3.1.3

constexpr std::array kClouds = {"aws", "azure", "gcp"};

std::string Shown(absl::string_view text) {
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kShownBytesMax)),
                      text.size() > kShownBytesMax ? "…" : "", "\"");
}

bool IsLowerHex(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c)) || (c >= 'a' && c <= 'f');
}

bool IsUuid(absl::string_view text) {
  constexpr std::array<std::size_t, 4> kDashes = {8, 13, 18, 23};
  if (text.size() != 36) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = std::find(kDashes.begin(), kDashes.end(), i) != kDashes.end();
    if (dash ? text[i] != '-' : !IsLowerHex(text[i])) {
      return false;
    }
  }
  return true;
}

bool IsRegion(absl::string_view text) {
  return !text.empty() && text.size() <= kRegionBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
         });
}

absl::Status Refuse(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "global_metastore_id must be cloud:region:metastore-uuid, for example "
      "\"aws:us-west-2:11111111-1111-4111-8111-111111111111\" (SELECT CURRENT_METASTORE() shows "
      "it); got ",
      Shown(text), ": ", why));
}

bool IsMailText(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c)) && c != ',' && c != ';' && c != '<' &&
           c != '>' && c != '"';
  });
}

bool IsMailDomain(absl::string_view domain) {
  return absl::StrContains(domain, '.') && !absl::StartsWith(domain, ".") &&
         !absl::EndsWith(domain, ".") && !absl::StrContains(domain, "..") && IsMailText(domain);
}

}  // namespace

absl::StatusOr<SharingIdentifier> ParseSharingIdentifier(absl::string_view text) {
  if (text.empty()) {
    return Refuse(text, "it is empty");
  }
  if (absl::AsciiStrToLower(text) != text) {
    return Refuse(text, "it must be in lower case");
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  if (parts.size() > 3) {
    return Refuse(text,
                  "it has more than three parts; pass the workspace id and the e-mail address in "
                  "fields of their own");
  }
  if (parts.size() < 3) {
    return Refuse(text, IsUuid(text)
                            ? "it is only the metastore's UUID; put its cloud and region before it"
                            : "it has fewer than three parts");
  }
  if (std::find(kClouds.begin(), kClouds.end(), parts[0]) == kClouds.end()) {
    return Refuse(text, "the cloud must be aws, azure or gcp");
  }
  if (!IsRegion(parts[1])) {
    return Refuse(text, "the region must match [a-z0-9-]{1,64}");
  }
  if (!IsUuid(parts[2])) {
    return Refuse(text, "the third part must be a UUID");
  }
  return SharingIdentifier{.cloud = std::string(parts[0]),
                           .region = std::string(parts[1]),
                           .metastore_uuid = std::string(parts[2])};
}

absl::Status ValidateInviteRecipientEmail(absl::string_view email) {
  if (IsUuid(absl::AsciiStrToLower(email))) {
    return absl::InvalidArgumentError(
        absl::StrCat("invite_recipient_email must be the address of a person of the brand, got ",
                     Shown(email), ", which looks like the application id of a service principal"));
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(email, '@');
  if (email.size() > kEmailBytesMax || parts.size() != 2 || !IsMailText(parts[0]) ||
      !IsMailDomain(parts[1])) {
    return absl::InvalidArgumentError(absl::StrCat(
        "invite_recipient_email must be one e-mail address of a person of the brand, at most ",
        kEmailBytesMax, " bytes, got ", Shown(email)));
  }
  return absl::OkStatus();
}

absl::Status ValidateInviteRecipientWorkspaceId(std::int64_t workspace_id) {
  if (workspace_id <= 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "invite_recipient_workspace_id must be positive (the number in the workspace's URL), got ",
        workspace_id));
  }
  return absl::OkStatus();
}

}  // namespace roomkeeper
