#include "lib/model/package.h"

#include <array>
#include <utility>

namespace roomkeeper {
namespace {

constexpr std::array kAssetTypes = {
    std::pair{AssetType::kTable, "TABLE"},
    std::pair{AssetType::kView, "VIEW"},
    std::pair{AssetType::kVolume, "VOLUME"},
    std::pair{AssetType::kForeignTable, "FOREIGN_TABLE"},
    std::pair{AssetType::kNotebookFile, "NOTEBOOK_FILE"},
};

}  // namespace

absl::string_view Name(AssetType type) {
  for (const auto& [value, name] : kAssetTypes) {
    if (value == type) {
      return name;
    }
  }
  return "UNKNOWN";
}

std::optional<AssetType> ParseAssetType(absl::string_view name) {
  for (const auto& [value, candidate] : kAssetTypes) {
    if (name == candidate) {
      return value;
    }
  }
  return std::nullopt;
}

}  // namespace roomkeeper
