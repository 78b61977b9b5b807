#pragma once

namespace roomkeeper {

// From the build: the project's version, and the commit it was built from ("unknown" without git).
extern const char* const kVersion;
extern const char* const kCommit;

}  // namespace roomkeeper
