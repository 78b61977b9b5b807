#include "lib/packages/package_json.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

#include "lib/crypto/digest.h"

namespace roomkeeper {
namespace {

using nlohmann::json;

json ToJson(const std::vector<ColumnDoc>& columns) {
  json out = json::array();
  for (const ColumnDoc& c : columns) {
    out.push_back(
        {{"name", c.name}, {"type", c.type}, {"meaning", c.meaning}, {"required", c.required}});
  }
  return out;
}

json ToJson(const EgressPolicy& egress) {
  json destinations = json::array();
  for (const InternetDestination& d : egress.allowed_internet_destinations) {
    destinations.push_back(
        {{"destination", d.destination}, {"protocol", d.protocol}, {"type", d.type}});
  }
  return {{"restriction_mode", egress.restriction_mode},
          {"allowed_internet_destinations", std::move(destinations)}};
}

json ToJson(const PackageAsset& asset) {
  json partitions = json::array();
  for (const Partition& partition : asset.partitions) {
    json values = json::array();
    for (const PartitionValue& v : partition) {
      values.push_back({{"name", v.name},
                        {"op", v.op},
                        {"value", v.value},
                        {"recipient_property_key", v.recipient_property_key}});
    }
    partitions.push_back(std::move(values));
  }
  return {{"type", std::string(Name(asset.type))}, {"shared_name", asset.shared_name},
          {"local_name", asset.local_name},        {"description", asset.description},
          {"partitions", std::move(partitions)},   {"columns", ToJson(asset.columns)}};
}

json ToJson(const PackageNotebook& notebook) {
  json parameters = json::array();
  for (const ParameterDoc& p : notebook.parameters) {
    parameters.push_back({{"name", p.name},
                          {"default_value", p.default_value},
                          {"description", p.description},
                          {"allowed_values", p.allowed_values}});
  }
  return {{"name", notebook.name},
          {"description", notebook.description},
          {"environment_version", notebook.environment_version},
          {"content_digest", notebook.content_digest},
          {"workspace_path", notebook.workspace_path},
          {"parameters", std::move(parameters)}};
}

// Of RequiredInput and OutputTable.
template <typename Table>
json TablesToJson(const std::vector<Table>& tables) {
  json out = json::array();
  for (const Table& t : tables) {
    out.push_back(
        {{"name", t.name}, {"description", t.description}, {"columns", ToJson(t.columns)}});
  }
  return out;
}

template <typename Item>
json ListToJson(const std::vector<Item>& items) {
  json out = json::array();
  for (const Item& item : items) {
    out.push_back(ToJson(item));
  }
  return out;
}

}  // namespace

std::string PackageDigest(const PackageVersion& package, const std::vector<SourceFile>& files) {
  json file_list = json::array();
  for (const SourceFile& file : files) {
    file_list.push_back({{"path", file.path}, {"digest", file.digest}});
  }
  const json canonical = {{"name", package.name.value()},
                          {"version", package.version},
                          {"display_name", package.display_name},
                          {"description", package.description},
                          {"enable_shared_output", package.enable_shared_output},
                          {"egress", ToJson(package.egress)},
                          {"assets", ListToJson(package.assets)},
                          {"notebooks", ListToJson(package.notebooks)},
                          {"required_inputs", TablesToJson(package.required_inputs)},
                          {"outputs", TablesToJson(package.outputs)},
                          {"files", std::move(file_list)}};
  return absl::StrCat("sha256:",
                      Sha256Hex(canonical.dump(-1, ' ', false, json::error_handler_t::replace)));
}

}  // namespace roomkeeper
