#include "lib/model/json/room_spec_json.h"

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/model/json/json_reader.h"
#include "lib/model/json/json_writer.h"
#include "lib/model/json/package_json.h"

namespace roomkeeper {
namespace {

void Write(JsonWriter& out, const Collaborator& collaborator) {
  out.BeginObject()
      .Field("collaborator_alias", collaborator.collaborator_alias)
      .Field("global_metastore_id", collaborator.global_metastore_id)
      .Field("invite_recipient_email", collaborator.invite_recipient_email)
      .IntField("invite_recipient_workspace_id", collaborator.invite_recipient_workspace_id)
      .EndObject();
}

Collaborator ReadCollaborator(const JsonReader::Node& node) {
  return {.collaborator_alias = node.String("collaborator_alias"),
          .global_metastore_id = node.String("global_metastore_id"),
          .invite_recipient_email = node.String("invite_recipient_email"),
          .invite_recipient_workspace_id = node.Int("invite_recipient_workspace_id")};
}

void Write(JsonWriter& out, const AssetSpec& asset) {
  out.BeginObject().Field("local_name", asset.local_name).Field("name", asset.name);
  WritePartitions(out.Key("partitions"), asset.partitions);
  out.Field("type", Name(asset.type)).EndObject();
}

AssetSpec ReadAsset(JsonReader& reader, const JsonReader::Node& node) {
  AssetSpec asset = {.name = node.String("name"), .local_name = node.String("local_name")};
  const std::string type = node.String("type");
  if (const auto parsed = ParseAssetType(type); parsed.has_value()) {
    asset.type = *parsed;
  } else {
    reader.Fail(absl::StrCat("unknown asset type \"", type, "\""));
  }
  for (const JsonReader::Node& partition : node.Items("partitions")) {
    for (Partition& values = asset.partitions.emplace_back();
         const JsonReader::Node& value : partition.Items()) {
      values.push_back({.name = value.String("name"),
                        .op = value.String("op"),
                        .value = value.String("value"),
                        .recipient_property_key = value.String("recipient_property_key")});
    }
  }
  return asset;
}

void Write(JsonWriter& out, const NotebookSpec& notebook) {
  out.BeginObject()
      .Field("content_digest", notebook.content_digest)
      .Field("description", notebook.description)
      .Field("environment_version", notebook.environment_version)
      .Field("name", notebook.name)
      .Field("runner_collaborator_aliases", notebook.runner_collaborator_aliases)
      .EndObject();
}

NotebookSpec ReadNotebook(const JsonReader::Node& node) {
  return {.name = node.String("name"),
          .description = node.String("description"),
          .environment_version = node.String("environment_version"),
          .content_digest = node.String("content_digest"),
          .runner_collaborator_aliases = node.Strings("runner_collaborator_aliases")};
}

EgressPolicy ReadEgress(const JsonReader::Node& node) {
  EgressPolicy egress = {.restriction_mode = node.String("restriction_mode")};
  for (const JsonReader::Node& item : node.Items("allowed_internet_destinations")) {
    egress.allowed_internet_destinations.push_back({.destination = item.String("destination"),
                                                    .protocol = item.String("protocol"),
                                                    .type = item.String("type")});
  }
  return egress;
}

}  // namespace

std::string FormatRoomSpec(const RoomSpec& spec) {
  JsonWriter out;
  out.BeginObject().Key("assets").BeginArray();
  for (const AssetSpec& asset : spec.assets) {
    Write(out, asset);
  }
  out.EndArray();
  Write(out.Key("brand"), spec.brand);
  out.Field("cloud_vendor", spec.cloud_vendor).Field("comment", spec.comment);
  WriteEgressPolicy(out.Key("egress"), spec.egress);
  out.BoolField("enable_shared_output", spec.enable_shared_output).Key("notebooks").BeginArray();
  for (const NotebookSpec& notebook : spec.notebooks) {
    Write(out, notebook);
  }
  out.EndArray()
      .Field("package", spec.package.value())
      .Field("package_digest", spec.package_digest)
      .Field("package_version", spec.package_version);
  Write(out.Key("provider"), spec.provider);
  out.Field("region", spec.region).Field("room_name", spec.room_name).EndObject();
  return std::move(out).Take();
}

absl::StatusOr<RoomSpec> ParseRoomSpec(absl::string_view json) {
  JsonReader reader(json, "room spec");
  const JsonReader::Node root = reader.root();
  RoomSpec spec = {.room_name = root.String("room_name"),
                   .comment = root.String("comment"),
                   .cloud_vendor = root.String("cloud_vendor"),
                   .region = root.String("region"),
                   .provider = ReadCollaborator(root.At("provider")),
                   .brand = ReadCollaborator(root.At("brand")),
                   .enable_shared_output = root.Bool("enable_shared_output"),
                   .egress = ReadEgress(root.At("egress")),
                   .package = PackageName(root.String("package")),
                   .package_version = root.String("package_version"),
                   .package_digest = root.String("package_digest")};
  for (const JsonReader::Node& item : root.Items("assets")) {
    spec.assets.push_back(ReadAsset(reader, item));
  }
  for (const JsonReader::Node& item : root.Items("notebooks")) {
    spec.notebooks.push_back(ReadNotebook(item));
  }
  RK_RETURN_IF_ERROR(reader.Finish());
  return spec;
}

}  // namespace roomkeeper
