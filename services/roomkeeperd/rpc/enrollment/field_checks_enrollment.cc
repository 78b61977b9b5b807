#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "roomkeeper/v1/enrollment.pb.h"

#include "lib/auth/enrollment_code.h"
#include "lib/cleanroom/sharing_identifier.h"
#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/field_checks.h"

namespace roomkeeper::check {
namespace {

using Found = std::optional<std::string>;

constexpr int kListedMax = 50;
constexpr std::int64_t kRoomsMax = 100000;
constexpr std::int64_t kUsesMax = 1000;
constexpr std::size_t kDomainBytesMax = 253;
constexpr std::size_t kRegionBytesMax = 64;

Found InRange(const FieldView& field, std::int64_t most) {
  if (field.number() >= 0 && field.number() <= most) {
    return std::nullopt;
  }
  return absl::StrCat("must be in [0, ", most, "], got ", field.number());
}

bool IsWord(absl::string_view text, absl::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [more](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           more.find(c) != absl::string_view::npos;
  });
}

// "aws", "aws:us-west-2" or a whole sharing identifier.
bool IsMetastorePrefix(const std::string& text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  if (parts.size() > 2) {
    return ParseSharingIdentifier(text).ok();
  }
  return text.size() <= kRegionBytesMax &&
         (parts[0] == "aws" || parts[0] == "azure" || parts[0] == "gcp") &&
         (parts.size() == 1 || IsWord(parts[1], "-"));
}

bool IsDomain(const std::string& text) {
  return text.size() <= kDomainBytesMax && IsWord(text, "-.") && absl::StrContains(text, '.');
}

Found Each(const FieldView& field, bool (*good)(const std::string&), absl::string_view wanted) {
  if (field.entries() > kListedMax) {
    return absl::StrCat("must have at most ", kListedMax, " entries, got ", field.entries());
  }
  for (int i = 0; i < field.entries(); ++i) {
    if (!good(field.text(i))) {
      return absl::StrCat("must be of ", wanted, "; entry ", i + 1, " is none");
    }
  }
  return std::nullopt;
}

Found OneOf(const FieldView& field, v1::EnrollmentPolicy a, v1::EnrollmentPolicy b) {
  if (field.number() == 0 || field.number() == a || field.number() == b) {
    return std::nullopt;
  }
  return absl::StrCat("must be ", v1::EnrollmentPolicy_Name(a), " or ",
                      v1::EnrollmentPolicy_Name(b), ", got ", field.number());
}

}  // namespace

Found PackageNames(const FieldView& field) {
  return Each(
      field,
      [](const std::string& text) {
        const auto path = ParsePackagePath(text);
        return path.has_value() && path->version.empty();
      },
      "\"packages/{package}\"");
}

Found RoomsMax(const FieldView& field) {
  return InRange(field, kRoomsMax);
}

Found BrandNameOrEmpty(const FieldView& field) {
  return field.text().empty() ? std::nullopt : BrandName(field);
}

Found EnrollmentCodeName(const FieldView& field) {
  return ParseEnrollmentCodeName(field.text()).has_value()
             ? std::nullopt
             : Found("must be \"enrollmentCodes/{enrollment_code}\"");
}

Found EnrollmentName(const FieldView& field) {
  return ParseEnrollmentName(field.text()).has_value()
             ? std::nullopt
             : Found("must be \"enrollments/{enrollment}\"");
}

Found PolicyOfWanted(const FieldView& field) {
  return OneOf(field, v1::ENROLLMENT_POLICY_APPROVE, v1::ENROLLMENT_POLICY_HOLD);
}

Found PolicyOfOthers(const FieldView& field) {
  return OneOf(field, v1::ENROLLMENT_POLICY_REFUSE, v1::ENROLLMENT_POLICY_HOLD);
}

Found UsesMax(const FieldView& field) {
  return InRange(field, kUsesMax);
}

Found TimestampSet(const FieldView& field) {
  return field.present() ? Timestamp(field) : Found("must be set");
}

Found MetastorePrefixes(const FieldView& field) {
  return Each(field, IsMetastorePrefix, "<cloud>, <cloud>:<region> and <cloud>:<region>:<uuid>");
}

Found EmailDomains(const FieldView& field) {
  return Each(field, IsDomain, "lower-case domains such as acme.example");
}

Found PresentedSecret(const FieldView& field) {
  return field.text().empty() ? Found("must be the enrolment code that the operator gave, rke_…")
                              : std::nullopt;
}

Found ClientNonce(const FieldView& field) {
  return IsClientNonce(field.text())
             ? std::nullopt
             : Found("must be 32 to 64 of [A-Za-z0-9_-], made at random by the app");
}

}  // namespace roomkeeper::check
