#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace roomkeeper {

// One field of a request, to be looked at.
class FieldView {
 public:
  FieldView(const google::protobuf::Message& owner, const google::protobuf::FieldDescriptor& field)
      : owner_(owner), field_(field) {}

  std::string text() const;
  std::int64_t number() const;  // of an int32, int64 or enum
  bool present() const;         // of a message
  const google::protobuf::Message& message() const;
  const google::protobuf::FieldDescriptor& descriptor() const { return field_; }
  // Of a repeated field or a map<string, string>.
  int entries() const;
  std::string text(int i) const;  // of a repeated string
  std::pair<std::string, std::string> entry(int i) const;

 private:
  const google::protobuf::Message& owner_;
  const google::protobuf::FieldDescriptor& field_;
};

// What is wrong with the field ("must be …, got …"), or nothing. Pure.
using FieldCheck = std::optional<std::string> (*)(const FieldView&);

namespace check {

std::optional<std::string> Anything(const FieldView& field);
// Resource names.
std::optional<std::string> BrandName(const FieldView& field);
std::optional<std::string> InstallName(const FieldView& field);
std::optional<std::string> InstallNameOrEmpty(const FieldView& field);
std::optional<std::string> BrandPathOrEmpty(const FieldView& field);  // of a brand or an install
std::optional<std::string> AnyParent(const FieldView& field);         // … or a clean room
std::optional<std::string> RoomName(const FieldView& field);
std::optional<std::string> JobName(const FieldView& field);
std::optional<std::string> ApiKeyName(const FieldView& field);
std::optional<std::string> PackageName(const FieldView& field);
std::optional<std::string> PackageNameOrEmpty(const FieldView& field);
std::optional<std::string> PackagePath(const FieldView& field);  // of a package or a version
// Ids and words.
std::optional<std::string> ShortId(const FieldView& field);
std::optional<std::string> ShortIdOrEmpty(const FieldView& field);
std::optional<std::string> CleanRoomIdOrEmpty(const FieldView& field);
std::optional<std::string> Version(const FieldView& field);
std::optional<std::string> VersionOrEmpty(const FieldView& field);
std::optional<std::string> AliasOrEmpty(const FieldView& field);
std::optional<std::string> DisplayName(const FieldView& field);
std::optional<std::string> PlatformRoomName(const FieldView& field);
std::optional<std::string> FreezeScope(const FieldView& field);
std::optional<std::string> FreezeReason(const FieldView& field);
std::optional<std::string> NotebookNameOrEmpty(const FieldView& field);
std::optional<std::string> AuditText(const FieldView& field);
std::optional<std::string> HashOrEmpty(const FieldView& field);
std::optional<std::string> Labels(const FieldView& field);
std::optional<std::string> RequestId(const FieldView& field);
std::optional<std::string> Etag(const FieldView& field);
std::optional<std::string> PageToken(const FieldView& field);
// The invitee.
std::optional<std::string> MetastoreId(const FieldView& field);
std::optional<std::string> MetastoreIdOrEmpty(const FieldView& field);
std::optional<std::string> Email(const FieldView& field);
std::optional<std::string> EmailOrEmpty(const FieldView& field);
std::optional<std::string> WorkspaceId(const FieldView& field);
std::optional<std::string> WorkspaceIdOrZero(const FieldView& field);
// Numbers, enums, times.
std::optional<std::string> PageSize(const FieldView& field);
std::optional<std::string> Sequence(const FieldView& field);
std::optional<std::string> JobsInFlightMax(const FieldView& field);
std::optional<std::string> KnownEnum(const FieldView& field);
std::optional<std::string> WaitTimeout(const FieldView& field);
std::optional<std::string> Timestamp(const FieldView& field);
std::optional<std::string> Ttl(const FieldView& field);
std::optional<std::string> Grace(const FieldView& field);
std::optional<std::string> BrandUpdateMask(const FieldView& field);
// As whom an install's app may call.
std::optional<std::string> TokenIdentityOrUnset(const FieldView& field);
std::optional<std::string> CertificateSanOrEmpty(const FieldView& field);
std::optional<std::string> InstallUpdateMask(const FieldView& field);
// What it may have.
std::optional<std::string> PackageNames(const FieldView& field);
std::optional<std::string> RoomsMax(const FieldView& field);
// Enrolment codes (rpc/enrollment/field_checks_enrollment.cc).
std::optional<std::string> BrandNameOrEmpty(const FieldView& field);
std::optional<std::string> EnrollmentCodeName(const FieldView& field);
std::optional<std::string> EnrollmentName(const FieldView& field);
std::optional<std::string> PolicyOfWanted(const FieldView& field);
std::optional<std::string> PolicyOfOthers(const FieldView& field);
std::optional<std::string> UsesMax(const FieldView& field);
std::optional<std::string> TimestampSet(const FieldView& field);
std::optional<std::string> MetastorePrefixes(const FieldView& field);
std::optional<std::string> EmailDomains(const FieldView& field);
// Of secrets: what was seen is not told.
std::optional<std::string> PresentedSecret(const FieldView& field);
std::optional<std::string> ClientNonce(const FieldView& field);
std::optional<std::string> CiScopeOrUnset(const FieldView& field);

}  // namespace check
}  // namespace roomkeeper
