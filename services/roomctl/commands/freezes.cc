#include <string>

#include "roomkeeper/v1/operations.grpc.pb.h"

#include "services/roomctl/call_show.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

using Stub = v1::OperationsService::Stub;

template <typename Response>
void PrintFreezes(const Response& answer, std::ostream& out) {
  if (answer.freezes().empty()) {
    out << "nothing is frozen\n";
    return;
  }
  std::vector<std::vector<std::string>> rows = {{"SCOPE", "SINCE", "BY", "REASON"}};
  for (const v1::Freeze& freeze : answer.freezes()) {
    rows.push_back(
        {freeze.scope(), Text(freeze.freeze_time()), freeze.frozen_by(), freeze.reason()});
  }
  PrintTable(rows, out);
}

void PrintFreeze(const v1::Freeze& freeze, std::ostream& out) {
  PrintFields({{"frozen", freeze.scope()},
               {"since", Text(freeze.freeze_time())},
               {"by", freeze.frozen_by()},
               {"reason", freeze.reason()}},
              out);
}

ExitCode FreezeScope(CommandContext& context) {
  v1::FreezeMutationsRequest request;
  request.set_scope(context.words()[0]);
  request.set_reason(context.arguments().Get("reason"));
  return CallAndShow<v1::OperationsService>(context, &Stub::FreezeMutations, request, &PrintFreeze);
}

ExitCode Thaw(CommandContext& context) {
  v1::ThawMutationsRequest request;
  request.set_scope(context.words()[0]);
  return CallAndShow<v1::OperationsService>(context, &Stub::ThawMutations, request,
                                            &PrintFreezes<v1::ThawMutationsResponse>);
}

ExitCode List(CommandContext& context) {
  return CallAndShow<v1::OperationsService>(context, &Stub::ListFreezes, v1::ListFreezesRequest(),
                                            &PrintFreezes<v1::ListFreezesResponse>);
}

}  // namespace

std::vector<Command> FreezeCommands() {
  return {
      {"",
       "freeze",
       "SCOPE",
       "Stop all changes of brands/…, shards/… or everything (operator)",
       1,
       1,
       {{"reason", "TEXT", "why, for the other operators"}},
       &FreezeScope},
      {"",
       "thaw",
       "SCOPE",
       "Let changes go on; shows what is still frozen (operator)",
       1,
       1,
       {},
       &Thaw},
      {"", "freezes", "", "Show what is frozen (operator)", 0, 0, {}, &List},
  };
}

}  // namespace roomkeeper
