#include <unistd.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "roomkeeper/v1/enrollment.grpc.pb.h"

#include "lib/auth/key_file.h"
#include "lib/base/clock.h"
#include "lib/base/status_macros.h"
#include "lib/crypto/digest.h"
#include "services/roomctl/call_show.h"
#include "services/roomctl/list_pages.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

using Stub = v1::EnrollmentService::Stub;

std::string In(const char* collection, const std::string& given) {
  return absl::StrContains(given, "/") ? given : absl::StrCat(collection, "/", given);
}

// "APPROVE", "HELD": an enum's name behind its prefix.
std::string Behind(const std::string& prefix, const std::string& name) {
  return absl::StartsWith(name, prefix) ? name.substr(prefix.size()) : name;
}
std::string Text(v1::EnrollmentPolicy policy) {
  return Behind("ENROLLMENT_POLICY_", v1::EnrollmentPolicy_Name(policy));
}
std::string Text(v1::Enrollment::State state) {
  return Behind("STATE_", v1::Enrollment::State_Name(state));
}

void PrintCode(const v1::EnrollmentCode& code, std::ostream& out) {
  PrintFields({{"code", code.name()},
               {"for", code.brand()},
               {"display name", code.display_name()},
               {"policy", Text(code.policy())},
               {"otherwise", Text(code.otherwise())},
               {"used", absl::StrCat(code.uses(), " of ", code.uses_max())},
               {"packages", absl::StrJoin(code.packages(), ", ")},
               {"rooms max", code.rooms_max() > 0 ? absl::StrCat(code.rooms_max()) : ""},
               {"metastores", absl::StrJoin(code.metastores(), ", ")},
               {"e-mail of", absl::StrJoin(code.email_domains(), ", ")},
               {"expires", roomkeeper::Text(code.expire_time())},
               {"revoked", roomkeeper::Text(code.revoke_time())},
               {"secret", code.code()}},
              out);
}

void PrintEnrollment(const v1::Enrollment& enrollment, std::ostream& out) {
  PrintFields({{"enrolment", enrollment.name()},
               {"state", Text(enrollment.state())},
               {"with", enrollment.enrollment_code()},
               {"install", enrollment.install()},
               {"metastore", enrollment.global_metastore_id()},
               {"workspace", absl::StrCat(enrollment.invite_recipient_workspace_id())},
               {"invitee", enrollment.invite_recipient_email()},
               {"not as the code says", enrollment.mismatch()},
               {"api key", enrollment.api_key()},
               {"asked", roomkeeper::Text(enrollment.create_time())},
               {"decided", roomkeeper::Text(enrollment.decide_time())}},
              out);
}

absl::StatusOr<std::int32_t> Number(const Arguments& arguments, const char* flag) {
  std::int32_t number = 0;
  if (arguments.Has(flag) && !absl::SimpleAtoi(arguments.Get(flag), &number)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", flag, " must be a number, got \"", arguments.Get(flag), "\""));
  }
  return number;
}

absl::StatusOr<v1::CreateEnrollmentCodeRequest> RequestOf(const CommandContext& context) {
  const Arguments& arguments = context.arguments();
  v1::CreateEnrollmentCodeRequest request;
  request.set_parent(In("brands", context.words()[0]));
  request.set_request_id(arguments.Get("request-id", RandomBase32(16)));
  v1::EnrollmentCode& code = *request.mutable_enrollment_code();
  code.set_display_name(arguments.Get("display-name"));
  if (arguments.Has("hold")) {
    code.set_policy(v1::ENROLLMENT_POLICY_HOLD);
  }
  if (arguments.Has("hold-others")) {
    code.set_otherwise(v1::ENROLLMENT_POLICY_HOLD);
  }
  RK_ASSIGN_OR_RETURN(const std::int32_t uses_max, Number(arguments, "uses-max"));
  code.set_uses_max(uses_max);
  RK_ASSIGN_OR_RETURN(const std::int32_t rooms_max, Number(arguments, "rooms-max"));
  code.set_rooms_max(rooms_max);
  RK_ASSIGN_OR_RETURN(const auto lifetime, arguments.Duration("expires-in"));
  code.mutable_expire_time()->set_seconds(
      absl::ToUnixSeconds(SystemClock().Now() + lifetime.value_or(absl::Hours(7 * 24))));
  for (const std::string& package : arguments.All("package")) {
    code.add_packages(PackageResource(package));
  }
  for (const std::string& metastore : arguments.All("metastore")) {
    code.add_metastores(metastore);
  }
  for (const std::string& domain : arguments.All("email-domain")) {
    code.add_email_domains(domain);
  }
  return request;
}

ExitCode Create(CommandContext& context) {
  const auto request = RequestOf(context);
  if (!request.ok()) {
    return context.Usage(request.status());
  }
  const std::string path = context.arguments().Get("code-file");
  if (!path.empty() && access(path.c_str(), F_OK) == 0) {  // before one is made that would be lost
    return context.Usage(
        absl::InvalidArgumentError(absl::StrCat("--code-file ", path, " exists; name a new file")));
  }
  v1::EnrollmentCode code;
  if (const auto status =
          CallServer<v1::EnrollmentService>(context, &Stub::CreateEnrollmentCode, *request, code);
      !status.ok()) {
    return context.FailChange(status, request->request_id(), "which names the code to revoke");
  }
  if (!path.empty()) {
    if (const absl::Status written = WriteKeyFile(path, Secret(code.code())); !written.ok()) {
      context.err() << "roomctl: " << written.message()
                    << "; revoke the code: roomctl codes revoke " << code.name() << '\n';
      return ExitCode::kRequestWrong;
    }
    code.clear_code();
  }
  Show(context, code, &PrintCode);
  if (path.empty() && !context.json()) {
    context.err() << "The secret is shown this once; only its hash is stored.\n";
  }
  return ExitCode::kOk;
}

ExitCode Revoke(CommandContext& context) {
  v1::RevokeEnrollmentCodeRequest request;
  request.set_name(In("enrollmentCodes", context.words()[0]));
  return CallAndShow<v1::EnrollmentService>(context, &Stub::RevokeEnrollmentCode, request,
                                            &PrintCode);
}

std::string BrandIn(const CommandContext& context) {
  const std::string brand = context.arguments().Get("brand");
  return brand.empty() ? "" : In("brands", brand);
}

ExitCode ListCodes(CommandContext& context) {
  std::vector<std::vector<std::string>> rows = {
      {"CODE", "FOR", "POLICY", "USED", "EXPIRES", "REVOKED", "DISPLAY NAME"}};
  v1::ListEnrollmentCodesRequest request;
  request.set_parent(BrandIn(context));
  const auto stub = v1::EnrollmentService::NewStub(context.connection()->channel());
  return ListPages<v1::ListEnrollmentCodesResponse>(
      context, request,
      [&](grpc::ClientContext* call, const v1::ListEnrollmentCodesRequest& page,
          v1::ListEnrollmentCodesResponse* answer) {
        return stub->ListEnrollmentCodes(call, page, answer);
      },
      [&](const v1::ListEnrollmentCodesResponse& answer) {
        for (const v1::EnrollmentCode& code : answer.enrollment_codes()) {
          rows.push_back({code.name(), code.brand(), Text(code.policy()),
                          absl::StrCat(code.uses(), "/", code.uses_max()),
                          roomkeeper::Text(code.expire_time()),
                          roomkeeper::Text(code.revoke_time()), code.display_name()});
        }
      },
      rows);
}

ExitCode ListEnrollments(CommandContext& context) {
  std::vector<std::vector<std::string>> rows = {
      {"ENROLMENT", "STATE", "INSTALL", "METASTORE", "WORKSPACE", "INVITEE", "MISMATCH"}};
  v1::ListEnrollmentsRequest request;
  request.set_parent(BrandIn(context));
  if (context.arguments().Has("held")) {
    request.set_state(v1::Enrollment::STATE_HELD);
  }
  const auto stub = v1::EnrollmentService::NewStub(context.connection()->channel());
  return ListPages<v1::ListEnrollmentsResponse>(
      context, request,
      [&](grpc::ClientContext* call, const v1::ListEnrollmentsRequest& page,
          v1::ListEnrollmentsResponse* answer) {
        return stub->ListEnrollments(call, page, answer);
      },
      [&](const v1::ListEnrollmentsResponse& answer) {
        for (const v1::Enrollment& one : answer.enrollments()) {
          rows.push_back({one.name(), Text(one.state()), one.install(), one.global_metastore_id(),
                          absl::StrCat(one.invite_recipient_workspace_id()),
                          one.invite_recipient_email(), one.mismatch()});
        }
      },
      rows);
}

ExitCode Approve(CommandContext& context) {
  v1::ApproveEnrollmentRequest request;
  request.set_name(In("enrollments", context.words()[0]));
  return CallAndShow<v1::EnrollmentService>(context, &Stub::ApproveEnrollment, request,
                                            &PrintEnrollment);
}

ExitCode Refuse(CommandContext& context) {
  v1::RefuseEnrollmentRequest request;
  request.set_name(In("enrollments", context.words()[0]));
  return CallAndShow<v1::EnrollmentService>(context, &Stub::RefuseEnrollment, request,
                                            &PrintEnrollment);
}

constexpr FlagSpec kBrandFlag = {"brand", "BRAND", "of this brand only"};

}  // namespace

std::vector<Command> CodesCommands() {
  return {
      {"codes",
       "create",
       "BRAND",
       "Make a code by which the brand's app enrols itself (operator)",
       1,
       1,
       {{"uses-max", "NUMBER", "apps it may enrol; default: 1"},
        {"expires-in", "DURATION", "default: 168h, at most 2160h"},
        {"package", "NAME", "the app may have rooms of this package; may be repeated"},
        {"rooms-max", "NUMBER", "rooms the app may have at a time; default: no limit"},
        {"metastore", "PLACE", "aws, aws:us-west-2 or a whole id: the app is there; repeatable"},
        {"email-domain", "DOMAIN", "the invitee is of this domain; may be repeated"},
        {"hold", nullptr, "an operator approves each app"},
        {"hold-others", nullptr, "… each that is not as said; default: it is refused"},
        {"display-name", "TEXT", "for people"},
        {"request-id", "ID", "the same id makes no second code; default: random"},
        {"code-file", "FILE", "write the code to this new file, mode 0600, instead of showing it"}},
       &Create},
      {"codes", "list", "", "List enrolment codes (operator)", 0, 0, {kBrandFlag}, &ListCodes},
      {"codes", "revoke", "CODE", "Do nothing with a code any more (operator)", 1, 1, {}, &Revoke},
      {"enrollments",
       "list",
       "",
       "List what codes were exchanged for (operator)",
       0,
       0,
       {kBrandFlag, {"held", nullptr, "only what waits for an operator"}},
       &ListEnrollments},
      {"enrollments",
       "approve",
       "ENROLMENT",
       "Enrol the app of a held exchange (operator)",
       1,
       1,
       {},
       &Approve},
      {"enrollments",
       "refuse",
       "ENROLMENT",
       "Refuse the app of a held exchange (operator)",
       1,
       1,
       {},
       &Refuse},
  };
}

}  // namespace roomkeeper
