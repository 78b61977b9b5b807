#include <unistd.h>

#include <cstdio>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "roomkeeper/v1/enrollment.grpc.pb.h"

#include "lib/auth/key_file.h"
#include "lib/base/status_macros.h"
#include "lib/crypto/digest.h"
#include "services/roomctl/call_show.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kNonceBytes = 20;

// The nonce beside the key that is to be: the same until the key is there, whatever happens.
absl::StatusOr<Secret> NonceFor(const std::string& path) {
  if (access(path.c_str(), F_OK) == 0) {
    return ReadSecretFile(path, "nonce");
  }
  Secret nonce(RandomBase32(kNonceBytes));
  RK_RETURN_IF_ERROR(WriteKeyFile(path, nonce));
  return nonce;
}

// All of it or nothing, so that a file that is there is a key.
absl::Status Keep(const Secret& key, const std::string& path) {
  const std::string draft = absl::StrCat(path, ".new");
  (void)std::remove(draft.c_str());
  RK_RETURN_IF_ERROR(WriteKeyFile(draft, key));
  return std::rename(draft.c_str(), path.c_str()) == 0
             ? absl::OkStatus()
             : absl::FailedPreconditionError(absl::StrCat("cannot rename ", draft, " to ", path));
}

absl::StatusOr<v1::ExchangeEnrollmentCodeRequest> RequestOf(const Arguments& arguments,
                                                            const std::string& nonce_file) {
  for (const char* flag : {"code-file", "key-file", "metastore", "workspace-id", "email"}) {
    if (!arguments.Has(flag)) {
      return absl::InvalidArgumentError(absl::StrCat("--", flag, " is missing"));
    }
  }
  const std::string key_file = arguments.Get("key-file");
  if (access(key_file.c_str(), F_OK) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--key-file ", key_file, " exists: the app is enrolled"));
  }
  std::int64_t workspace_id = 0;
  if (!absl::SimpleAtoi(arguments.Get("workspace-id"), &workspace_id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--workspace-id must be the number of the brand's workspace, got \"",
                     arguments.Get("workspace-id"), "\""));
  }
  RK_ASSIGN_OR_RETURN(const Secret code, ReadSecretFile(arguments.Get("code-file"), "code"));
  RK_ASSIGN_OR_RETURN(const Secret nonce, NonceFor(nonce_file));
  v1::ExchangeEnrollmentCodeRequest request;
  request.set_code(code.Reveal());
  request.set_client_nonce(nonce.Reveal());
  request.set_install_id(arguments.Get("install-id", "default"));
  request.set_global_metastore_id(arguments.Get("metastore"));
  request.set_invite_recipient_workspace_id(workspace_id);
  request.set_invite_recipient_email(arguments.Get("email"));
  return request;
}

void PrintExchanged(const v1::ExchangeEnrollmentCodeResponse& answer, std::ostream& out) {
  PrintFields({{"enrolment", answer.enrollment()},
               {"install", answer.install()},
               {"packages", absl::StrJoin(answer.packages(), ", ")},
               {"rooms max", answer.rooms_max() > 0 ? absl::StrCat(answer.rooms_max()) : ""}},
              out);
}

ExitCode Enroll(CommandContext& context) {
  const std::string key_file = context.arguments().Get("key-file");
  const std::string nonce_file = absl::StrCat(key_file, ".nonce");
  const auto request = RequestOf(context.arguments(), nonce_file);
  if (!request.ok()) {
    return context.Usage(request.status());
  }
  v1::ExchangeEnrollmentCodeResponse answer;
  if (const auto status = CallServer<v1::EnrollmentService>(
          context, &v1::EnrollmentService::Stub::ExchangeEnrollmentCode, *request, answer);
      !status.ok()) {
    return context.Fail(status);
  }
  if (answer.state() == v1::Enrollment::STATE_HELD) {
    Show(context, answer, &PrintExchanged);
    context.err() << "An operator has to approve it: run the same command again later.\n";
    return ExitCode::kPlatformFailed;
  }
  if (const absl::Status written = Keep(Secret(answer.key()), key_file); !written.ok()) {
    context.err() << "roomctl: " << written.message() << "; run the same command again\n";
    return ExitCode::kRequestWrong;
  }
  (void)std::remove(nonce_file.c_str());
  answer.clear_key();
  Show(context, answer, &PrintExchanged);
  return ExitCode::kOk;
}

}  // namespace

std::vector<Command> EnrollCommands() {
  return {
      {"",
       "enroll",
       "",
       "Exchange an enrolment code for this app's key; needs no API key",
       0,
       0,
       {{"code-file", "FILE", "the code, mode 0600"},
        {"key-file", "FILE", "write the key to this new file, mode 0600"},
        {"install-id", "ID", "default: default"},
        {"metastore", "ID", "the sharing identifier, cloud:region:uuid"},
        {"workspace-id", "NUMBER", "the brand's workspace"},
        {"email", "ADDRESS", "the person of the brand to invite"}},
       &Enroll,
       /*offline=*/false,
       /*keyless=*/true},
  };
}

}  // namespace roomkeeper
