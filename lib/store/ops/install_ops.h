#pragma once

#include <optional>
#include <string>

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

// As whom the install's app may call; the rest stays. kNotFound; kAlreadyExists: as above.
struct SetCallers {
  struct Result {
    Install install = {};
  };
  BrandId brand = {};
  InstallId install = {};
  std::optional<TokenPin> token = {};  // absent: it stays
  std::optional<std::string> certificate_san = {};
  absl::Time now = {};
  AuditStampPtr audit = {};
};

}  // namespace roomkeeper
