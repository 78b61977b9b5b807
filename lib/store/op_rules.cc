#include "lib/store/op_rules.h"

#include <utility>
#include <variant>

namespace roomkeeper {

absl::StatusOr<WriteResult> Rules::Apply(const WriteOp& op) {
  return std::visit(
      [this](const auto& typed) -> absl::StatusOr<WriteResult> {
        auto result = Run(typed);
        if (!result.ok()) {
          return result.status();
        }
        return WriteResult(*std::move(result));
      },
      op);
}

}  // namespace roomkeeper
