#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/model/audit.h"
#include "lib/model/brand.h"

namespace roomkeeper {

// Part of lib/store/ops.h.

// kNotFound: no such brand. kAlreadyExists: the id is taken, or another install has this metastore
// and workspace, this token issuer and subject, or this certificate.
struct CreateInstall {
  struct Result {
    Install install = {};
  };
  Install install = {};
  AuditStampPtr audit = {};
};

// As whom the install's app may call, and what it may have; the rest stays. kNotFound;
// kAlreadyExists: as above.
struct SetCallers {
  struct Result {
    Install install = {};
  };
  BrandId brand = {};
  InstallId install = {};
  std::optional<TokenPin> token = {};  // absent: it stays
  std::optional<std::string> certificate_san = {};
  std::optional<std::vector<PackageName>> packages = {};
  std::optional<std::int32_t> rooms_max = {};
  absl::Time now = {};
  AuditStampPtr audit = {};
};

}  // namespace roomkeeper
