#include <algorithm>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/store/op_rules.h"

namespace roomkeeper {

absl::StatusOr<SetFreeze::Result> Rules::Run(const SetFreeze& op) {
  if (const BrandId brand = FrozenBrand(op.freeze.scope); !brand.empty()) {
    RK_ASSIGN_OR_RETURN(const auto found, brands.FindBrand(brand));
    if (!found.has_value()) {
      return absl::NotFoundError(absl::StrCat("no brand ", brand.value()));
    }
  }
  SetFreeze::Result result = {.freeze = op.freeze};
  RK_ASSIGN_OR_RETURN(const std::vector<Freeze> before, brands.ListFreezes());
  for (const Freeze& freeze : before) {
    if (freeze.scope == op.freeze.scope) {
      result.freeze.since = freeze.since;
    }
  }
  RK_RETURN_IF_ERROR(brands.PutFreeze(result.freeze));
  RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = FrozenBrand(op.freeze.scope),
                                      .at = op.freeze.since,
                                      .method = "SetFreeze",
                                      .resource = op.freeze.scope}));
  RK_ASSIGN_OR_RETURN(notice.freezes, brands.ListFreezes());
  return result;
}

absl::StatusOr<LiftFreeze::Result> Rules::Run(const LiftFreeze& op) {
  RK_ASSIGN_OR_RETURN(const std::vector<Freeze> before, brands.ListFreezes());
  const bool frozen = std::any_of(before.begin(), before.end(),
                                  [&](const Freeze& freeze) { return freeze.scope == op.scope; });
  RK_RETURN_IF_ERROR(brands.EraseFreeze(op.scope));
  if (frozen) {
    RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = FrozenBrand(op.scope),
                                        .at = op.now,
                                        .method = "LiftFreeze",
                                        .resource = op.scope}));
  }
  LiftFreeze::Result result;
  RK_ASSIGN_OR_RETURN(result.left, brands.ListFreezes());
  notice.freezes = result.left;
  return result;
}

}  // namespace roomkeeper
