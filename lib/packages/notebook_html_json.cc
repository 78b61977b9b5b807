#include "lib/packages/notebook_html_json.h"

#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "lib/crypto/digest.h"

namespace roomkeeper {
namespace {

using nlohmann::json;

constexpr absl::string_view kModelStart = "__DATABRICKS_NOTEBOOK_MODEL = '";

// As JavaScript's encodeURIComponent.
std::string PercentEncode(absl::string_view text) {
  std::string out;
  out.reserve(text.size() * 2);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || absl::string_view("-_.!~*'()").find(c) != text.npos) {
      out.push_back(c);
    } else {
      absl::StrAppend(&out, "%", absl::AsciiStrToUpper(absl::BytesToHexString({&c, 1})));
    }
  }
  return out;
}

std::string PercentDecode(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint32_t byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        absl::SimpleHexAtoi(text.substr(i + 1, 2), &byte)) {
      out.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

// A stable id for what the platform numbers at random.
std::string Guid(absl::string_view of) {
  const std::string hex = Sha256Hex(of);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-4", hex.substr(13, 3), "-8",
                      hex.substr(17, 3), "-", hex.substr(20, 12));
}

bool IsUtf8(const std::string& text) {
  const std::string dumped = json(text).dump(-1, ' ', false, json::error_handler_t::ignore);
  return json::parse(dumped, nullptr, false) == json(text);
}

std::string TextOf(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

absl::StatusOr<std::string> FormatNotebookHtml(absl::string_view name, NotebookLanguage language,
                                               const std::vector<NotebookCell>& cells) {
  json commands = json::array();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const NotebookCell& cell = cells[i];
    if (!IsUtf8(cell.text) || !IsUtf8(cell.title)) {
      return absl::InvalidArgumentError(absl::StrCat("cell ", i + 1, " is not UTF-8"));
    }
    const std::string guid = Guid(absl::StrCat(name, "#", i));
    commands.push_back({{"version", "CommandV1"},
                        {"guid", guid},
                        {"nuid", guid},
                        {"subtype", "command"},
                        {"commandType", "auto"},
                        {"position", static_cast<double>(i + 1)},
                        {"command", cell.text},
                        {"commandTitle", cell.title},
                        {"showCommandTitle", !cell.title.empty()},
                        {"results", nullptr}});
  }
  const json model = {{"version", "NotebookV1"},
                      {"name", std::string(name)},
                      {"guid", Guid(name)},
                      {"language", language == NotebookLanguage::kPython ? "python" : "sql"},
                      {"commands", std::move(commands)},
                      {"dashboards", json::array()},
                      {"globalVars", json::object()},
                      {"inputWidgets", json::object()}};
  const std::string encoded = absl::Base64Escape(PercentEncode(model.dump()));
  const std::string title =
      absl::StrReplaceAll(name, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
  return absl::StrCat("<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n",
                      "<meta name=\"databricks-html-version\" content=\"1\">\n<title>", title,
                      " - Databricks</title>\n<script>var ", kModelStart, encoded,
                      "';</script>\n</head>\n<body></body>\n</html>\n");
}

absl::StatusOr<ExportedNotebook> ParseNotebookHtml(absl::string_view html) {
  const std::size_t marker = html.find(kModelStart);
  const std::size_t start = marker + kModelStart.size();
  const std::size_t end = marker == html.npos ? html.npos : html.find('\'', start);
  std::string encoded;
  if (end == html.npos || !absl::Base64Unescape(html.substr(start, end - start), &encoded)) {
    return absl::InvalidArgumentError("is not the HTML export of a notebook: no notebook model");
  }
  const json model = json::parse(PercentDecode(encoded), nullptr, /*allow_exceptions=*/false);
  if (!model.is_object() || !model.contains("commands") || !model["commands"].is_array()) {
    return absl::InvalidArgumentError("holds a notebook model that cannot be read");
  }
  ExportedNotebook notebook;
  for (const json& command : model["commands"]) {
    if (!command.is_object()) {
      return absl::InvalidArgumentError("holds a notebook model with a command that is no object");
    }
    notebook.cells.push_back(
        {.title = TextOf(command, "commandTitle"), .text = TextOf(command, "command")});
    const auto results = command.find("results");
    notebook.has_results |= results != command.end() && !results->is_null();
  }
  return notebook;
}

}  // namespace roomkeeper
