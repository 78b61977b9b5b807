#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace roomkeeper::testing {

// Whether `jwt` is signed RS256 with the key of this JWK. Not the code that the product verifies
// with, so that both cannot be wrong in the same way.
bool VerifiesRs256(const std::string& jwt, const nlohmann::json& jwk);

}  // namespace roomkeeper::testing
