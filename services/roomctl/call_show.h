#pragma once

#include <ostream>

#include <grpcpp/grpcpp.h>

#include "services/roomctl/command.h"

namespace roomkeeper {

// One unary call: CallServer<v1::JobService>(context, &v1::JobService::Stub::GetJob, request, job).
template <typename Service, typename Request, typename Answer>
grpc::Status CallServer(CommandContext& context,
                        grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&,
                                                              Answer*),
                        const Request& request, Answer& answer) {
  const auto stub = Service::NewStub(context.connection()->channel());
  const auto call = context.connection()->NewCall();
  return (stub.get()->*method)(call.get(), request, &answer);
}

// As JSON or, by `print`, for people.
template <typename Answer>
void Show(CommandContext& context, const Answer& answer,
          void (*print)(const Answer&, std::ostream&)) {
  if (context.json()) {
    context.PrintJson(answer);
  } else {
    print(answer, context.out());
  }
}

// Both: what a command does whose answer is all there is to say.
template <typename Service, typename Request, typename Answer>
ExitCode CallAndShow(CommandContext& context,
                     grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Answer*),
                     const Request& request, void (*print)(const Answer&, std::ostream&)) {
  Answer answer;
  if (const auto status = CallServer<Service>(context, method, request, answer); !status.ok()) {
    return context.Fail(status);
  }
  Show(context, answer, print);
  return ExitCode::kOk;
}

}  // namespace roomkeeper
