#pragma once

#include "lib/base/strong_id.h"

namespace roomkeeper {

using BrandId = StrongId<struct BrandIdTag>;      // chosen by the operator: [a-z][a-z0-9-]{0,39}
using InstallId = StrongId<struct InstallIdTag>;  // unique inside its brand, same alphabet
using CleanRoomId =
    StrongId<struct CleanRoomIdTag>;            // unique inside its install, same alphabet, <= 63
using JobId = StrongId<struct JobIdTag>;        // ours: 16 base32 characters, random
using ApiKeyId = StrongId<struct ApiKeyIdTag>;  // ours: 16 base32 characters, random, not secret
using EnrollmentCodeId = StrongId<struct EnrollmentCodeIdTag>;  // the same
using EnrollmentId = StrongId<struct EnrollmentIdTag>;          // the same; its key has the same id
using ShardId = StrongId<struct ShardIdTag>;          // names a provider workspace in the config
using PackageName = StrongId<struct PackageNameTag>;  // [a-z][a-z0-9-]{0,39}

}  // namespace roomkeeper
