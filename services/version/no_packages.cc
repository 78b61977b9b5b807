#include "services/version/version.h"

namespace roomkeeper {

const LinkedPackage kLinkedPackages[] = {{}};
const std::size_t kLinkedPackagesCount = 0;

}  // namespace roomkeeper
