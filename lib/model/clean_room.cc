#include "lib/model/clean_room.h"

#include <algorithm>

namespace roomkeeper {

bool NoteVersion(CleanRoom& room, const NotebookState& notebook) {
  const bool is_packaged = std::any_of(
      room.spec.notebooks.begin(), room.spec.notebooks.end(), [&](const NotebookSpec& spec) {
        return spec.name == notebook.name && spec.content_digest == notebook.content_digest;
      });
  std::vector<NotebookVersion>& versions = room.notebook_versions;
  const bool is_known =
      std::any_of(versions.begin(), versions.end(), [&](const NotebookVersion& known) {
        return known.name == notebook.name && known.etag == notebook.etag;
      });
  if (notebook.etag.empty() || !is_packaged || is_known) {
    return false;
  }
  versions.push_back(
      {.name = notebook.name, .etag = notebook.etag, .package_version = room.spec.package_version});
  if (versions.size() > kNotebookVersionsMax) {
    versions.erase(versions.begin());
  }
  return true;
}

}  // namespace roomkeeper
