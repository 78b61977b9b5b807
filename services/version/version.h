#pragma once

#include <cstddef>

namespace roomkeeper {

// From the build: the release, which is a git tag, or how far from one it was built, and the
// commit. Every form: deploy/version.py.
extern const char* const kVersion;
extern const char* const kCommit;

// The Debian packages that roomkeeperd was linked with, as in its SBOM; none where the build has no
// dpkg, and with sanitizers. Ascending. Only in the target rk_linked_packages.
struct LinkedPackage {
  const char* name = "";
  const char* version = "";
};
extern const LinkedPackage kLinkedPackages[];
extern const std::size_t kLinkedPackagesCount;

}  // namespace roomkeeper
