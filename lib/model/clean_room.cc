#include "lib/model/clean_room.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"

namespace roomkeeper {
namespace {

bool Packs(const RoomSpec& spec, const NotebookState& notebook) {
  return std::any_of(spec.notebooks.begin(), spec.notebooks.end(), [&](const NotebookSpec& it) {
    return it.name == notebook.name && it.content_digest == notebook.content_digest;
  });
}

}  // namespace

bool NoteVersion(CleanRoom& room, const NotebookState& notebook, std::optional<absl::Time> since) {
  const RoomSpec* spec = Packs(room.spec, notebook) ? &room.spec
                         : room.leaving.has_value() && Packs(*room.leaving, notebook)
                             ? &*room.leaving
                             : nullptr;
  if (notebook.etag.empty() || spec == nullptr) {
    return false;
  }
  std::vector<NotebookVersion>& versions = room.notebook_versions;
  const auto last =
      std::find_if(versions.rbegin(), versions.rend(), [&](const NotebookVersion& known) {
        return known.name == notebook.name && known.etag == notebook.etag;
      });
  const bool is_known = last != versions.rend();
  if (is_known && (!since.has_value() || last->package_version == spec->package_version)) {
    return false;
  }
  versions.push_back({.name = notebook.name,
                      .etag = notebook.etag,
                      .package_version = spec->package_version,
                      .since = is_known ? since : std::nullopt});
  if (versions.size() > kNotebookVersionsMax) {
    versions.erase(versions.begin());
  }
  return true;
}

std::string VersionAt(const CleanRoom& room, const std::string& notebook, const std::string& etag,
                      absl::Time at) {
  std::string version;
  for (const NotebookVersion& known : room.notebook_versions) {
    if (known.name == notebook && known.etag == etag &&
        (version.empty() || known.since.value_or(absl::InfinitePast()) <= at)) {
      version = known.package_version;
    }
  }
  return version;
}

void LeaveFor(CleanRoom& room, RoomSpec target) {
  room.leaving = std::exchange(room.spec, std::move(target));
  const auto spec_in = [](const RoomSpec& spec, const std::string& name) {
    return std::find_if(spec.notebooks.begin(), spec.notebooks.end(), [&](const NotebookSpec& it) {
      return absl::EqualsIgnoreCase(it.name, name);
    });
  };
  std::erase_if(room.notebooks, [&](const NotebookState& notebook) {
    const auto left = spec_in(*room.leaving, notebook.name);
    const auto wanted = spec_in(room.spec, notebook.name);
    return left == room.leaving->notebooks.end() || wanted == room.spec.notebooks.end() ||
           *left != *wanted;
  });
}

}  // namespace roomkeeper
