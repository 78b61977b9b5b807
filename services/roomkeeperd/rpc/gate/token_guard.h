#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace roomkeeper {

// Credentials of a brand's workspace have no business here: with one of them the server could act
// as a brand's user or app. So what looks like one is refused, before anything is done with the
// call, and the value goes nowhere: not into the error, the log, the audit or the store.

// What kind of Databricks credential the text holds anywhere in it, in words; null if none. A
// personal access token is "dapi" and an OAuth secret "dose" before 16 or more hex digits; a JWT is
// three parts of base64url, of which two begin as JSON objects do. Our own keys, ids and page
// tokens cannot look so: their alphabets lack a letter of each. Pure.
const char* CredentialIn(absl::string_view text);

// DATABRICKS_CREDENTIAL_REFUSED if a metadata entry or any text of the request, read or not, holds
// one, or if there is a x-forwarded-access-token. A JWT is looked for in the request only: where
// it may prove who calls, it is metadata.
absl::Status RefuseCredentials(const grpc::CallbackServerContext& context,
                               const google::protobuf::Message& request);

}  // namespace roomkeeper
