#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks_sim/services/services.h"

namespace roomkeeper::sim {
namespace {

using Kind = Field::Kind;

constexpr std::size_t kExportBytesMax = std::size_t{10} << 20U;
constexpr const char* kFormats[] = {"SOURCE", "HTML",       "JUPYTER", "DBC",
                                    "RAW",    "R_MARKDOWN", "AUTO"};
constexpr Field kImport[] = {{"path", Kind::kString},
                             {"format", Kind::kEnum, {}, kFormats},
                             {"language", Kind::kString},
                             {"content", Kind::kString},
                             {"overwrite", Kind::kBool}};

Refusal CheckSize(const std::string& content) {
  if (content.size() <= kExportBytesMax) {
    return {};
  }
  return Error(400, "MAX_NOTEBOOK_SIZE_EXCEEDED",
               absl::StrCat("The notebook has ", content.size(), " bytes; the limit is ",
                            kExportBytesMax, "."));
}

Reply Export(Call& call) {
  const std::string path = call.Query("path");
  const std::string format = call.Query("format").empty() ? "SOURCE" : call.Query("format");
  if (std::none_of(std::begin(kFormats), std::end(kFormats),
                   [&](const char* each) { return format == each; })) {
    return InvalidParameter(absl::StrCat("format '", format, "' is not supported"));
  }
  const auto it = call.workspace.files.find(path);
  if (it == call.workspace.files.end()) {
    return NotFound(absl::StrCat("Path (", path, ") doesn't exist."));
  }
  if (Refusal no = CheckSize(it->second)) {
    return *no;
  }
  Reply reply;
  if (call.Query("direct_download") == "true") {
    reply.raw = it->second;
    reply.content_type = "application/octet-stream";
    return reply;
  }
  reply.body["content"] = absl::Base64Escape(it->second);
  reply.body["file_type"] = format == "HTML" ? "html" : "source";
  return reply;
}

Reply Import(Call& call) {
  const std::string path = Str(call.body, "path");
  std::string content;
  if (path.empty()) {
    return MissingFields({"path"});
  }
  if (!absl::Base64Unescape(Str(call.body, "content"), &content)) {
    return InvalidParameter("content must be base64");
  }
  if (Refusal no = CheckSize(content)) {
    return *no;
  }
  if (call.workspace.files.count(path) > 0 && !Bool(&call.body, "overwrite")) {
    return Error(400, "RESOURCE_ALREADY_EXISTS", absl::StrCat("Path (", path, ") already exists."));
  }
  call.workspace.files[path] = content;
  return {};
}

}  // namespace

void AddWorkspaceFiles(Router& router) {
  router.Add("GET", "/api/2.0/workspace/export", Export);
  router.Add("POST", "/api/2.0/workspace/import", Import, kImport);
}

}  // namespace roomkeeper::sim
