#include "lib/databricks_sim/knobs.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "lib/base/check.h"

namespace roomkeeper::sim {
namespace {

constexpr const char* kOffOn[] = {"off", "on"};
constexpr const char* k409Or400[] = {"409", "400"};
constexpr const char* kSparseFull[] = {"sparse", "full"};
constexpr const char* kOutcome[] = {"active", "failed", "stuck"};
constexpr const char* kUnknownMetastore[] = {"accept", "400", "failed"};
constexpr const char* kKeepLower[] = {"keep", "lower"};
constexpr const char* kInvitee[] = {"at_once", "when_active"};
constexpr const char* kRejectIgnore[] = {"reject", "ignore"};
constexpr const char* kRejectAccept[] = {"reject", "accept"};
constexpr const char* kCopiedEmpty[] = {"copied", "empty"};
constexpr const char* kDeleteAnswer[] = {"object", "empty"};
constexpr const char* kAcceptInvalidState[] = {"accept", "INVALID_STATE"};
constexpr const char* kMissing[] = {"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND",
                                    "CLEAN_ROOM_DOES_NOT_EXIST"};
constexpr const char* kQuota[] = {"RESOURCE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"};
constexpr const char* kTwoAny[] = {"two", "any"};
constexpr const char* kPackagedView[] = {"no_content", "name_only"};
constexpr const char* kPackagedReview[] = {"APPROVED", "PENDING", "absent"};
constexpr const char* kPendingActive[] = {"pending", "active"};
constexpr const char* kOmittedPresent[] = {"omitted", "present"};
constexpr const char* kNotebookFormat[] = {"any", "html"};
constexpr const char* kRunners[] = {"as_sent", "consumer"};
constexpr const char* kInactive[] = {"INVALID_STATE", "INVALID_PARAMETER_VALUE", "accept"};
constexpr const char* kOutputCatalog[] = {"NOT_CREATED", "NOT_ELIGIBLE"};
constexpr const char* kWrongEtag[] = {"failed_run", "400"};
constexpr const char* kRunLimit[] = {"skipped", "400"};
constexpr const char* kIgnoreReject[] = {"ignore", "reject"};
constexpr const char* kPageCap[] = {"none", "2"};
constexpr const char* kNumberString[] = {"number", "string"};
constexpr const char* kSha256Opaque[] = {"sha256", "opaque"};
constexpr const char* kExpired[] = {"401", "403", "400"};
constexpr const char* kTokenMargin[] = {"0s", "30s"};
constexpr const char* kTokenFormat[] = {"jwt", "opaque"};
constexpr const char* kRetryAfter[] = {"seconds", "date", "absent"};
constexpr const char* kAbsentPresent[] = {"absent", "present"};
constexpr const char* kAfterCreate[] = {"consistent", "404_once"};
constexpr const char* kAfterUpdate[] = {"consistent", "stale_once"};
constexpr const char* kPresentAbsent[] = {"present", "absent"};
constexpr const char* k400Or403[] = {"400", "403"};
constexpr const char* k403Or404[] = {"403", "404"};
constexpr const char* kSlash[] = {"kept", "split"};

constexpr KnobInfo kKnobs[] = {
    {"create_answer", kSparseFull, 2, "what the answer to a room's create holds"},
    {"provisioning_outcome", kOutcome, 3, "how the provisioning of rooms created from now on ends"},
    {"duplicate_room", k409Or400, 9, "answer to a name that is taken"},
    {"room_name_case", kKeepLower, 10, "whether room names are stored in lower case"},
    {"unknown_metastore", kUnknownMetastore, 11, "a collaborator whose metastore is not simulated"},
    {"default_egress", kOmittedPresent, 12, "a created room without an egress policy shows one"},
    {"invitee_sees_room", kInvitee, 14, "when the room appears in the invitee's metastore"},
    {"immutable_patch", kRejectIgnore, 15, "an immutable field in a room's PATCH"},
    {"egress_patch", kRejectAccept, 15, "the egress policy in a room's PATCH"},
    {"invitee_comment", kCopiedEmpty, 17, "the comment the invitee's room starts with"},
    {"delete_answer", kDeleteAnswer, 18, "body of the answer to DELETE"},
    {"delete_provisioning", kAcceptInvalidState, 18, "DELETE of a room that is PROVISIONING"},
    {"missing_room", kMissing, 19, "error_code of a room that does not exist"},
    {"room_quota_error", kQuota, 20, "one room more than the metastore may have (400 or 429)"},
    {"packaged_collaborators", kTwoAny, 21, "how many collaborators a packaged room may have"},
    {"packaged_notebook_view", kPackagedView, 24,
     "what a consumer sees of the provider's notebook"},
    {"packaged_review_state", kPackagedReview, 24, "review_state of analyses in packaged rooms"},
    {"asset_create", kPendingActive, 26, "status of an asset just added"},
    {"duplicate_asset", k409Or400, 26, "answer to an asset that is there already"},
    {"asset_list_bodies", kOmittedPresent, 30, "the bodies by type in LIST of assets"},
    {"notebook_format", kNotebookFormat, 31, "whether notebook content must be HTML"},
    {"packaged_runners", kRunners, 31, "runners of a packaged notebook sent without any"},
    {"inactive_room", kInactive, 33, "asset calls on a room that is not ACTIVE"},
    {"revision_list_bodies", kOmittedPresent, 34, "content in LIST of revisions"},
    {"stale_review", k409Or400, 35, "a review that names an old etag (409 ABORTED)"},
    {"packaged_output_catalog", kOutputCatalog, 37, "output_catalog of a packaged room's provider"},
    {"wrong_run_etag", kWrongEtag, 39, "a run that names an etag which is not the latest"},
    {"run_limit", kRunLimit, 39, "an eleventh simultaneous run of one room"},
    {"unknown_fields", kIgnoreReject, 40, "request fields that the API does not have"},
    {"novel_values", kOffOn, 40, "answers hold fields and enum values that no SDK knows"},
    {"empty_pages", kOffOn, 41, "every list starts with an empty page and a token"},
    {"page_cap", kPageCap, 41, "most entries on one page, whatever was asked"},
    {"expires_in", kNumberString, 42, "JSON type of expires_in in the token answer"},
    {"secret_hash", kSha256Opaque, 42, "secret_hash in the list of a principal's secrets"},
    {"expired_token", kExpired, 43, "answer to an expired or unknown bearer token"},
    {"token_margin", kTokenMargin, 43, "how long before its end a token is refused"},
    {"token_format", kTokenFormat, 44, "opaque tokens need no signing key (quick to start)"},
    {"retry_after", kRetryAfter, 45, "form of the Retry-After header of 429 and 503"},
    {"retry_info", kAbsentPresent, 45, "RetryInfo in the details of 429 and 503"},
    {"read_after_create", kAfterCreate, 46, "the first GET after a create"},
    {"read_after_update", kAfterUpdate, 46, "the first GET after a PATCH"},
    {"error_details", kPresentAbsent, 47, "details in error answers"},
    {"sharing_disabled", k400Or403, 48, "LIST and create where sharing is off"},
    {"hidden_room", k403Or404, 49, "GET of a room the caller may not see"},
    {"encoded_slash", kSlash, 50, "%2F in a path: kept in its segment, or a separator"},
};

const KnobInfo* FindKnob(const std::string& name) {
  const auto* it = std::find_if(std::begin(kKnobs), std::end(kKnobs),
                                [&](const KnobInfo& knob) { return name == knob.name; });
  return it == std::end(kKnobs) ? nullptr : it;
}

bool Allows(const KnobInfo& knob, const std::string& value) {
  return std::find(knob.values.begin(), knob.values.end(), value) != knob.values.end();
}

}  // namespace

absl::Span<const KnobInfo> KnobTable() {
  return kKnobs;
}

absl::Status KnobSettings::Set(const std::string& name, const std::string& value) {
  const KnobInfo* knob = FindKnob(name);
  if (knob == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no knob is named \"", name,
        "\"; there are: ", absl::StrJoin(kKnobs, ", ", [](std::string* out, const KnobInfo& each) {
          absl::StrAppend(out, each.name);
        })));
  }
  if (!Allows(*knob, value)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "knob ", name, " cannot be \"", value, "\"; allowed: ", absl::StrJoin(knob->values, ", ")));
  }
  changed_[name] = value;
  return absl::OkStatus();
}

std::string KnobSettings::Get(const std::string& name) const {
  if (const auto it = changed_.find(name); it != changed_.end()) {
    return it->second;
  }
  const KnobInfo* knob = FindKnob(name);
  RK_CHECK(knob != nullptr);
  return knob->values.front();
}

bool KnobSettings::Is(const std::string& name, const std::string& value) const {
  const KnobInfo* knob = FindKnob(name);
  RK_CHECK(knob != nullptr && Allows(*knob, value));
  return Get(name) == value;
}

Knobs KnobSettings::All() const {
  Knobs all;
  for (const KnobInfo& knob : kKnobs) {
    all[knob.name] = Get(knob.name);
  }
  return all;
}

}  // namespace roomkeeper::sim
