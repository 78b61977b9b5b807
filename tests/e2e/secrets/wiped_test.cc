// A token is got and a secret rotated through the real client and the real simulator, and no block
// of memory is given back with one of them in it. What libcurl and OpenSSL allocate is their own.
#include <malloc.h>

#include <atomic>
#include <cctype>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <string>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

#include "lib/base/clock.h"
#include "lib/config/private_file.h"
#include "lib/config/secret_source.h"
#include "lib/databricks/databricks_provider.h"
#include "lib/http/curl_client.h"
#include "lib/io/event_loop.h"
#include "tests/support/matchers.h"
#include "tests/support/subprocess.h"
#include "tests/support/temp_folder.h"

namespace {

std::atomic<bool> armed = false;
std::atomic<int> given_back = 0;
std::atomic<int> looked_at = 0;
char example[48] = {};  // of what was given back, its values crossed out

// What secrets begin with, here: an OAuth secret, the simulator's access tokens, a secret behind a
// client id of 36 letters in Basic credentials (":dos…").
constexpr const char* kBegins[] = {"dose", "sim-token-", "OmRvc2"};
constexpr std::size_t kBehind = 8;

bool IsSecret(const char* at, const char* end, const char* begin) {
  const std::size_t length = std::strlen(begin);
  if (static_cast<std::size_t>(end - at) < length + kBehind ||
      std::memcmp(at, begin, length) != 0) {
    return false;
  }
  for (std::size_t i = 0; i < kBehind; ++i) {
    if (std::isalnum(static_cast<unsigned char>(at[length + i])) == 0) {
      return false;
    }
  }
  return true;
}

void LookAt(const void* block) {
  if (!armed || block == nullptr) {
    return;
  }
  ++looked_at;
  const char* const bytes = static_cast<const char*>(block);
  const char* const end = bytes + malloc_usable_size(const_cast<void*>(block));
  for (const char* at = bytes; at < end; ++at) {
    for (const char* begin : kBegins) {
      if (*at == *begin && IsSecret(at, end, begin)) {
        ++given_back;
        std::snprintf(example, sizeof(example), "%s in a block of %zu", begin,
                      static_cast<std::size_t>(end - bytes));
      }
    }
  }
}

}  // namespace

// Blocks come empty: what libcurl left in one must not be taken for ours.
void* operator new(std::size_t size) {
  void* block = std::malloc(size);  // NOLINT: this is the allocator
  if (block == nullptr) {
    std::abort();
  }
  std::memset(block, 0, malloc_usable_size(block));
  return block;
}
void operator delete(void* block) noexcept {
  LookAt(block);
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  LookAt(block);
  std::free(block);
}

namespace roomkeeper::testing {
namespace {

constexpr char kConfig[] = R"(knobs: {token_format: opaque}
metastores:
  - global_metastore_id: aws:us-west-2:11111111-1111-4111-8111-111111111111
workspaces:
  - name: provider
    workspace_id: 1
    global_metastore_id: aws:us-west-2:11111111-1111-4111-8111-111111111111
    principals: [{name: roomkeeper, secrets_manager: true}]
)";

class SilentLog final : public Log {
 public:
  void Write(LogLevel, absl::string_view, std::initializer_list<LogField>) override {}
};

Credential FileCredential(const char* name, const std::string& file) {
  Credential credential;
  credential.name = name;
  credential.read = [file] { return ReadSecret({.file = file}); };
  credential.write = [file](absl::string_view text) { return ReplacePrivateFile(file, text); };
  return credential;
}

RotationReport RotateOnce(const ShardOptions& options) {
  SystemClock clock;
  auto loop = *EventLoop::Make(clock);
  auto http = *CurlClient::Make(*loop, {});
  SilentLog log;
  Metrics metrics;
  std::mt19937_64 random(42);
  DatabricksProvider provider({*loop, *http, log, metrics, random}, {options}, "acme_roomkeeper/1");
  RotationReport report;
  provider.RotateSecrets(options.id, /*plan=*/false, [&](RotationReport got) {
    report = std::move(got);
    loop->Stop();
  });
  loop->Run();
  return report;
}

TEST_CASE("no buffer of ours is given back with a token or a secret in it", "[e2e][wiped]") {
  const TempFolder folder;
  const std::string config = folder.Write("sim.yaml", kConfig);
  auto simulator = Subprocess::Start(
      {.argv = {absl::StrCat(RK_BIN_DIR, "/databricks-sim"), "--config", config}});
  REQUIRE_OK(simulator);
  const auto line = (*simulator)->ReadLine();
  REQUIRE_OK(line);
  const auto workspace = nlohmann::json::parse(*line)["workspaces"][0];
  const std::string first = folder.Write("first", workspace["principals"][0]["client_secret"]);
  std::string record;
  ShardOptions options;
  options.id = ShardId("s1");
  options.host = workspace["host"];
  options.client_id = workspace["principals"][0]["client_id"];
  options.credentials = {FileCredential("client_secret", first),
                         FileCredential("client_secret_2", folder.path("second"))};
  options.requests_per_second = 1000;
  options.rotation_record.read = [&]() -> absl::StatusOr<std::string> { return record; };
  options.rotation_record.write = [&](absl::string_view text) {
    record = std::string(text);
    return absl::OkStatus();
  };

  armed = true;
  const RotationReport report = RotateOnce(options);
  armed = false;

  CHECK_OK(report.status);
  CHECK(looked_at > 1000);
  INFO(example);
  CHECK(given_back == 0);
  armed = true;
  delete new std::string("dose0123456789abcdef0123456789abcdef");  // what it would see
  armed = false;
  CHECK(given_back == 1);
}

}  // namespace
}  // namespace roomkeeper::testing
