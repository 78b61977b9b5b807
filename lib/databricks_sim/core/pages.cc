#include "lib/databricks_sim/core/pages.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "lib/crypto/digest.h"

namespace roomkeeper::sim {
namespace {

constexpr std::size_t kCheckSize = 8;
constexpr const char* kStart = "\x01start";  // of the page after an empty first one

std::string Check(const Call& call, const std::string& field, const std::string& text) {
  return Sha256Hex(absl::StrCat(call.workspace.config.name, "|", field, "|", text))
      .substr(0, kCheckSize);
}

// The position is kept beside the key: it serves when the entry itself has gone since.
std::string TokenFor(const Call& call, const std::string& field, std::size_t position,
                     const std::string& key) {
  const std::string text = absl::StrCat(position, "|", key);
  return absl::WebSafeBase64Escape(absl::StrCat(Check(call, field, text), text));
}

Or<std::size_t> FirstAfter(const Call& call, const std::string& field,
                           const std::vector<PageEntry>& entries, const std::string& token) {
  std::string text;
  const bool readable = absl::WebSafeBase64Unescape(token, &text) && text.size() > kCheckSize &&
                        text.substr(0, kCheckSize) == Check(call, field, text.substr(kCheckSize));
  const auto bar = text.find('|');
  std::size_t position = 0;
  if (!readable || bar == std::string::npos ||
      !absl::SimpleAtoi(text.substr(kCheckSize, bar - kCheckSize), &position)) {
    return InvalidParameter(absl::StrCat("Invalid page_token '", token, "'"));
  }
  const std::string key = text.substr(bar + 1);
  if (key == kStart) {
    return std::size_t{0};
  }
  const auto it = std::find_if(entries.begin(), entries.end(),
                               [&](const PageEntry& entry) { return entry.key == key; });
  return it == entries.end() ? std::min(position, entries.size())
                             : static_cast<std::size_t>(it - entries.begin()) + 1;
}

Or<std::int64_t> PageSize(const Call& call, std::int64_t standard, std::int64_t most) {
  std::int64_t size = 0;
  const std::string text = call.Query("page_size");
  if (!text.empty() && (!absl::SimpleAtoi(text, &size) || size < 0 || size > most)) {
    return InvalidParameter(
        absl::StrCat("page_size must be between 0 and ", most, ", got '", text, "'"));
  }
  size = size == 0 ? standard : size;
  return call.Knob("page_cap", "2") ? std::min<std::int64_t>(size, 2) : size;
}

}  // namespace

Reply PageOf(const Call& call, const std::string& field, const std::vector<PageEntry>& entries,
             std::int64_t page_size_default, std::int64_t page_size_max) {
  const Or<std::int64_t> size = PageSize(call, page_size_default, page_size_max);
  if (size.refusal) {
    return *size.refusal;
  }
  Reply reply;
  const std::string token = call.Query("page_token");
  if (token.empty() && call.Knob("empty_pages", "on")) {
    reply.body["next_page_token"] = TokenFor(call, field, 0, kStart);
    return reply;
  }
  std::size_t first = 0;
  if (!token.empty()) {
    const Or<std::size_t> found = FirstAfter(call, field, entries, token);
    if (found.refusal) {
      return *found.refusal;
    }
    first = found.value;
  }
  const std::size_t end = std::min(entries.size(), first + static_cast<std::size_t>(size.value));
  Json values = Json::array();
  for (std::size_t i = first; i < end; ++i) {
    values.push_back(entries[i].view());
  }
  PutJson(reply.body, field, std::move(values));
  if (end < entries.size()) {
    reply.body["next_page_token"] = TokenFor(call, field, end, entries[end - 1].key);
  }
  return reply;
}

}  // namespace roomkeeper::sim
