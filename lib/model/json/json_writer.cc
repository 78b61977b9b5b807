#include "lib/model/json/json_writer.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "lib/base/check.h"

namespace roomkeeper {
namespace {

// The length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none
// (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF).
std::size_t Utf8Length(absl::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto tail = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if ((byte(i) & 0xC0U) != 0x80U) {
        return false;
      }
    }
    return true;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80U) {
    return 1;
  }
  if (lead >= 0xC2U && lead <= 0xDFU) {
    return tail(1, 2) ? 2 : 0;
  }
  if (lead >= 0xE0U && lead <= 0xEFU) {
    const bool bad = (lead == 0xE0U && byte(1) < 0xA0U) || (lead == 0xEDU && byte(1) > 0x9FU);
    return !bad && tail(1, 3) ? 3 : 0;
  }
  if (lead >= 0xF0U && lead <= 0xF4U) {
    const bool bad = (lead == 0xF0U && byte(1) < 0x90U) || (lead == 0xF4U && byte(1) > 0x8FU);
    return !bad && tail(1, 4) ? 4 : 0;
  }
  return 0;
}

void AppendEscaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) < 0x20U) {
    absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned char>(c));
  } else {
    out += c;
  }
}

// How many bytes from the start need no escape: copied at once, since most text is nothing else.
std::size_t PlainLength(absl::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && text[n] >= 0x20 && text[n] < 0x7F && text[n] != '"' &&
         text[n] != '\\') {
    ++n;
  }
  return n;
}

void AppendQuoted(std::string& out, absl::string_view value) {
  out += '"';
  while (!value.empty()) {
    if (const std::size_t plain = PlainLength(value); plain != 0) {
      out.append(value.data(), plain);
      value.remove_prefix(plain);
      continue;
    }
    const std::size_t length = Utf8Length(value);
    if (length == 1) {
      AppendEscaped(out, value[0]);
    } else if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else {
      out.append(value.data(), length);
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

}  // namespace

void JsonWriter::Separate() {
  if (!first_) {
    out_ += ',';
  }
  first_ = false;
}

JsonWriter& JsonWriter::BeginObject() {
  Separate();
  out_ += '{';
  last_keys_.emplace_back();
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  out_ += '}';
  last_keys_.pop_back();
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::BeginArray() {
  Separate();
  out_ += '[';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  out_ += ']';
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::Key(absl::string_view key) {
  std::string& last = last_keys_.back();
  RK_CHECK(first_ || absl::string_view(last) < key);
  last.assign(key.data(), key.size());
  Separate();
  AppendQuoted(out_, key);
  out_ += ':';
  first_ = true;  // the value that follows takes no comma
  return *this;
}

JsonWriter& JsonWriter::String(absl::string_view value) {
  Separate();
  AppendQuoted(out_, value);
  return *this;
}

JsonWriter& JsonWriter::Int(std::int64_t value) {
  Separate();
  absl::StrAppend(&out_, value);
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) {
  Separate();
  out_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::Null() {
  Separate();
  out_ += "null";
  return *this;
}

JsonWriter& JsonWriter::Field(absl::string_view key, absl::string_view value) {
  return Key(key).String(value);
}

JsonWriter& JsonWriter::Field(absl::string_view key, const std::vector<std::string>& values) {
  Key(key).BeginArray();
  for (const std::string& value : values) {
    String(value);
  }
  return EndArray();
}

}  // namespace roomkeeper
