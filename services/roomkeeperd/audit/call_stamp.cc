#include "services/roomkeeperd/audit/call_stamp.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

#include "lib/commands/refusals.h"
#include "lib/model/refusal.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::size_t kNameBytesMax = 200;

bool IsOfToken(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
}

// How Databricks' tokens and secrets, JWTs, our own keys and enrolment codes begin, and enough
// behind it.
bool LooksLikeToken(absl::string_view text) {
  static constexpr std::array<absl::string_view, 5> kBegins = {"dapi", "dose", "eyJ", "rk_",
                                                               "rke_"};
  static constexpr std::ptrdiff_t kBehindMin = 8;
  return std::any_of(kBegins.begin(), kBegins.end(), [&](absl::string_view begin) {
    const std::size_t at = text.find(begin);
    if (at == absl::string_view::npos) {
      return false;
    }
    const absl::string_view behind = text.substr(at + begin.size());
    return std::find_if_not(behind.begin(), behind.end(), IsOfToken) - behind.begin() >= kBehindMin;
  });
}

bool IsName(absl::string_view text) {
  return text.size() <= kNameBytesMax && !LooksLikeToken(text) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  absl::string_view("/-_.").find(c) != absl::string_view::npos;
         });
}

std::string TextOf(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  const bool text = field != nullptr && !field->is_repeated() &&
                    field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  return text ? message.GetReflection()->GetString(message, field) : std::string();
}

// UpdateBrand names its brand inside the resource.
std::string NameOfBrand(const Message& message) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName("brand");
  const bool inside = field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
                      message.GetReflection()->HasField(message, field);
  return inside ? TextOf(message.GetReflection()->GetMessage(message, field), "name")
                : std::string();
}

ActorKind KindOf(const CallRecord& record) {
  if (!record.authenticated) {
    return ActorKind::kNobody;
  }
  return record.principal.IsOperator() ? ActorKind::kOperator : ActorKind::kBrand;
}

std::string ActorOf(const CallRecord& record) {
  return record.authenticated ? record.principal.Credential() : record.proven_caller;
}

}  // namespace

std::string AddressOf(absl::string_view peer) {
  if (!absl::ConsumePrefix(&peer, "ipv4:") && !absl::ConsumePrefix(&peer, "ipv6:")) {
    return std::string(peer.substr(0, kNameBytesMax));
  }
  return absl::StrReplaceAll(peer.substr(0, peer.rfind(':')),
                             {{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}, {"%25", "%"}});
}

absl::Status CheckOnBehalfOf(absl::string_view text) {
  if (!IsPlainText(text, kShortTextBytesMax)) {
    return InvalidField(kOnBehalfOf,
                        absl::StrCat("must be printable and at most ", kShortTextBytesMax,
                                     " bytes, got ", text.size(), " bytes"));
  }
  if (LooksLikeToken(text)) {
    return InvalidField(kOnBehalfOf,
                        "must say who the user is, not prove it: it looks like a token, which "
                        "must never be sent here");
  }
  return absl::OkStatus();
}

std::string ResourceOf(const Message& request) {
  std::string name = TextOf(request, "name");
  for (const char* field : {"parent", "scope"}) {
    name = name.empty() ? TextOf(request, field) : name;
  }
  name = name.empty() ? NameOfBrand(request) : name;
  if (const std::string brand = TextOf(request, "brand_id"); name.empty() && !brand.empty()) {
    name = absl::StrCat("brands/", brand);
  }
  return IsName(name) ? name : std::string();
}

AuditStampPtr StampOf(const CallRecord& record) {
  auto stamp = std::make_shared<AuditStamp>();
  stamp->actor_kind = KindOf(record);
  stamp->actor = ActorOf(record);
  stamp->brand = record.principal.brand;
  stamp->install = record.principal.install;
  stamp->on_behalf_of = record.on_behalf_of;
  stamp->method = record.method;
  stamp->request_id = record.request_id;
  stamp->trace_id = record.trace_id;
  stamp->peer = record.peer;
  return stamp;
}

AuditEntry EntryOf(const CallRecord& record, const absl::Status& status, absl::StatusCode code,
                   absl::Time now) {
  const Principal& principal = record.principal;
  const bool hidden =
      code == absl::StatusCode::kNotFound && record.authenticated && !principal.IsOperator();
  const bool denied = hidden || code == absl::StatusCode::kUnauthenticated ||
                      code == absl::StatusCode::kPermissionDenied;
  AuditEntry entry{.brand = principal.brand,
                   .at = now,
                   .until = now,
                   .actor_kind = KindOf(record),
                   .actor = ActorOf(record),
                   .install = principal.install,
                   .on_behalf_of = record.on_behalf_of,
                   .method = record.method,
                   .outcome = denied        ? AuditOutcome::kDenied
                              : status.ok() ? AuditOutcome::kNoChange
                                            : AuditOutcome::kRefused,
                   .code = absl::StatusCodeToString(code),
                   .reason = ReasonOf(status),
                   .request_id = record.request_id,
                   .trace_id = record.trace_id,
                   .peer = record.peer};
  if (record.request != nullptr) {
    entry.resource = ResourceOf(*record.request);
  }
  if (entry.resource.empty() && !principal.install.empty()) {
    entry.resource = FormatName(principal.brand, principal.install);
  }
  return entry;
}

}  // namespace roomkeeper
