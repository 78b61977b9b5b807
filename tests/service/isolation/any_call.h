#pragma once

#include <memory>
#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include "tests/service/api_methods.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper::testing {

// Any RPC of the server, by its descriptor.

// From the text format; the test ends if the text is not one of the message.
std::unique_ptr<google::protobuf::Message> NewRequest(
    const google::protobuf::MethodDescriptor& method, const std::string& text);

struct AnyAnswer {
  grpc::Status status = {};
  std::string message = {};  // the answer, or the first of a stream, in bytes
  Refusal refusal() const { return World::Details(status); }
};
// A stream is left after its first message, and then counts as OK.
AnyAnswer CallAny(World& world, const google::protobuf::MethodDescriptor& method,
                  const google::protobuf::Message& request, grpc::ClientContext& context);

}  // namespace roomkeeper::testing
