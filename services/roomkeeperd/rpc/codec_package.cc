#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/proto_codec.h"

namespace roomkeeper {
namespace {

template <typename Out>
void AddColumns(const std::vector<ColumnDoc>& columns, Out& out) {
  for (const ColumnDoc& column : columns) {
    v1::Column& row = *out.add_columns();
    row.set_name(column.name);
    row.set_type(column.type);
    row.set_meaning(column.meaning);
    row.set_required(column.required);
  }
}

void Encode(const EgressPolicy& egress, v1::EgressPolicy& out) {
  out.set_restriction_mode(egress.restriction_mode);
  for (const InternetDestination& destination : egress.allowed_internet_destinations) {
    v1::InternetDestination& row = *out.add_allowed_internet_destinations();
    row.set_destination(destination.destination);
    row.set_protocol(destination.protocol);
    row.set_type(destination.type);
  }
}

void Encode(const PackageAsset& asset, const Principal& reader, v1::PackageAsset& out) {
  out.set_asset_type(std::string(Name(asset.type)));
  out.set_shared_name(asset.shared_name);
  if (reader.IsOperator()) {
    out.set_local_name(asset.local_name);
  }
  out.set_description(asset.description);
  AddColumns(asset.columns, out);
}

// Everything but the content: that stays with the provider, whoever asks.
void Encode(const PackageNotebook& notebook, v1::PackageNotebook& out) {
  out.set_name(notebook.name);
  out.set_description(notebook.description);
  out.set_environment_version(notebook.environment_version);
  out.set_content_digest(notebook.content_digest);
  for (const ParameterDoc& parameter : notebook.parameters) {
    ToProto(parameter, *out.add_parameters());
  }
}

}  // namespace

void ToProto(const ParameterDoc& parameter, v1::Parameter& out) {
  out.set_name(parameter.name);
  out.set_default_value(parameter.default_value);
  out.set_description(parameter.description);
  for (const std::string& value : parameter.allowed_values) {
    out.add_allowed_values(value);
  }
}

void ToProto(const RequiredInput& input, v1::RequiredInput& out) {
  out.set_name(input.name);
  out.set_description(input.description);
  AddColumns(input.columns, out);
}

void ToProto(const OutputTable& output, v1::OutputTable& out) {
  out.set_name(output.name);
  out.set_description(output.description);
  AddColumns(output.columns, out);
}

void ToProto(const PackageVersion& version, const Principal& reader, v1::PackageVersion& out) {
  out.set_name(FormatName(version.name, version.version));
  out.set_version(version.version);
  out.set_digest(version.digest);
  out.set_display_name(version.display_name);
  out.set_description(version.description);
  out.set_enable_shared_output(version.enable_shared_output);
  Encode(version.egress, *out.mutable_egress_policy());
  for (const PackageAsset& asset : version.assets) {
    Encode(asset, reader, *out.add_assets());
  }
  for (const PackageNotebook& notebook : version.notebooks) {
    Encode(notebook, *out.add_notebooks());
  }
  for (const RequiredInput& input : version.required_inputs) {
    ToProto(input, *out.add_required_inputs());
  }
  for (const OutputTable& output : version.outputs) {
    ToProto(output, *out.add_outputs());
  }
}

}  // namespace roomkeeper
