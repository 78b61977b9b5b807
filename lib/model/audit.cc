#include "lib/model/audit.h"

#include <utility>

namespace roomkeeper {

absl::string_view Name(ActorKind kind) {
  switch (kind) {
    case ActorKind::kNobody:
      return "nobody";
    case ActorKind::kBrand:
      return "brand";
    case ActorKind::kOperator:
      return "operator";
    case ActorKind::kRoomkeeper:
      return "roomkeeper";
  }
  return "?";  // a row that somebody has changed
}

absl::string_view Name(AuditOutcome outcome) {
  switch (outcome) {
    case AuditOutcome::kDone:
      return "done";
    case AuditOutcome::kNoChange:
      return "no change";
    case AuditOutcome::kRefused:
      return "refused";
    case AuditOutcome::kDenied:
      return "denied";
  }
  return "?";
}

AuditStampPtr OwnStamp(std::string method) {
  auto stamp = std::make_shared<AuditStamp>();
  stamp->method = std::move(method);
  return stamp;
}

}  // namespace roomkeeper
