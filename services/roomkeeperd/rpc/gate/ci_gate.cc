#include "services/roomkeeperd/rpc/gate/ci_gate.h"

#include <string>
#include <utility>

#include "lib/commands/ci/ci_scope.h"
#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/request_rules.h"

namespace roomkeeper {

void CheckCiNames(JobStore& jobs, const Grant& grant, const Principal& principal,
                  const google::protobuf::Message& request,
                  std::function<void(absl::Status)> done) {
  const RequestRules* rules = FindRules(grant.method);
  if (!principal.IsCi() || rules == nullptr) {
    done(absl::OkStatus());
    return;
  }
  for (const FieldRule& rule : rules->fields) {
    if (rule.check == check::RoomName) {
      CheckCiSeesRoom(jobs, principal,
                      ParseRoomName(ViewOf(request, rule).text()).value_or(RoomKey()),
                      std::move(done));
      return;
    }
    if (rule.check == check::JobName) {
      CheckCiSeesJob(jobs, principal, ParseJobName(ViewOf(request, rule).text()).value_or(JobId()),
                     std::move(done));
      return;
    }
  }
  done(absl::OkStatus());
}

}  // namespace roomkeeper
