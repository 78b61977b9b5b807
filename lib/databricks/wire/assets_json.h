#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "lib/databricks/wire/rooms_json.h"
#include "lib/model/observed_room.h"
#include "lib/model/room_spec.h"

namespace roomkeeper::wire {

// POST and PATCH of an asset send the same bare object.
std::string AssetBody(const AssetSpec& asset);
std::string NotebookBody(const NotebookSpec& notebook, const std::string& content_base64);

absl::StatusOr<ObservedAsset> ParseAsset(const std::string& body);
absl::StatusOr<Page<ObservedAsset>> ParseAssets(const std::string& body);
// Revisions are assets in another list.
absl::StatusOr<Page<ObservedAsset>> ParseRevisions(const std::string& body);

}  // namespace roomkeeper::wire
