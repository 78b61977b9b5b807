#include "lib/databricks/wire/secrets_json.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/databricks/wire/fields_json.h"
#include "lib/databricks/wire/secret_member.h"

namespace roomkeeper::wire {
namespace {

absl::Time TimeOr(const Json& json, const char* key, absl::Time otherwise) {
  absl::Time time;
  return absl::ParseTime(absl::RFC3339_full, Text(json, key), &time, nullptr) ? time : otherwise;
}

PlatformSecret ReadSecretEntry(const Json& json) {
  return {.id = Text(json, "id"),
          .hash = Text(json, "secret_hash"),
          .created_at = TimeOr(json, "create_time", absl::InfinitePast()),
          .expires_at = TimeOr(json, "expire_time", absl::InfiniteFuture())};
}

}  // namespace

absl::StatusOr<Page<PlatformSecret>> ParseSecrets(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  Page<PlatformSecret> page = {.next_page_token = Text(json, "next_page_token")};
  for (const Json& item : Array(json, "secrets")) {
    page.items.push_back(ReadSecretEntry(item));
    if (page.items.back().id.empty()) {
      return absl::DataLossError("a secret in the list has no id");
    }
  }
  return page;
}

absl::StatusOr<MadeSecret> ParseMadeSecret(std::string& body) {
  MadeSecret made;
  RK_ASSIGN_OR_RETURN(made.value, TakeSecretMember(body, "secret"));
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  made.secret = ReadSecretEntry(json);
  if (made.secret.id.empty() || made.value.empty()) {
    return absl::DataLossError("the answer has no id or no secret");
  }
  return made;
}

std::string MakeSecretBody(absl::Duration lifetime) {
  return Dump({{"lifetime", absl::StrCat(absl::ToInt64Seconds(lifetime), "s")}});
}

}  // namespace roomkeeper::wire
