#pragma once

#include <string>
#include <vector>

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"
#include "lib/model/resource_name.h"
#include "lib/store/audit/audit_query.h"

namespace roomkeeper {

struct ListAuditInput {
  BrandPath parent = {};  // empty: all that the caller may see
  AuditQuery query = {};  // without brand and after
  std::string page_token = {};
};
struct ListAuditOutput {
  std::vector<AuditEntry> entries = {};  // of a brand, as it may see them (BrandView)
  std::string next_page_token = {};
};
// A caller that may not see `parent` does not get here. Operators see every call that was answered
// before; a brand's refused ones come to its slice within a minute.
void ListAuditEntries(const CommandContext& context, const Principal& principal,
                      ListAuditInput input, StoreDone<ListAuditOutput> done);

struct AuditVerdict {
  std::string problem = {};  // empty: the log is whole; else what is wrong, naming the entry
  std::int64_t entries = 0;  // checked before the problem, or all
  AuditHead anchor = {};     // what was erased for its age goes up to it
  AuditHead head = {};       // the last one checked: to be noted, and given as `known` next time
};
// Reads the whole log and computes both chains of every entry. `known`: a head noted earlier, which
// must still be there; without one, entries taken away at the end are not seen. INVALID_REQUEST if
// it was erased for its age. For operators.
void VerifyAudit(const CommandContext& context, AuditHead known, StoreDone<AuditVerdict> done);

}  // namespace roomkeeper
