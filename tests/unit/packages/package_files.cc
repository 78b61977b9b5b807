#include "tests/unit/packages/package_files.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {

void PackageFiles::Write(const std::string& path, absl::string_view text) const {
  const std::filesystem::path file = std::filesystem::path(root()) / path;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  REQUIRE(out.good());
}

std::string SmallManifest() {
  return "name: small\n"
         "version: 1.2.3\n"
         "display_name: Small\n"
         "description: A small package.\n"
         "enable_shared_output: true\n"
         "egress:\n"
         "  restriction_mode: RESTRICTED_ACCESS\n"
         "  allowed_internet_destinations:\n"
         "    - {destination: api.example.com}\n"
         "assets:\n"
         "  - type: TABLE\n"
         "    shared_name: spine.person\n"
         "    local_name: identity.spine.person\n"
         "    partitions:\n"
         "      - values: [{name: country, op: EQUAL, value: US}]\n"
         "    columns:\n"
         "      - {name: id, type: STRING, meaning: The key}\n"
         "notebooks:\n"
         "  - name: match\n"
         "    description: Matches.\n"
         "    file: match.py\n"
         "    parameters:\n"
         "      - {name: mode, description: How, default_value: fast, allowed_values: [fast]}\n"
         "required_inputs:\n"
         "  - {name: crm.customers, description: Yours}\n"
         "outputs:\n"
         "  - {name: rate, description: The rate}\n";
}

std::string SmallNotebook() {
  return "# Databricks notebook source\n"
         "# MAGIC %md\n"
         "# MAGIC # Title\n"
         "\n"
         "# COMMAND ----------\n"
         "# DBTITLE 1,Work\n"
         "x = 1\n";
}

std::string ManifestWith(absl::string_view from, absl::string_view to) {
  const std::string manifest = SmallManifest();
  INFO(from);
  REQUIRE(absl::StrContains(manifest, from));
  return absl::StrReplaceAll(manifest, {{from, to}});
}

}  // namespace roomkeeper::testing
