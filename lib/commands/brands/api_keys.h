#pragma once

#include <optional>
#include <string>

#include "lib/commands/command_context.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {

// For operators; the RPC boundary lets nobody else in. Operators' keys are made and revoked by
// admins: who may make one could make itself any role, and who may revoke one could shut out the
// others. The last admin's key can be revoked too, for it may be the one that was stolen;
// BootstrapOperatorKey is the way back.

struct CreateApiKeyInput {
  BrandPath parent = {};                   // empty: an operator key
  std::optional<Role> operator_role = {};  // of an operator key; none: admin
  std::optional<CiScope> ci = {};          // a CI key, of the install that is the parent
  std::string display_name = {};
  std::optional<absl::Time> expires_at = {};
  std::string request_id = {};
};
struct NewApiKey {
  ApiKey key = {};
  Secret text = {};  // the key itself, here only
};
// RESOURCE_NOT_FOUND (brand or install), INVALID_REQUEST (it would be expired; a role for a brand's
// key; a CI key without an install, or for longer lives than there are), ROLE_TOO_LOW,
// REQUEST_ID_REUSED. A repeated request_id makes no second key, and cannot show the first one
// again, which is stored hashed: RESOURCE_EXISTS with its name.
void CreateApiKeyFor(const CommandContext& context, const Principal& principal,
                     CreateApiKeyInput input, StoreDone<NewApiKey> done);

// Refused from the moment `done` runs. RESOURCE_NOT_FOUND, ROLE_TOO_LOW.
void RevokeApiKeyById(const CommandContext& context, const Principal& principal, ApiKeyId id,
                      StoreDone<ApiKey> done);

// The first operator key, an admin's: written to `path` (mode 0600) if the store has no live key of
// an admin. True: it was written. False: the store has one and the file is left alone. Blocking
// file calls: for start-up only. A crash at any instant leaves either no live key, or the key in
// `path` or in `path`.new, where the next call finds it.
void BootstrapOperatorKey(BrandStore& brands, const Clock& clock, std::string path,
                          StoreDone<bool> done);

}  // namespace roomkeeper
