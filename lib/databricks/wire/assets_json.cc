#include "lib/databricks/wire/assets_json.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/crypto/digest.h"
#include "lib/databricks/wire/fields_json.h"
#include "lib/databricks/wire/long_text.h"

namespace roomkeeper::wire {
namespace {

constexpr char kContent[] = "notebook_content";

const char* DetailsKey(AssetType type) {
  switch (type) {
    case AssetType::kTable:
      return "table_local_details";
    case AssetType::kView:
      return "view_local_details";
    case AssetType::kVolume:
      return "volume_local_details";
    case AssetType::kForeignTable:
      return "foreign_table_local_details";
    case AssetType::kNotebookFile:
      return "notebook";
  }
  return "";
}

Json PartitionJson(const Partition& partition) {
  Json values = Json::array();
  for (const PartitionValue& it : partition) {
    Json value = {{"name", it.name}, {"op", it.op}};
    if (!it.recipient_property_key.empty()) {
      value["recipient_property_key"] = it.recipient_property_key;
    } else if (!it.value.empty()) {  // neither of the two means NULL
      value["value"] = it.value;
    }
    values.push_back(std::move(value));
  }
  return {{"values", std::move(values)}};
}

// `lifted`: the content, if it was lifted out of the answer.
void ReadNotebook(const Json& notebook, absl::string_view lifted, ObservedAsset& asset) {
  asset.notebook_etag = Text(notebook, "etag");
  asset.description = Text(notebook, "description");
  asset.environment_version = Text(notebook, "environment_version");
  asset.runner_collaborator_aliases = Texts(notebook, "runner_collaborator_aliases");
  std::string content;
  const std::string left = Text(notebook, kContent);
  const absl::string_view base64 = left == kLongText ? lifted : absl::string_view(left);
  if (!base64.empty() && absl::Base64Unescape(base64, &content)) {
    asset.notebook_content_digest = absl::StrCat("sha256:", Sha256Hex(content));
  }
}

absl::StatusOr<ObservedAsset> ReadAsset(const Json& json, absl::string_view lifted_content) {
  ObservedAsset asset;
  asset.name = Text(json, "name");
  asset.asset_type = Text(json, "asset_type");
  if (asset.name.empty() || asset.asset_type.empty()) {
    return absl::DataLossError("an asset has no name or no asset_type");
  }
  asset.status = Text(json, "status");
  asset.owner_collaborator_alias = Text(json, "owner_collaborator_alias");
  if (Has(json, "notebook")) {
    ReadNotebook(Object(json, "notebook"), lifted_content, asset);
  }
  for (const AssetType type :
       {AssetType::kTable, AssetType::kView, AssetType::kVolume, AssetType::kForeignTable}) {
    if (Has(json, DetailsKey(type))) {
      asset.local_name = Text(Object(json, DetailsKey(type)), "local_name");
    }
  }
  return asset;
}

absl::StatusOr<Page<ObservedAsset>> ReadPage(const std::string& body, const char* key) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  Page<ObservedAsset> page = {.next_page_token = Text(json, "next_page_token")};
  for (const Json& item : Array(json, key)) {
    RK_ASSIGN_OR_RETURN(ObservedAsset asset, ReadAsset(item, ""));
    page.items.push_back(std::move(asset));
  }
  return page;
}

}  // namespace

std::string AssetBody(const AssetSpec& asset) {
  Json details = {{"local_name", asset.local_name}};
  for (const Partition& partition : asset.partitions) {
    details["partitions"].push_back(PartitionJson(partition));
  }
  return Dump({{"name", asset.name},
               {"asset_type", std::string(Name(asset.type))},
               {DetailsKey(asset.type), std::move(details)}});
}

std::string NotebookBody(const NotebookSpec& notebook, const std::string& content_base64) {
  Json body = {{kContent, std::string(kLongText)},
               {"runner_collaborator_aliases", notebook.runner_collaborator_aliases}};
  if (!notebook.description.empty()) {
    body["description"] = notebook.description;
  }
  if (!notebook.environment_version.empty()) {
    body["environment_version"] = notebook.environment_version;
  }
  return PutLongText(Dump({{"name", notebook.name},
                           {"asset_type", std::string(Name(AssetType::kNotebookFile))},
                           {"notebook", std::move(body)}}),
                     kContent, content_base64);
}

absl::StatusOr<ObservedAsset> ParseAsset(const std::string& body) {
  const Lifted lifted = LiftLongText(body, kContent);
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(lifted.json));
  return ReadAsset(json, lifted.text);
}

absl::StatusOr<Page<ObservedAsset>> ParseAssets(const std::string& body) {
  return ReadPage(body, "assets");
}

absl::StatusOr<Page<ObservedAsset>> ParseRevisions(const std::string& body) {
  return ReadPage(body, "revisions");
}

}  // namespace roomkeeper::wire
