#include <unistd.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "roomkeeper/v1/brand.grpc.pb.h"

#include "lib/auth/key_file.h"
#include "lib/base/clock.h"
#include "lib/crypto/digest.h"
#include "services/roomctl/call_show.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

void PrintRevoked(const v1::ApiKey& key, std::ostream& out) {
  PrintFields({{"api key", key.name()}, {"revoked", Text(key.revoke_time())}}, out);
}

// OPERATOR_ROLE_UNSPECIFIED for an empty word.
absl::StatusOr<v1::OperatorRole> RoleOf(const std::string& word) {
  v1::OperatorRole role = v1::OPERATOR_ROLE_UNSPECIFIED;
  if (!word.empty() &&
      !v1::OperatorRole_Parse(absl::StrCat("OPERATOR_ROLE_", absl::AsciiStrToUpper(word)), &role)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--role must be viewer, operator or admin, got \"", word, "\""));
  }
  return role;
}

// Unset without any of the flags.
absl::Status ReadCi(const Arguments& arguments, v1::ApiKey& key) {
  if (!arguments.Has("ci-label") && !arguments.Has("rooms-max") && !arguments.Has("ttl-max")) {
    return absl::OkStatus();
  }
  const auto label = arguments.Pairs("ci-label");
  if (!label.ok() || label->size() != 1) {
    return absl::InvalidArgumentError("a CI key needs one --ci-label KEY=VALUE");
  }
  const auto ttl_max = arguments.Duration("ttl-max");
  if (!ttl_max.ok()) {
    return ttl_max.status();
  }
  std::int32_t rooms_max = 0;
  if (!absl::SimpleAtoi(arguments.Get("rooms-max"), &rooms_max) || !ttl_max->has_value()) {
    return absl::InvalidArgumentError("a CI key needs --rooms-max NUMBER and --ttl-max DURATION");
  }
  v1::CiScope& ci = *key.mutable_ci();
  ci.set_label_key(label->begin()->first);
  ci.set_label_value(label->begin()->second);
  ci.set_rooms_max(rooms_max);
  ToProto(**ttl_max, *ci.mutable_ttl_max());
  return absl::OkStatus();
}

ExitCode Create(CommandContext& context) {
  const auto lifetime = context.arguments().Duration("expires-in");
  if (!lifetime.ok()) {
    return context.Usage(lifetime.status());
  }
  const auto role = RoleOf(context.arguments().Get("role"));
  if (!role.ok()) {
    return context.Usage(role.status());
  }
  const std::string path = context.arguments().Get("key-file");
  if (!path.empty() &&
      access(path.c_str(), F_OK) == 0) {  // before a key is made that would be lost
    return context.Usage(
        absl::InvalidArgumentError(absl::StrCat("--key-file ", path, " exists; name a new file")));
  }
  v1::CreateApiKeyRequest request;
  request.set_parent(context.arguments().Get("for"));
  request.set_request_id(context.arguments().Get("request-id", RandomBase32(16)));
  request.mutable_api_key()->set_operator_role(*role);
  if (const auto ci = ReadCi(context.arguments(), *request.mutable_api_key()); !ci.ok()) {
    return context.Usage(ci);
  }
  request.mutable_api_key()->set_display_name(context.arguments().Get("display-name"));
  if (lifetime->has_value()) {
    request.mutable_api_key()->mutable_expire_time()->set_seconds(
        absl::ToUnixSeconds(SystemClock().Now() + **lifetime));
  }
  v1::ApiKey key;
  if (const auto status = CallServer<v1::BrandService>(
          context, &v1::BrandService::Stub::CreateApiKey, request, key);
      !status.ok()) {
    return context.FailChange(status, request.request_id(), "which names the key to revoke");
  }
  if (!path.empty()) {
    if (const absl::Status written = WriteKeyFile(path, Secret(key.key())); !written.ok()) {
      context.err() << "roomctl: " << written.message() << "; revoke the key: roomctl keys revoke "
                    << key.name() << '\n';
      return ExitCode::kRequestWrong;
    }
    key.clear_key();
  }
  if (context.json()) {
    context.PrintJson(key);
    return ExitCode::kOk;
  }
  PrintFields({{"api key", key.name()},
               {"for", key.parent().empty() ? "operators" : key.parent()},
               {"role", Text(key.operator_role())},
               {"ci", Text(key.ci())},
               {"key", key.key()},
               {"written to", path},
               {"expires", Text(key.expire_time())}},
              context.out());
  if (path.empty()) {
    context.err() << "The key is shown this once; only its hash is stored.\n";
  }
  return ExitCode::kOk;
}

ExitCode Revoke(CommandContext& context) {
  const std::string& given = context.words()[0];
  v1::RevokeApiKeyRequest request;
  request.set_name(absl::StrContains(given, "/") ? given : absl::StrCat("apiKeys/", given));
  return CallAndShow<v1::BrandService>(context, &v1::BrandService::Stub::RevokeApiKey, request,
                                       &PrintRevoked);
}

}  // namespace

std::vector<Command> KeysCommands() {
  return {
      {"keys",
       "create",
       "",
       "Make an API key (operator)",
       0,
       0,
       {{"for", "NAME", "brands/…/installs/… (an app), brands/… (reads); without: an operator key"},
        {"role", "ROLE", "of an operator key: viewer, operator or admin (default)"},
        {"ci-label", "KEY=VALUE", "a CI key: for an app's rooms under this label only"},
        {"rooms-max", "NUMBER", "of a CI key: so many of them at a time"},
        {"ttl-max", "DURATION", "of a CI key: so long each, e.g. 2h"},
        {"display-name", "TEXT", "for people"},
        {"expires-in", "DURATION", "e.g. 2160h; default: never"},
        {"request-id", "ID", "the same id makes no second key; default: random"},
        {"key-file", "FILE", "write the key to this new file, mode 0600, instead of showing it"}},
       &Create},
      {"keys", "revoke", "KEY", "Refuse a key from now on (operator)", 1, 1, {}, &Revoke},
  };
}

}  // namespace roomkeeper
