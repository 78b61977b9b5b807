#include "services/roomkeeperd/rpc/field_checks.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "roomkeeper/v1/brand.pb.h"

#include "lib/auth/caller_pins.h"
#include "lib/cleanroom/sharing_identifier.h"
#include "lib/model/freeze.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

constexpr std::int64_t kPageSizeMax = 1000;
constexpr std::int64_t kJobsInFlightMax = 10000;
constexpr std::int32_t kCiRoomsMax = 1000;
constexpr std::int64_t kWaitSecondsMax = 3600;
constexpr std::size_t kRequestIdLengthMax = 64;
constexpr std::size_t kNotebookNameBytesMax = 255;
constexpr std::size_t kPageTokenBytesMax = 100;
constexpr std::size_t kVersionLengthMax = 64;
constexpr std::size_t kShownBytesMax = 100;
constexpr std::int64_t kTtlSecondsMax = 366 * 86400;
constexpr std::int64_t kTimestampSecondsMax = 253402300799;  // 9999-12-31, as the type documents

std::string Got(absl::string_view text) {
  return absl::StrCat(", got \"", absl::Utf8SafeCHexEscape(text.substr(0, kShownBytesMax)),
                      text.size() > kShownBytesMax ? "…\"" : "\"");
}

bool IsWordChar(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '_' || c == '-';
}

std::optional<std::string> Unless(bool good, absl::string_view wanted, absl::string_view text) {
  return good ? std::nullopt
              : std::optional<std::string>(absl::StrCat("must be ", wanted, Got(text)));
}

// A sentence that begins with the field's own name, without it.
std::optional<std::string> FromStatus(const absl::Status& status, const std::string& field) {
  if (status.ok()) {
    return std::nullopt;
  }
  absl::string_view message = status.message();
  absl::ConsumePrefix(&message, field);
  return std::string(absl::StripAsciiWhitespace(message));
}

constexpr char kBrandForm[] = "\"brands/{brand}\" with ids of [a-z][a-z0-9-]{0,39}";
constexpr char kInstallForm[] =
    "\"brands/{brand}/installs/{install}\" with ids of [a-z][a-z0-9-]{0,39}";
constexpr char kRoomForm[] = "\"brands/{brand}/installs/{install}/cleanRooms/{clean_room}\"";

}  // namespace

std::string FieldView::text() const {
  return owner_.GetReflection()->GetString(owner_, &field_);
}

std::int64_t FieldView::number() const {
  const auto* reflection = owner_.GetReflection();
  const auto type = field_.cpp_type();
  if (type == google::protobuf::FieldDescriptor::CPPTYPE_INT32) {
    return reflection->GetInt32(owner_, &field_);
  }
  return type == google::protobuf::FieldDescriptor::CPPTYPE_ENUM
             ? reflection->GetEnumValue(owner_, &field_)
             : reflection->GetInt64(owner_, &field_);
}

bool FieldView::present() const {
  return owner_.GetReflection()->HasField(owner_, &field_);
}

const google::protobuf::Message& FieldView::message() const {
  return owner_.GetReflection()->GetMessage(owner_, &field_);
}

int FieldView::entries() const {
  return owner_.GetReflection()->FieldSize(owner_, &field_);
}

std::string FieldView::text(int i) const {
  return owner_.GetReflection()->GetRepeatedString(owner_, &field_, i);
}

std::pair<std::string, std::string> FieldView::entry(int i) const {
  const auto& row = owner_.GetReflection()->GetRepeatedMessage(owner_, &field_, i);
  const auto& type = *row.GetDescriptor();
  const auto& reflection = *row.GetReflection();
  return {reflection.GetString(row, type.FindFieldByNumber(1)),
          reflection.GetString(row, type.FindFieldByNumber(2))};
}

namespace check {

using Found = std::optional<std::string>;

Found Anything(const FieldView&) {
  return std::nullopt;
}

Found BrandName(const FieldView& field) {
  const auto path = ParseBrandPath(field.text());
  return Unless(path && path->install.empty(), kBrandForm, field.text());
}

Found InstallName(const FieldView& field) {
  const auto path = ParseBrandPath(field.text());
  return Unless(path && !path->install.empty(), kInstallForm, field.text());
}

Found InstallNameOrEmpty(const FieldView& field) {
  const std::string text = field.text();
  const auto path = ParseBrandPath(text);
  return Unless(text.empty() || (path && !path->install.empty()), kInstallForm, text);
}

Found BrandPathOrEmpty(const FieldView& field) {
  const std::string text = field.text();
  return Unless(text.empty() || ParseBrandPath(text),
                "empty, \"brands/{brand}\" or \"brands/{brand}/installs/{install}\"", text);
}

Found AnyParent(const FieldView& field) {
  const std::string text = field.text();
  return Unless(text.empty() || ParseBrandPath(text) || ParseRoomName(text),
                "empty, or the name of a brand, install or clean room", text);
}

Found RoomName(const FieldView& field) {
  return Unless(ParseRoomName(field.text()).has_value(), kRoomForm, field.text());
}

Found JobName(const FieldView& field) {
  return Unless(ParseJobName(field.text()).has_value(), "\"jobs/{job}\"", field.text());
}

Found ApiKeyName(const FieldView& field) {
  return Unless(ParseApiKeyName(field.text()).has_value(), "\"apiKeys/{api_key}\"", field.text());
}

Found PackageName(const FieldView& field) {
  const auto path = ParsePackagePath(field.text());
  return Unless(path && path->version.empty(),
                "\"packages/{package}\" with an id of [a-z][a-z0-9-]{0,39}", field.text());
}

Found PackageNameOrEmpty(const FieldView& field) {
  return field.text().empty() ? std::nullopt : PackageName(field);
}

Found PackagePath(const FieldView& field) {
  return Unless(ParsePackagePath(field.text()).has_value(),
                "\"packages/{package}\" or \"packages/{package}/versions/{version}\"",
                field.text());
}

Found ShortId(const FieldView& field) {
  return Unless(IsShortId(field.text()), "[a-z][a-z0-9-]{0,39}", field.text());
}

Found ShortIdOrEmpty(const FieldView& field) {
  return field.text().empty() ? std::nullopt : ShortId(field);
}

Found CleanRoomIdOrEmpty(const FieldView& field) {
  return Unless(field.text().empty() || IsCleanRoomId(field.text()),
                "empty or [a-z][a-z0-9-]{0,62}", field.text());
}

Found Version(const FieldView& field) {
  const std::string text = field.text();
  return Unless(!text.empty() && text.size() <= kVersionLengthMax &&
                    std::all_of(text.begin(), text.end(),
                                [](char c) { return IsWordChar(c) || c == '.' || c == '+'; }),
                "a semantic version of at most 64 characters", text);
}

Found VersionOrEmpty(const FieldView& field) {
  return field.text().empty() ? std::nullopt : Version(field);
}

Found AliasOrEmpty(const FieldView& field) {
  return Unless(field.text().empty() || IsAlias(field.text()), "empty or [a-z][a-z0-9_]{0,62}",
                field.text());
}

Found DisplayName(const FieldView& field) {
  return Unless(IsPlainText(field.text(), kShortTextBytesMax),
                "at most 200 bytes without control characters", field.text());
}

Found PlatformRoomName(const FieldView& field) {
  return Unless(!field.text().empty() && IsPlainText(field.text(), kNotebookNameBytesMax),
                "the platform's name of a clean room, at most 255 bytes", field.text());
}

Found FreezeScope(const FieldView& field) {
  return Unless(IsFreezeScope(field.text()),
                "\"brands/{brand}\", \"shards/{shard}\" or \"everything\"", field.text());
}

Found FreezeReason(const FieldView& field) {
  return Unless(!field.text().empty() && IsPlainText(field.text(), kShortTextBytesMax),
                "1 to 200 bytes without control characters", field.text());
}

Found AuditText(const FieldView& field) {
  return Unless(IsPlainText(field.text(), kShortTextBytesMax),
                "at most 200 bytes without control characters", field.text());
}

Found HashOrEmpty(const FieldView& field) {
  const std::string text = field.text();
  const bool hash =
      text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
  return Unless(text.empty() || hash, "empty or 64 lower-case hex digits", text);
}

Found NotebookNameOrEmpty(const FieldView& field) {
  return Unless(IsPlainText(field.text(), kNotebookNameBytesMax),
                "empty or a notebook's name of at most 255 bytes", field.text());
}

Found Labels(const FieldView& field) {
  if (field.entries() > kLabelsMax) {
    return absl::StrCat("must have at most ", kLabelsMax, " entries, got ", field.entries());
  }
  for (int i = 0; i < field.entries(); ++i) {
    const auto [key, value] = field.entry(i);
    if (!IsLabelKey(key)) {
      return absl::StrCat("must have keys of [a-z][a-z0-9_-]{0,62}", Got(key));
    }
    if (!IsPlainText(value, kLabelValueBytesMax)) {
      return absl::StrCat("must have values of at most 63 bytes without control characters",
                          Got(value), " for ", key);
    }
  }
  return std::nullopt;
}

Found RequestId(const FieldView& field) {
  const std::string text = field.text();
  const bool good =
      text.size() <= kRequestIdLengthMax && std::all_of(text.begin(), text.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
      });
  return Unless(good, "a UUID, or at most 64 of [A-Za-z0-9_-]", text);
}

Found Etag(const FieldView& field) {
  const std::string text = field.text();
  const bool good = text.size() <= 18 && std::all_of(text.begin(), text.end(), [](char c) {
                      return absl::ascii_isdigit(static_cast<unsigned char>(c));
                    });
  return Unless(good && text != "0", "empty or an etag as this server gave it", text);
}

Found PageToken(const FieldView& field) {
  return Unless(field.text().size() <= kPageTokenBytesMax,
                "empty or a next_page_token as this server gave it", field.text());
}

Found MetastoreId(const FieldView& field) {
  return FromStatus(ParseSharingIdentifier(field.text()).status(), "global_metastore_id");
}

Found MetastoreIdOrEmpty(const FieldView& field) {
  return field.text().empty() ? std::nullopt : MetastoreId(field);
}

Found Email(const FieldView& field) {
  return FromStatus(ValidateInviteRecipientEmail(field.text()), "invite_recipient_email");
}

Found EmailOrEmpty(const FieldView& field) {
  return field.text().empty() ? std::nullopt : Email(field);
}

Found WorkspaceId(const FieldView& field) {
  return FromStatus(ValidateInviteRecipientWorkspaceId(field.number()),
                    "invite_recipient_workspace_id");
}

Found WorkspaceIdOrZero(const FieldView& field) {
  return field.number() == 0 ? std::nullopt : WorkspaceId(field);
}

Found PageSize(const FieldView& field) {
  if (field.number() >= 0 && field.number() <= kPageSizeMax) {
    return std::nullopt;
  }
  return absl::StrCat("must be in [0, ", kPageSizeMax, "], got ", field.number());
}

Found Sequence(const FieldView& field) {
  if (field.number() >= 0) {
    return std::nullopt;
  }
  return absl::StrCat("must not be negative, got ", field.number());
}

Found JobsInFlightMax(const FieldView& field) {
  if (field.number() >= 0 && field.number() <= kJobsInFlightMax) {
    return std::nullopt;
  }
  return absl::StrCat("must be in [0, ", kJobsInFlightMax, "], got ", field.number());
}

Found KnownEnum(const FieldView& field) {
  const auto* type = field.descriptor().enum_type();
  if (type->FindValueByNumber(static_cast<int>(field.number())) != nullptr) {
    return std::nullopt;
  }
  return absl::StrCat("must be a value of ", std::string(type->full_name()), ", got ",
                      field.number());
}

Found WaitTimeout(const FieldView& field) {
  if (!field.present()) {
    return std::nullopt;
  }
  google::protobuf::Duration timeout;
  timeout.CopyFrom(field.message());
  const bool positive = timeout.seconds() > 0 || (timeout.seconds() == 0 && timeout.nanos() > 0);
  const bool below = timeout.seconds() < kWaitSecondsMax ||
                     (timeout.seconds() == kWaitSecondsMax && timeout.nanos() == 0);
  if (positive && below && timeout.nanos() >= 0) {
    return std::nullopt;
  }
  return absl::StrCat("must be in (0 s, 3600 s], got ", timeout.seconds(), " s and ",
                      timeout.nanos(), " ns");
}

Found Timestamp(const FieldView& field) {
  if (!field.present()) {
    return std::nullopt;
  }
  google::protobuf::Timestamp time;
  time.CopyFrom(field.message());
  if (time.seconds() > 0 && time.seconds() <= kTimestampSecondsMax && time.nanos() >= 0 &&
      time.nanos() < 1000000000) {
    return std::nullopt;
  }
  return absl::StrCat("must be a time between 1970 and 9999, got ", time.seconds(), " s and ",
                      time.nanos(), " ns");
}

Found Ttl(const FieldView& field) {
  if (!field.present()) {
    return std::nullopt;
  }
  google::protobuf::Duration ttl;
  ttl.CopyFrom(field.message());
  const bool positive = ttl.seconds() > 0 || (ttl.seconds() == 0 && ttl.nanos() > 0);
  if (positive && ttl.seconds() <= kTtlSecondsMax && ttl.nanos() >= 0 && ttl.nanos() < 1000000000) {
    return std::nullopt;
  }
  return absl::StrCat("must be in (0 s, ", kTtlSecondsMax, " s], got ", ttl.seconds(), " s and ",
                      ttl.nanos(), " ns");
}

Found Grace(const FieldView& field) {
  if (!field.present()) {
    return std::nullopt;
  }
  google::protobuf::Duration grace;
  grace.CopyFrom(field.message());
  const bool zero = grace.seconds() == 0 && grace.nanos() == 0;
  return zero ? std::nullopt : Ttl(field);
}

Found BrandUpdateMask(const FieldView& field) {
  google::protobuf::FieldMask mask;
  mask.CopyFrom(field.message());
  for (const std::string& path : mask.paths()) {
    if (path != "display_name" && path != "labels" && path != "jobs_in_flight_max") {
      return absl::StrCat("must be of display_name, labels, jobs_in_flight_max", Got(path));
    }
  }
  return std::nullopt;
}

Found TokenIdentityOrUnset(const FieldView& field) {
  if (!field.present()) {
    return std::nullopt;
  }
  v1::TokenIdentity identity;
  identity.CopyFrom(field.message());
  return FromStatus(CheckTokenPin({.issuer = identity.issuer(),
                                   .subject = identity.client_id(),
                                   .audience = identity.audience()}),
                    "");
}

Found CertificateSanOrEmpty(const FieldView& field) {
  return FromStatus(CheckCertificateSan(field.text()), "");
}

Found InstallUpdateMask(const FieldView& field) {
  google::protobuf::FieldMask mask;
  mask.CopyFrom(field.message());
  for (const std::string& path : mask.paths()) {
    if (path != "token_identity" && path != "certificate_san" && path != "packages" &&
        path != "rooms_max") {
      return absl::StrCat("must be of token_identity, certificate_san, packages, rooms_max",
                          Got(path));
    }
  }
  return std::nullopt;
}

Found CiScopeOrUnset(const FieldView& field) {
  if (!field.present()) {
    return std::nullopt;
  }
  v1::CiScope ci;
  ci.CopyFrom(field.message());
  if (!IsLabelKey(ci.label_key())) {
    return absl::StrCat("must have a label_key of [a-z][a-z0-9_-]{0,62}", Got(ci.label_key()));
  }
  if (ci.label_value().empty() || !IsPlainText(ci.label_value(), kLabelValueBytesMax)) {
    return absl::StrCat("must have a label_value of 1 to 63 bytes without control characters",
                        Got(ci.label_value()));
  }
  if (ci.rooms_max() < 1 || ci.rooms_max() > kCiRoomsMax) {
    return absl::StrCat("must have rooms_max in [1, ", kCiRoomsMax, "], got ", ci.rooms_max());
  }
  if (!ci.has_ttl_max()) {
    return "must have a ttl_max";
  }
  const auto* ttl_max =
      v1::CiScope::descriptor()->FindFieldByNumber(v1::CiScope::kTtlMaxFieldNumber);
  const auto wrong = Ttl(FieldView(ci, *ttl_max));
  return wrong ? std::optional(absl::StrCat("has a ttl_max that ", *wrong)) : std::nullopt;
}

}  // namespace check
}  // namespace roomkeeper
