#include <set>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "roomkeeper/v1/clean_room.pb.h"
#include "roomkeeper/v1/job.pb.h"

#include "lib/model/states.h"
#include "services/roomkeeperd/rpc/authz.h"
#include "services/roomkeeperd/rpc/request_rules.h"
#include "tests/service/api_methods.h"
#include "tests/support/matchers.h"

namespace roomkeeper {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using testing::ApiMethods;

const RequestRules* FindRules(const std::string& method) {
  for (const RequestRules& rules : AllRequestRules()) {
    if (method == rules.method) {
      return &rules;
    }
  }
  return nullptr;
}

// Null if the path leads nowhere.
const FieldDescriptor* Resolve(const Descriptor* message, const std::string& path) {
  const FieldDescriptor* field = nullptr;
  for (const std::string& name : std::vector<std::string>(absl::StrSplit(path, '.'))) {
    field = message == nullptr ? nullptr : message->FindFieldByName(name);
    message = field == nullptr ? nullptr : field->message_type();
  }
  return field;
}

TEST_CASE("every RPC has a grant and rules, and no row is left over", "[tables]") {
  const auto methods = ApiMethods();
  REQUIRE(methods.size() > 20);
  for (const MethodDescriptor* method : methods) {
    CAPTURE(method->full_name());
    CHECK(FindGrant(method->full_name()) != nullptr);
    CHECK(FindRules(method->full_name()) != nullptr);
  }
  CHECK(Grants().size() == methods.size());
  CHECK(AllRequestRules().size() == methods.size());
}

TEST_CASE("every field of a request has a rule, and every rule a field", "[tables]") {
  for (const MethodDescriptor* method : ApiMethods()) {
    CAPTURE(method->full_name());
    const RequestRules* rules = FindRules(method->full_name());
    REQUIRE(rules != nullptr);
    std::set<std::string> covered;
    for (const FieldRule& rule : rules->fields) {
      CAPTURE(rule.field);
      CHECK(Resolve(method->input_type(), rule.field) != nullptr);
      covered.insert(std::vector<std::string>(absl::StrSplit(rule.field, '.')).front());
    }
    for (int i = 0; i < method->input_type()->field_count(); ++i) {
      CAPTURE(method->input_type()->field(i)->name());
      CHECK(covered.contains(method->input_type()->field(i)->name()));
    }
  }
}

TEST_CASE("what changes something takes a request_id or is the same when repeated", "[tables]") {
  // These change nothing when they are repeated, or do no harm, or their answer can be given once
  // only.
  const std::set<std::string> natural = {"ConfirmRoomRemoved",
                                         "CancelJob",
                                         "CreateBrand",
                                         "UpdateBrand",
                                         "EnrollInstall",
                                         "UpdateInstall",
                                         "CreateApiKey",
                                         "RevokeApiKey",
                                         "FreezeMutations",
                                         "ThawMutations",
                                         "RenewCleanRoom",
                                         "BackupStore",
                                         "UndeleteCleanRoom",
                                         "RevokeEnrollmentCode",
                                         "ExchangeEnrollmentCode",
                                         "ApproveEnrollment",
                                         "RefuseEnrollment",
                                         "RotateCredentials"};
  for (const MethodDescriptor* method : ApiMethods()) {
    CAPTURE(method->full_name());
    const Grant* grant = FindGrant(method->full_name());
    REQUIRE(grant != nullptr);
    const bool has_id = method->input_type()->FindFieldByName("request_id") != nullptr;
    CHECK((grant->effect == Effect::kMutates) == (has_id || natural.contains(method->name())));
  }
}

// "JOB_STATE_QUEUED" for (JOB_STATE, QUEUED), numbers equal.
template <typename E>
void CheckSameEnum(const google::protobuf::EnumDescriptor* wire, const std::string& prefix) {
  for (int i = 0; i < wire->value_count(); ++i) {
    const auto* value = wire->value(i);
    CAPTURE(value->name());
    if (value->number() == 0) {
      CHECK(value->name() == absl::StrCat(prefix, "_UNSPECIFIED"));
      continue;
    }
    CHECK(value->name() ==
          absl::StrCat(prefix, "_", std::string(Name(static_cast<E>(value->number())))));
  }
}

TEST_CASE("the API's states are the model's, by name and number", "[tables]") {
  CheckSameEnum<RoomState>(v1::CleanRoomState_descriptor(), "CLEAN_ROOM_STATE");
  CheckSameEnum<JobState>(v1::JobState_descriptor(), "JOB_STATE");
  CheckSameEnum<JobKind>(v1::JobKind_descriptor(), "JOB_KIND");
  CheckSameEnum<Step>(v1::JobStep_descriptor(), "JOB_STEP");
  CHECK(v1::CleanRoomState_descriptor()->value_count() ==
        static_cast<int>(kAllRoomStates.size()) + 1);
  CHECK(v1::JobState_descriptor()->value_count() == static_cast<int>(kAllJobStates.size()) + 1);
}

}  // namespace
}  // namespace roomkeeper
