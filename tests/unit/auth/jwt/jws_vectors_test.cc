// Project Wycheproof's cases for JSON Web Signatures (json_web_signature_test.json of
// C2SP/wycheproof, testvectors_v1), run when they are there: RK_JWS_VECTORS names the file, else a
// folder "vectors" beside the source tree, or in a folder beside it, holds it.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <system_error>

#include "lib/auth/jwt/jwks.h"
#include "lib/auth/jwt/jws.h"
#include "tests/support/jwt/token_signer.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kFile[] = "vectors/json_web_signature_test.json";

// Empty: there is none.
fs::path FindVectors() {
  if (const char* named = std::getenv("RK_JWS_VECTORS"); named != nullptr) {
    return named;
  }
  std::error_code ignored;
  const fs::path beside = fs::current_path() / "..";  // tests run in the root of the source tree
  if (fs::exists(beside / kFile, ignored)) {
    return beside / kFile;
  }
  for (const auto& folder : fs::directory_iterator(beside, ignored)) {
    if (fs::exists(folder.path() / kFile, ignored)) {
      return folder.path() / kFile;
    }
  }
  return {};
}

bool Verifies(const json& jwk, const json& jws) {
  const auto keys = ParseJwks(json{{"keys", {jwk}}}.dump());
  if (!keys.ok() || keys->empty() || !jws.is_string()) {
    return false;
  }
  const auto parsed = ParseJws(Secret(jws.get<std::string>()));
  return parsed.ok() && keys->begin()->second->Verifies(*parsed);
}

struct Counts {
  int cases = 0;
  int accepted = 0;
  int valid_of_other_algorithms = 0;  // refused all the same
};

void RunGroup(const json& group, Counts& counts) {
  // The public key; of a symmetric one the file has the secret one only.
  const json& key = group.contains("public") ? group["public"] : group["private"];
  const std::string alg = key.value("alg", "");
  const bool ours = alg == "RS256" || alg == "ES256";
  for (const json& test : group["tests"]) {
    CAPTURE(test["tcId"].get<int>(), test["comment"].get<std::string>(), alg);
    const bool valid = test["result"] == "valid";
    const bool accepted = Verifies(key, test["jws"]);
    CHECK(accepted == (valid && ours));
    ++counts.cases;
    counts.accepted += accepted ? 1 : 0;
    counts.valid_of_other_algorithms += valid && !ours ? 1 : 0;
  }
}

TEST_CASE("every verdict of the published vectors is ours for RS256 and ES256, the rest is refused",
          "[jwt]") {
  const fs::path file = FindVectors();
  if (file.empty()) {
    std::cout << "SKIPPED: no " << kFile << " beside the source tree; RK_JWS_VECTORS names one\n";
    return;
  }
  std::ifstream in(file);
  const json vectors = json::parse(in, nullptr, /*allow_exceptions=*/false);
  REQUIRE(vectors.is_object());

  Counts counts;
  for (const json& group : vectors["testGroups"]) {
    RunGroup(group, counts);
  }

  CHECK(counts.cases == vectors["numberOfTests"]);
  CHECK(counts.accepted > 0);
  std::cout << counts.cases << " JWS vectors: " << counts.accepted << " accepted, "
            << counts.cases - counts.accepted << " refused, of which "
            << counts.valid_of_other_algorithms << " are valid in algorithms that are not taken\n";
}

}  // namespace
}  // namespace roomkeeper::testing
