#include "lib/cleanroom/provenance.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "lib/crypto/digest.h"

namespace roomkeeper {
namespace {

constexpr absl::string_view kOpen = "[roomkeeper:v1 ";
constexpr absl::string_view kClose = "]";
constexpr std::size_t kHexShown = 32;  // 128 bits

struct SignedMark {
  ProvenanceMark mark = {};
  std::string signature = {};
};

std::string Format(const ProvenanceMark& mark) {
  return absl::StrCat(mark.service_instance, " ", mark.job.value(), " ", mark.digest);
}

std::optional<SignedMark> ParseSigned(absl::string_view comment) {
  const std::size_t begin = comment.rfind(kOpen);
  if (begin == absl::string_view::npos) {
    return std::nullopt;
  }
  const absl::string_view rest = comment.substr(begin + kOpen.size());
  const std::size_t end = rest.find(kClose);
  if (end == absl::string_view::npos) {
    return std::nullopt;
  }
  const std::vector<std::string> words = absl::StrSplit(rest.substr(0, end), ' ');
  if (words.size() != 4) {
    return std::nullopt;
  }
  return SignedMark{
      .mark = {.service_instance = words[0], .job = JobId(words[1]), .digest = words[2]},
      .signature = words[3]};
}

// Each field with its length before it, so that no two specs share a text.
void AddField(std::string& text, absl::string_view field) {
  absl::StrAppend(&text, field.size(), ":", field);
}

void AddCollaborator(std::string& text, const Collaborator& collaborator) {
  AddField(text, absl::AsciiStrToLower(collaborator.collaborator_alias));
  AddField(text, collaborator.global_metastore_id);
  AddField(text, collaborator.invite_recipient_email);
  AddField(text, absl::StrCat(collaborator.invite_recipient_workspace_id));
}

}  // namespace

std::string WhyNotOurs(MarkVerdict verdict) {
  switch (verdict) {
    case MarkVerdict::kNoMark:
      return "it carries no mark of this Roomkeeper";
    case MarkVerdict::kOtherInstance:
      return "it carries the mark of another Roomkeeper";
    case MarkVerdict::kInvalid:
      return "the signature of its mark does not hold";
    case MarkVerdict::kOurs:
      return "";
  }
  return "";
}

std::string ImmutableDigest(const RoomSpec& spec) {
  std::string text;
  AddField(text, absl::AsciiStrToLower(spec.room_name));
  AddField(text, spec.cloud_vendor);
  AddField(text, spec.region);
  AddCollaborator(text, spec.provider);
  AddCollaborator(text, spec.brand);
  AddField(text, spec.enable_shared_output ? "1" : "0");
  AddField(text, spec.egress.restriction_mode);
  for (const InternetDestination& to : spec.egress.allowed_internet_destinations) {
    AddField(text, to.destination);
    AddField(text, to.protocol);
    AddField(text, to.type);
  }
  return Sha256Hex(text).substr(0, kHexShown);
}

Provenance::Provenance(std::string service_instance, Secret key)
    : service_instance_(std::move(service_instance)), key_(std::move(key)) {}

std::string Provenance::Sign(const ProvenanceMark& mark, absl::string_view room_name) const {
  std::string text;
  AddField(text, absl::AsciiStrToLower(room_name));
  AddField(text, Format(mark));
  return HmacSha256Hex(key_, text).substr(0, kHexShown);
}

std::string Provenance::Comment(absl::string_view human_text, const RoomSpec& spec,
                                const JobId& job) const {
  const ProvenanceMark mark = {
      .service_instance = service_instance_, .job = job, .digest = ImmutableDigest(spec)};
  return absl::StrCat(human_text, " ", kOpen, Format(mark), " ", Sign(mark, spec.room_name),
                      kClose);
}

MarkVerdict Provenance::Verify(absl::string_view comment, absl::string_view room_name) const {
  const std::optional<SignedMark> found = ParseSigned(comment);
  if (!found.has_value()) {
    return MarkVerdict::kNoMark;
  }
  if (found->mark.service_instance != service_instance_) {
    return MarkVerdict::kOtherInstance;
  }
  return ConstantTimeEquals(Sign(found->mark, room_name), found->signature) ? MarkVerdict::kOurs
                                                                            : MarkVerdict::kInvalid;
}

std::optional<ProvenanceMark> ParseMark(absl::string_view comment) {
  std::optional<SignedMark> found = ParseSigned(comment);
  if (!found.has_value()) {
    return std::nullopt;
  }
  return std::move(found->mark);
}

}  // namespace roomkeeper
