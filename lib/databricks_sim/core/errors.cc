#include "lib/databricks_sim/core/errors.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace roomkeeper::sim {
namespace {

Json ErrorInfo(absl::string_view reason, absl::string_view type, absl::string_view name) {
  return {{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
          {"reason", std::string(reason)},
          {"domain", "unity-catalog.databricks.com"},
          {"metadata",
           {{"resourceType", std::string(type)}, {"resourceIdentifier", std::string(name)}}}};
}

std::string TypeWord(absl::string_view type) {  // CLEAN_ROOM → Clean room
  std::string word = absl::AsciiStrToLower(absl::StrReplaceAll(type, {{"_", " "}}));
  word[0] = absl::ascii_toupper(static_cast<unsigned char>(word[0]));
  return word;
}

}  // namespace

Reply Error(int status, absl::string_view code, absl::string_view message) {
  Reply reply;
  reply.status = status;
  reply.is_error = true;
  reply.body = {{"error_code", std::string(code)},
                {"message", std::string(message)},
                {"details", Json::array()}};
  return reply;
}

Reply InvalidParameter(absl::string_view message) {
  return Error(400, "INVALID_PARAMETER_VALUE", message);
}

Reply InvalidState(absl::string_view message) {
  return Error(400, "INVALID_STATE", message);
}

Reply MissingFields(const std::vector<std::string>& paths) {
  return InvalidParameter(absl::StrCat("Missing required fields: ", absl::StrJoin(paths, ", ")));
}

Reply BadUcName(absl::string_view rpc, absl::string_view field, absl::string_view name) {
  return InvalidParameter(absl::StrCat(
      rpc, " ", field, ": '", name, "' is not a valid name. It must have 1 to 255 characters; ",
      "spaces, periods, forward slashes and control characters are not allowed."));
}

Reply PermissionDenied(absl::string_view message) {
  return Error(403, "PERMISSION_DENIED", message);
}

Reply UcNotFound(absl::string_view type, absl::string_view name) {
  Reply reply = Error(404, absl::StrCat(type, "_DOES_NOT_EXIST"),
                      absl::StrCat(TypeWord(type), " '", name, "' does not exist."));
  reply.body["details"].push_back(ErrorInfo(absl::StrCat(type, "_DOES_NOT_EXIST"), type, name));
  return reply;
}

Reply NotFound(absl::string_view message) {
  return Error(404, "RESOURCE_DOES_NOT_EXIST", message);
}

Reply EndpointNotFound(absl::string_view method, absl::string_view path) {
  return Error(404, "ENDPOINT_NOT_FOUND",
               absl::StrCat("No API found for '", method, " ", path, "'"));
}

Reply AlreadyExists(absl::string_view status, absl::string_view type, absl::string_view name) {
  const std::string message = absl::StrCat(TypeWord(type), " '", name, "' already exists");
  Reply reply = status == "409" ? Error(409, "RESOURCE_ALREADY_EXISTS", message)
                                : Error(400, absl::StrCat(type, "_ALREADY_EXISTS"), message);
  reply.body["details"].push_back(ErrorInfo("RESOURCE_ALREADY_EXISTS", type, name));
  return reply;
}

Reply LegacyError(int status, absl::string_view message) {
  Reply reply;
  reply.status = status;
  reply.body = {{"error_code", status}, {"message", std::string(message)}};
  reply.headers.emplace_back("X-Databricks-Reason-Phrase", std::string(message));
  return reply;
}

Reply OAuthError(int status, absl::string_view error, absl::string_view description) {
  Reply reply;
  reply.status = status;
  reply.body = {{"error", std::string(error)}, {"error_description", std::string(description)}};
  return reply;
}

Reply ErrorForStatus(int status) {
  struct Row {
    int status;
    const char* code;
    const char* message;
  };
  static constexpr Row kRows[] = {
      {400, "BAD_REQUEST", "The request was refused by an injected fault."},
      {401, "UNAUTHENTICATED", "The request was refused by an injected fault."},
      {403, "PERMISSION_DENIED", "The request was refused by an injected fault."},
      {404, "RESOURCE_DOES_NOT_EXIST", "The resource does not exist."},
      {409, "ABORTED", "The resource was modified concurrently."},
      {429, "RESOURCE_EXHAUSTED", "RPC token bucket limit has been exceeded."},
      {500, "INTERNAL_ERROR", "Internal server error."},
      {501, "NOT_IMPLEMENTED", "Not implemented."},
      {503, "TEMPORARILY_UNAVAILABLE", "The service is temporarily unavailable."},
      {504, "DEADLINE_EXCEEDED", "deadline exceeded"},
  };
  for (const Row& row : kRows) {
    if (row.status == status) {
      return Error(status, row.code, row.message);
    }
  }
  Reply reply;  // 502 and the like come from a gateway, not from the API
  reply.status = status;
  reply.raw = absl::StrCat("<html><body><pre>", status, "</pre></body></html>");
  reply.content_type = "text/html";
  return reply;
}

}  // namespace roomkeeper::sim
