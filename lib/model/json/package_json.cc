#include "lib/model/json/package_json.h"

namespace roomkeeper {
namespace {

void WriteColumns(JsonWriter& out, const std::vector<ColumnDoc>& columns) {
  out.BeginArray();
  for (const ColumnDoc& column : columns) {
    out.BeginObject()
        .Field("meaning", column.meaning)
        .Field("name", column.name)
        .BoolField("required", column.required)
        .Field("type", column.type)
        .EndObject();
  }
  out.EndArray();
}

void Write(JsonWriter& out, const PackageAsset& asset) {
  out.BeginObject();
  WriteColumns(out.Key("columns"), asset.columns);
  out.Field("description", asset.description).Field("local_name", asset.local_name);
  WritePartitions(out.Key("partitions"), asset.partitions);
  out.Field("shared_name", asset.shared_name).Field("type", Name(asset.type)).EndObject();
}

void Write(JsonWriter& out, const PackageNotebook& notebook) {
  out.BeginObject()
      .Field("content_digest", notebook.content_digest)
      .Field("description", notebook.description)
      .Field("environment_version", notebook.environment_version)
      .Field("name", notebook.name)
      .Key("parameters")
      .BeginArray();
  for (const ParameterDoc& parameter : notebook.parameters) {
    out.BeginObject()
        .Field("allowed_values", parameter.allowed_values)
        .Field("default_value", parameter.default_value)
        .Field("description", parameter.description)
        .Field("name", parameter.name)
        .EndObject();
  }
  out.EndArray().Field("workspace_path", notebook.workspace_path).EndObject();
}

// RequiredInput and OutputTable have the same members.
template <typename Table>
void WriteTables(JsonWriter& out, const std::vector<Table>& tables) {
  out.BeginArray();
  for (const Table& table : tables) {
    out.BeginObject();
    WriteColumns(out.Key("columns"), table.columns);
    out.Field("description", table.description).Field("name", table.name).EndObject();
  }
  out.EndArray();
}

}  // namespace

void WriteEgressPolicy(JsonWriter& out, const EgressPolicy& egress) {
  out.BeginObject().Key("allowed_internet_destinations").BeginArray();
  for (const InternetDestination& destination : egress.allowed_internet_destinations) {
    out.BeginObject()
        .Field("destination", destination.destination)
        .Field("protocol", destination.protocol)
        .Field("type", destination.type)
        .EndObject();
  }
  out.EndArray().Field("restriction_mode", egress.restriction_mode).EndObject();
}

void WritePartitions(JsonWriter& out, const std::vector<Partition>& partitions) {
  out.BeginArray();
  for (const Partition& partition : partitions) {
    out.BeginArray();
    for (const PartitionValue& value : partition) {
      out.BeginObject()
          .Field("name", value.name)
          .Field("op", value.op)
          .Field("recipient_property_key", value.recipient_property_key)
          .Field("value", value.value)
          .EndObject();
    }
    out.EndArray();
  }
  out.EndArray();
}

std::string FormatPackageVersion(const PackageVersion& package) {
  JsonWriter out;
  out.BeginObject().Key("assets").BeginArray();
  for (const PackageAsset& asset : package.assets) {
    Write(out, asset);
  }
  out.EndArray()
      .Field("description", package.description)
      .Field("display_name", package.display_name);
  WriteEgressPolicy(out.Key("egress"), package.egress);
  out.BoolField("enable_shared_output", package.enable_shared_output)
      .Field("name", package.name.value())
      .Key("notebooks")
      .BeginArray();
  for (const PackageNotebook& notebook : package.notebooks) {
    Write(out, notebook);
  }
  out.EndArray();
  WriteTables(out.Key("outputs"), package.outputs);
  WriteTables(out.Key("required_inputs"), package.required_inputs);
  out.Field("version", package.version).EndObject();
  return std::move(out).Take();
}

}  // namespace roomkeeper
