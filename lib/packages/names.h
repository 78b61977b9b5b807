#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace roomkeeper {

// Rules for the names in a package. The …Problem functions return "" if the name is fine, else a
// clause to put after the field's name: "has 2 parts, 3 are allowed: <catalog>.<schema>.<name>".

// Of a Unity Catalog object. Unit: characters.
// Source: docs.databricks.com, "Names" (Unity Catalog securable object naming), read 2026-11-20.
inline constexpr std::size_t kUcNameMax = 255;

// One part: 1 to 255 characters, no period, space, slash, control character or DEL.
std::string UcNameProblem(absl::string_view name);
// `parts` such names joined by periods.
std::string UcPathProblem(absl::string_view path, std::size_t parts);
// A notebook's asset name is a file name: 1 to 255 characters, no slash, control character, or
// space at either end.
std::string NotebookNameProblem(absl::string_view name);
// A package's name: [a-z][a-z0-9-]{0,39}.
std::string PackageNameProblem(absl::string_view name);
// A parameter becomes a notebook widget: [A-Za-z_][A-Za-z0-9_]{0,63}, and none of the names that
// the platform fills in (cr_output_catalog, cr_output_schema).
std::string ParameterNameProblem(absl::string_view name);
// A domain name of two or more labels; "*." may stand before it.
std::string DomainProblem(absl::string_view domain);

// MAJOR.MINOR.PATCH; nothing if it is written in another way. Compares as versions do.
using SemanticVersion = std::array<std::uint32_t, 3>;
std::optional<SemanticVersion> ParseSemanticVersion(absl::string_view text);

}  // namespace roomkeeper
