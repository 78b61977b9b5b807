// Credentials of a brand's workspace that come in by mistake.
#include <cstdio>
#include <ctime>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "services/roomkeeperd/rpc/gate/token_guard.h"
#include "tests/service/isolation/any_call.h"

namespace roomkeeper::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

// In two parts, so that nobody's scanner takes them for real ones.
const std::string kPat = absl::StrCat("dapi", "0123456789abcdef0123456789abcdef");
const std::string kOauthSecret = absl::StrCat("dose", "fedcba9876543210fedcba9876543210");
const std::string kJwt = absl::StrCat("eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9",
                                      ".eyJpc3MiOiJodHRwczovL2FjbWUuZXhhbXBsZS9vaWRjIn0",
                                      ".c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU");

TEST_CASE("what looks like a credential of Databricks is known by its form", "[credentials]") {
  for (const std::string& value :
       {kPat, kOauthSecret, kJwt, kPat + "-2", "Bearer " + kPat, "see " + kOauthSecret + ".",
        std::string("a\n") + kJwt, std::string("dapiDEADBEEFDEADBEEF"), "dd" + kPat}) {
    CAPTURE(value);
    CHECK(CredentialIn(value) != nullptr);
  }
  for (const std::string& value :
       {std::string(), std::string("dapi"), std::string("dose-response study of 2026"),
        std::string("dapi0123456789abcde"), std::string("doseadministrationtracking"),
        std::string("eyJhbGciOiJSUzI1NiJ9"), std::string("eyJhbGciOiJSUzI1NiJ9.eyJ.x"),
        std::string("rk_0123456789abcdef_0123456789abcdefghjkmnpqrstvwxyz")}) {
    CAPTURE(value);
    CHECK(CredentialIn(value) == nullptr);
  }
}

// Puts the value into each text field there is, one at a time, and shows each message so made.
template <typename Show>
void PutEverywhere(Message& root, Message& at, const std::string& value, const Show& show) {
  for (int i = 0; i < at.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = at.GetDescriptor()->field(i);
    const auto* reflection = at.GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      if (field->is_repeated()) {
        reflection->AddString(&at, field, value);
      } else {
        reflection->SetString(&at, field, value);
      }
      show(root, field->full_name());
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message* child = field->is_repeated() ? reflection->AddMessage(&at, field)
                                            : reflection->MutableMessage(&at, field);
      PutEverywhere(root, *child, value, show);
    }
    reflection->ClearField(&at, field);
  }
}

void CheckRefused(const World& world, const AnyAnswer& answer, const std::string& value) {
  const Refusal refusal = answer.refusal();
  CHECK(refusal.code == absl::StatusCode::kInvalidArgument);
  CHECK(refusal.reason == reason::kDatabricksCredentialRefused);
  CHECK(absl::StrContains(refusal.message, "developer's move"));
  CHECK_FALSE(absl::StrContains(answer.status.error_message(), value));
  CHECK_FALSE(absl::StrContains(answer.status.error_details(), value));
  CHECK_FALSE(absl::StrContains(world.log.text(), value));
}

TEST_CASE("a credential in any text field of any request is refused, and told to nobody",
          "[credentials]") {
  World world({.engine = false});
  const std::string value = GENERATE_COPY(kPat, kOauthSecret, kJwt);
  int fields = 0;
  for (const MethodDescriptor* method : ApiMethods()) {
    const auto request = NewRequest(*method, "");
    PutEverywhere(*request, *request, value, [&](const Message& full, const std::string& field) {
      INFO(method->full_name() << " " << field);
      const auto context = world.NewContext(world.op);
      CheckRefused(world, CallAny(world, *method, full, *context), value);
      ++fields;
    });
  }
  CHECK(fields > 100);
  CHECK_FALSE(absl::StrContains(world.metrics.Render(), value));
  std::printf("credentials: tried in %d text fields of %d requests, refused in each\n", fields,
              static_cast<int>(ApiMethods().size()));
}

TEST_CASE("a credential in any metadata of any call is refused, and told to nobody",
          "[credentials]") {
  World world({.engine = false});
  const auto [key, value] = GENERATE(
      std::pair(std::string("x-forwarded-access-token"), kJwt),
      std::pair(std::string("x-forwarded-access-token"), std::string("opaque-token-of-a-user")),
      std::pair(std::string("x-debug"), kPat), std::pair(std::string("traceparent"), kOauthSecret),
      std::pair(std::string("x-blob-bin"), kPat));
  const bool with_key = GENERATE(true, false);
  for (const MethodDescriptor* method : ApiMethods()) {
    INFO(method->full_name() << " " << key);
    const auto context = world.NewContext(with_key ? world.op : "");
    context->AddMetadata(key, value);
    const auto request = NewRequest(*method, "");
    CheckRefused(world, CallAny(world, *method, *request, *context), value);
  }
}

TEST_CASE("a personal access token in place of a key is refused with why", "[credentials]") {
  World world({.engine = false});
  const auto answer = world.Call(world.info, &v1::ServerService::Stub::GetServerInfo,
                                 v1::GetServerInfoRequest(), kPat);
  CHECK(answer.reason() == reason::kDatabricksCredentialRefused);
  CHECK(answer.refusal().metadata.at("place") == "metadata authorization");
  CHECK(absl::StrContains(answer.status.error_message(), "personal access token"));
}

TEST_CASE("what the search for credentials costs a call is reported", "[credentials]") {
  const auto request = [] {
    auto full = World::CreateRequest("click-1");
    full.set_parent("brands/acme/installs/main");
    for (int i = 0; i < 8; ++i) {
      (*full.mutable_clean_room()->mutable_labels())[absl::StrCat("label", i)] = "a value of it";
    }
    return full;
  }();
  const grpc::CallbackServerContext context;
  constexpr int kTimes = 20000;
  const std::clock_t before = std::clock();  // of the processor, whoever else uses it
  for (int i = 0; i < kTimes; ++i) {
    REQUIRE(RefuseCredentials(context, request).ok());
  }
  const double each = static_cast<double>(std::clock() - before) * 1e9 / CLOCKS_PER_SEC / kTimes;
  std::printf("search for credentials: %.0f ns for a CreateCleanRoom with 8 labels\n", each);
}

}  // namespace
}  // namespace roomkeeper::testing
