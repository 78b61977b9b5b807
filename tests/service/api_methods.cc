#include "tests/service/api_methods.h"

#include <string>

#include "absl/strings/str_split.h"

#include "lib/base/check.h"

namespace roomkeeper::testing {

std::vector<const google::protobuf::MethodDescriptor*> ApiMethods() {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  const std::vector<std::string> names = absl::StrSplit(RK_PROTO_FILES, ':');
  for (const std::string& name : names) {
    const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
    RK_CHECK(file != nullptr);
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        methods.push_back(file->service(s)->method(m));
      }
    }
  }
  return methods;
}

}  // namespace roomkeeper::testing
