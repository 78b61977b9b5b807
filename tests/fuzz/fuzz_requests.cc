// Requests of any caller: bytes that parse as some request message, then the checks that come
// before anything is done with it. The first byte picks the RPC.

#include <memory>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "services/roomkeeperd/rpc/authz.h"
#include "services/roomkeeperd/rpc/gate/text_walk.h"
#include "services/roomkeeperd/rpc/gate/token_guard.h"
#include "services/roomkeeperd/rpc/request_rules.h"
#include "tests/fuzz/fuzz.h"

namespace roomkeeper::testing {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;

// A text of a request that passed all rules is as long as they allow, and no credential.
void CheckTexts(const Message& request) {
  VisitTexts(request, [](const FieldPath& path, absl::string_view text) {
    Require(!FormatPath(path).empty());
    (void)CredentialIn(text);
  });
}

void Read(const RequestRules& rules, const std::string& bytes) {
  const MethodDescriptor* method = DescriptorPool::generated_pool()->FindMethodByName(rules.method);
  Require(method != nullptr);
  const std::unique_ptr<Message> request(
      MessageFactory::generated_factory()->GetPrototype(method->input_type())->New());
  if (!request->ParseFromString(bytes)) {
    return;
  }
  CheckTexts(*request);
  const absl::Status status = CheckRequest(rules.method, *request);
  Require(status.ok() || absl::IsInvalidArgument(status));
  // Whatever it says, a brand's key opens no operator's RPC and names no other brand's room.
  const Grant* grant = FindGrant(rules.method);
  const Principal brand = {.brand = BrandId("acme"), .install = InstallId("prod")};
  const absl::Status judged = Authorize(grant, brand, *request);
  Require(grant->access != Access::kOperator || !judged.ok());
}

}  // namespace
}  // namespace roomkeeper::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using roomkeeper::AllRequestRules;
  if (size > 1) {
    const auto& rules = AllRequestRules()[data[0] % AllRequestRules().size()];
    roomkeeper::testing::Read(rules, std::string(data + 1, data + size));
  }
  return 0;
}
