#include <algorithm>
#include <string>
#include <vector>

#include "roomkeeper/v1/operations.grpc.pb.h"

#include "services/roomctl/call_show.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

// A workspace that does not answer is asked for half a minute.
constexpr absl::Duration kPatience = absl::Minutes(2);

const char* StateText(v1::Credential::State state) {
  switch (state) {
    case v1::Credential::STATE_ABSENT:
      return "absent";
    case v1::Credential::STATE_ACCEPTED:
      return "accepted";
    case v1::Credential::STATE_REFUSED:
      return "REFUSED";
    case v1::Credential::STATE_UNREADABLE:
      return "UNREADABLE";
    default:
      return "not tried";
  }
}

bool IsDead(const v1::Credential& credential) {
  return credential.state() == v1::Credential::STATE_REFUSED ||
         credential.state() == v1::Credential::STATE_UNREADABLE;
}

void PrintCredentials(const v1::CheckCredentialsResponse& answer, std::ostream& out) {
  std::vector<std::vector<std::string>> rows = {
      {"SHARD", "CREDENTIAL", "STATE", "IN USE", "ACCEPTED", "WRITTEN", "EXPIRES"}};
  for (const v1::Credential& credential : answer.credentials()) {
    rows.push_back({credential.shard(), credential.name(), StateText(credential.state()),
                    credential.in_use() ? "yes" : "", Text(credential.accept_time()),
                    Text(credential.write_time()), Text(credential.expire_time())});
  }
  PrintTable(rows, out);
  for (const v1::Credential& credential : answer.credentials()) {
    if (!credential.message().empty()) {
      out << credential.shard() << ' ' << credential.name() << ": " << credential.message() << '\n';
    }
  }
}

ExitCode Status(CommandContext& context) {
  v1::CheckCredentialsRequest request;
  request.set_shard(context.arguments().Get("shard"));
  v1::CheckCredentialsResponse answer;
  const auto stub = v1::OperationsService::NewStub(context.connection()->channel());
  const auto call = context.connection()->NewCall(kPatience);
  if (const auto status = stub->CheckCredentials(call.get(), request, &answer); !status.ok()) {
    return context.Fail(status);
  }
  Show(context, answer, &PrintCredentials);
  bool dead = false;
  for (const v1::Credential& credential : answer.credentials()) {
    dead = dead || IsDead(credential);
  }
  return dead ? ExitCode::kRequestWrong : ExitCode::kOk;
}

const char* OutcomeText(v1::CredentialRotation::Outcome outcome) {
  switch (outcome) {
    case v1::CredentialRotation::OUTCOME_ROTATED:
      return "rotated";
    case v1::CredentialRotation::OUTCOME_PLANNED:
      return "would be rotated so";
    default:
      return "FAILED";
  }
}

void PrintRotations(const v1::RotateCredentialsResponse& answer, std::ostream& out) {
  for (const v1::CredentialRotation& rotation : answer.rotations()) {
    out << rotation.shard() << ": " << OutcomeText(rotation.outcome()) << '\n';
    for (const std::string& step : rotation.steps()) {
      out << "  " << step << '\n';
    }
    if (!rotation.message().empty()) {
      out << "  " << rotation.message() << '\n';
    }
    for (const v1::PlatformSecret& secret : rotation.secrets()) {
      out << "  on the platform: " << secret.id() << ", made " << Text(secret.create_time())
          << ", ends " << Text(secret.expire_time())
          << (secret.known() ? "\n" : ", in no file of this server: delete it if nobody uses it\n");
    }
  }
}

ExitCode Rotate(CommandContext& context) {
  v1::RotateCredentialsRequest request;
  request.set_shard(context.arguments().Get("shard"));
  request.set_validate_only(context.arguments().Has("plan"));
  v1::RotateCredentialsResponse answer;
  const auto stub = v1::OperationsService::NewStub(context.connection()->channel());
  const auto call = context.connection()->NewCall(kPatience);
  if (const auto status = stub->RotateCredentials(call.get(), request, &answer); !status.ok()) {
    return context.Fail(status);
  }
  Show(context, answer, &PrintRotations);
  const auto& rotations = answer.rotations();
  const bool failed =
      std::any_of(rotations.begin(), rotations.end(), [](const v1::CredentialRotation& it) {
        return it.outcome() == v1::CredentialRotation::OUTCOME_FAILED;
      });
  return failed ? ExitCode::kRequestWrong : ExitCode::kOk;
}

}  // namespace

std::vector<Command> CredentialCommands() {
  return {{"credentials",
           "rotate",
           "",
           "Replace the OAuth secret of the provider's principals by a new one (operator)",
           0,
           0,
           {{"shard", "NAME", "only this one"},
            {"plan", nullptr, "say what would be done, and do nothing"}},
           &Rotate},
          {"credentials",
           "status",
           "",
           "Try each credential of the provider's principals, and show which works (operator)",
           0,
           0,
           {{"shard", "NAME", "only this one"}},
           &Status}};
}

}  // namespace roomkeeper
