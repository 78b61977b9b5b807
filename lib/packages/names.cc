#include "lib/packages/names.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kPackageNameMax = 40;
constexpr std::size_t kParameterNameMax = 64;
constexpr std::size_t kDomainMax = 253;  // RFC 1035, section 2.3.4
constexpr std::size_t kDomainLabelMax = 63;

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::string_view(text).substr(0, 80), "\"");
}

std::size_t Characters(absl::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // not a continuation byte
  }));
}

std::string LengthProblem(absl::string_view name, std::size_t max) {
  const std::size_t length = Characters(name);
  if (length >= 1 && length <= max) {
    return "";
  }
  return absl::StrCat("has ", length, " characters, 1 to ", max, " are allowed");
}

bool HasControl(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
  });
}

bool IsDomainLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kDomainLabelMax && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
         });
}

}  // namespace

std::string UcNameProblem(absl::string_view name) {
  if (std::string problem = LengthProblem(name, kUcNameMax); !problem.empty()) {
    return problem;
  }
  if (HasControl(name) || name.find_first_of(". /") != absl::string_view::npos) {
    return absl::StrCat("is ", Quoted(name),
                        "; a period, space, slash or control character is not allowed");
  }
  return "";
}

std::string UcPathProblem(absl::string_view path, std::size_t parts) {
  const std::vector<absl::string_view> names = absl::StrSplit(path, '.');
  if (names.size() != parts) {
    return absl::StrCat("is ", Quoted(path), " with ", names.size(), " parts; ", parts,
                        " are wanted: ", parts == 2 ? "" : "<catalog>.", "<schema>.<name>");
  }
  for (const absl::string_view name : names) {
    if (std::string problem = UcNameProblem(name); !problem.empty()) {
      return absl::StrCat("is ", Quoted(path), ", where ", Quoted(name), " ", problem);
    }
  }
  return "";
}

std::string NotebookNameProblem(absl::string_view name) {
  if (std::string problem = LengthProblem(name, kUcNameMax); !problem.empty()) {
    return problem;
  }
  if (HasControl(name) || absl::StrContains(name, '/') ||
      absl::StripAsciiWhitespace(name) != name) {
    return absl::StrCat("is ", Quoted(name),
                        "; a slash, a control character or a space at an end is not allowed");
  }
  return "";
}

std::string PackageNameProblem(absl::string_view name) {
  const bool fine = !name.empty() && name.size() <= kPackageNameMax &&
                    absl::ascii_islower(static_cast<unsigned char>(name.front())) &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                             absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
                    });
  return fine ? "" : absl::StrCat("is ", Quoted(name), "; allowed: [a-z][a-z0-9-]{0,39}");
}

std::string ParameterNameProblem(absl::string_view name) {
  if (name == "cr_output_catalog" || name == "cr_output_schema") {
    return absl::StrCat("is ", Quoted(name), ", which the platform fills in itself");
  }
  const bool fine = !name.empty() && name.size() <= kParameterNameMax &&
                    !absl::ascii_isdigit(static_cast<unsigned char>(name.front())) &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
                    });
  return fine ? "" : absl::StrCat("is ", Quoted(name), "; allowed: [A-Za-z_][A-Za-z0-9_]{0,63}");
}

std::string DomainProblem(absl::string_view domain) {
  absl::string_view rest = domain;
  (void)absl::ConsumePrefix(&rest, "*.");
  const std::vector<absl::string_view> labels = absl::StrSplit(rest, '.');
  if (domain.size() <= kDomainMax && labels.size() >= 2 &&
      std::all_of(labels.begin(), labels.end(), IsDomainLabel)) {
    return "";
  }
  return absl::StrCat("is ", Quoted(domain),
                      "; a domain name is wanted, in lower case and without scheme, port or path");
}

std::optional<SemanticVersion> ParseSemanticVersion(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  SemanticVersion version = {};
  if (parts.size() != version.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < version.size(); ++i) {
    const bool digits =
        !parts[i].empty() && std::all_of(parts[i].begin(), parts[i].end(), [](char c) {
          return absl::ascii_isdigit(static_cast<unsigned char>(c));
        });
    const bool leading_zero = parts[i].size() > 1 && parts[i].front() == '0';
    if (!digits || leading_zero || !absl::SimpleAtoi(parts[i], &version[i])) {
      return std::nullopt;
    }
  }
  return version;
}

}  // namespace roomkeeper
