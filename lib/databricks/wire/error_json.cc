#include "lib/databricks/wire/error_json.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "lib/databricks/wire/fields_json.h"

namespace roomkeeper::wire {
namespace {

constexpr std::size_t kMessageBytesMax = 500;

bool IsCode(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isupper(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '_';
  });
}

// Ends between two characters of UTF-8.
std::string Trimmed(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  std::size_t length = std::min(text.size(), kMessageBytesMax);
  while (length > 0 && length < text.size() &&
         (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
    --length;
  }
  return std::string(text.substr(0, length));
}

bool IsSecretStart(absl::string_view text) {
  // Access tokens (JWT), secrets of service principals, personal access tokens.
  return absl::StartsWith(text, "eyJ") || absl::StartsWith(text, "dose") ||
         absl::StartsWith(text, "dapi");
}

// What looks like a credential becomes "***": messages are logged and shown.
std::string Scrubbed(absl::string_view text) {
  constexpr std::size_t kSecretBytesMin = 20;
  std::string out;
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t end = i;
    while (end < text.size() && (absl::ascii_isalnum(static_cast<unsigned char>(text[end])) ||
                                 absl::StrContains("-_.", text.substr(end, 1)))) {
      ++end;
    }
    const absl::string_view word = text.substr(i, end - i);
    if (word.empty()) {
      out += text[i++];
      continue;
    }
    const bool secret = word.size() >= kSecretBytesMin && IsSecretStart(word);
    absl::StrAppend(&out, secret ? absl::string_view("***") : word);
    i = end;
  }
  return out;
}

// Text that is not JSON may hold any bytes; what we pass on is valid UTF-8 everywhere.
std::string Ascii(absl::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80U; }, '?');
  return out;
}

std::string FirstOf(const Json& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (std::string text = Text(object, key); !text.empty()) {
      return text;
    }
  }
  return {};
}

void ReadDetail(const Json& detail, ErrorBody& error) {
  const std::string type = Text(detail, "@type");
  if (absl::EndsWith(type, "google.rpc.RequestInfo")) {
    error.request_id = Text(detail, "request_id");
  } else if (absl::EndsWith(type, "google.rpc.ErrorInfo")) {
    error.reasons.push_back(Text(detail, "reason"));
  } else if (absl::EndsWith(type, "google.rpc.QuotaFailure")) {
    error.has_quota_failure = true;
  } else if (absl::EndsWith(type, "google.rpc.RetryInfo")) {
    absl::Duration delay;
    if (absl::ParseDuration(Text(detail, "retry_delay"), &delay)) {
      error.retry_delay = std::clamp(delay, absl::ZeroDuration(), absl::Seconds(60));
    }
  }
}

void ReadJson(const Json& body, ErrorBody& error) {
  const Json* code = Find(body, "error_code");
  error.error_code_is_number = code != nullptr && code->is_number();
  error.error_code = FirstOf(body, {"error_code", "errorCode", "error"});
  error.message =
      Trimmed(FirstOf(body, {"message", "error_description", "errorSummary", "detail", "error"}));
  for (const Json& detail : Array(body, "details")) {
    ReadDetail(detail, error);
  }
}

void ReadHtml(absl::string_view body, ErrorBody& error) {
  error.is_html = true;
  const std::size_t pre = body.find("<pre>");
  if (pre != absl::string_view::npos) {
    const absl::string_view rest = body.substr(pre + 5);
    error.message = Trimmed(Ascii(rest.substr(0, rest.find("</pre>"))));
  }
}

void ReadText(absl::string_view body, ErrorBody& error) {
  const std::size_t colon = body.find(": ");
  if (colon != absl::string_view::npos && IsCode(body.substr(0, colon))) {
    error.error_code = std::string(body.substr(0, colon));
    body.remove_prefix(colon + 2);
  }
  error.message = Trimmed(Ascii(body));
}

}  // namespace

ErrorBody ParseErrorBody(const std::string& body) {
  ErrorBody error;
  const absl::string_view text = absl::StripAsciiWhitespace(body);
  if (absl::StartsWith(text, "<")) {
    ReadHtml(text, error);
  } else if (absl::StartsWith(text, "{")) {
    const Json parsed = Json::parse(body, nullptr, /*allow_exceptions=*/false);
    parsed.is_object() ? ReadJson(parsed, error) : ReadText(text, error);
  } else {
    ReadText(text, error);
  }
  error.message = Scrubbed(error.message);
  return error;
}

}  // namespace roomkeeper::wire
