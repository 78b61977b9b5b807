#include "tests/service/isolation/any_call.h"

#include <vector>

#include <google/protobuf/text_format.h>
#include <grpcpp/generic/generic_stub.h>

#include "absl/strings/str_cat.h"

namespace roomkeeper::testing {
namespace {

using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;

bool Next(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  (void)buffer.Dump(&slices);
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace

std::unique_ptr<Message> NewRequest(const MethodDescriptor& method, const std::string& text) {
  std::unique_ptr<Message> request(
      MessageFactory::generated_factory()->GetPrototype(method.input_type())->New());
  INFO(method.full_name() << ": " << text);
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, request.get()));
  return request;
}

AnyAnswer CallAny(World& world, const MethodDescriptor& method, const Message& request,
                  grpc::ClientContext& context) {
  grpc::GenericStub stub(world.channel);
  grpc::CompletionQueue queue;
  const std::string path = absl::StrCat("/", method.service()->full_name(), "/", method.name());
  const auto call = stub.PrepareCall(&context, path, &queue);
  call->StartCall(nullptr);
  AnyAnswer answer;
  if (Next(queue)) {
    const grpc::Slice bytes(request.SerializeAsString());
    call->WriteLast(grpc::ByteBuffer(&bytes, 1), {}, nullptr);
    (void)Next(queue);
    grpc::ByteBuffer message;
    call->Read(&message, nullptr);
    if (Next(queue)) {
      answer.message = BytesOf(message);
      if (method.server_streaming()) {
        context.TryCancel();
      }
    }
  }
  call->Finish(&answer.status, nullptr);
  (void)Next(queue);
  if (method.server_streaming() && !answer.message.empty()) {
    answer.status = grpc::Status::OK;
  }
  return answer;
}

}  // namespace roomkeeper::testing
