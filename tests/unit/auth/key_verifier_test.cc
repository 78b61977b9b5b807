#include "lib/auth/key_verifier.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "lib/auth/api_key.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"

namespace roomkeeper {
namespace {

using testing::FakeClock;

// Holds keys only, counts reads, and can keep an answer back.
class KeyRows final : public BrandStore {
 public:
  void GetApiKey(ApiKeyId id, StoreDone<ApiKey> done) override {
    ++reads;
    const auto found = rows.find(id);
    absl::StatusOr<ApiKey> answer = absl::NotFoundError("no such key");
    if (found != rows.end()) {
      answer = found->second;
    }
    if (hold) {
      held = [answer, done = std::move(done)] { done(answer); };
      return;
    }
    done(std::move(answer));
  }
  void Create(CreateBrand, StoreDone<CreateBrand::Result>) override {}
  void Update(UpdateBrand, StoreDone<UpdateBrand::Result>) override {}
  void Create(CreateInstall, StoreDone<CreateInstall::Result>) override {}
  void Set(SetCallers, StoreDone<SetCallers::Result>) override {}
  void FindInstall(CallerPin, StoreDone<Install>) override {}
  void Create(CreateApiKey, StoreDone<CreateApiKey::Result>) override {}
  void Revoke(RevokeApiKey, StoreDone<RevokeApiKey::Result>) override {}
  void GetBrand(BrandId, StoreDone<Brand>) override {}
  void GetInstall(BrandId, InstallId, StoreDone<Install>) override {}
  void ListBrands(std::int64_t, std::int32_t, StoreDone<BrandPage>) override {}
  void ListInstalls(BrandId, StoreDone<std::vector<Install>>) override {}

  std::map<ApiKeyId, ApiKey> rows;
  int reads = 0;
  bool hold = false;
  std::function<void()> held;
};

struct World {
  FakeClock clock;
  KeyRows rows;
  KeyVerifier verifier{rows, clock};
  MintedKey minted = MintApiKey();

  World() {
    rows.rows[minted.id] = {.id = minted.id,
                            .role = Role::kBrand,
                            .brand = BrandId("acme"),
                            .install = InstallId("main"),
                            .secret_sha256 = minted.secret_sha256};
  }
  // The reason of the refusal, "OK", or "no answer".
  std::string Verify(const Secret& key) {
    std::string outcome = "no answer";
    verifier.Verify(key, [&outcome](const absl::StatusOr<Principal>& principal) {
      outcome = principal.ok() ? "OK" : ReasonOf(principal.status());
    });
    return outcome;
  }
};

TEST_CASE("a minted key proves its row's brand and install", "[auth]") {
  World world;
  std::optional<Principal> got;

  world.verifier.Verify(world.minted.text, [&got](const absl::StatusOr<Principal>& principal) {
    REQUIRE_OK(principal);
    got = *principal;
  });

  REQUIRE(got.has_value());
  CHECK(got->brand == BrandId("acme"));
  CHECK(got->install == InstallId("main"));
  CHECK(got->key == world.minted.id);
  CHECK_FALSE(got->IsOperator());
}

TEST_CASE("keys that prove nothing are refused with one word", "[auth]") {
  World world;
  const std::string good = world.minted.text.Reveal();
  std::string wrong_secret = good;
  wrong_secret.back() = wrong_secret.back() == 'a' ? 'b' : 'a';

  CHECK(world.Verify(Secret()) == reason::kApiKeyMissing);
  CHECK(world.Verify(Secret("hunter2")) == reason::kApiKeyInvalid);
  CHECK(world.Verify(Secret(good.substr(0, good.size() - 1))) == reason::kApiKeyInvalid);
  CHECK(world.Verify(Secret(good + "a")) == reason::kApiKeyInvalid);
  CHECK(world.Verify(Secret(wrong_secret)) == reason::kApiKeyInvalid);
  CHECK(world.Verify(MintApiKey().text) == reason::kApiKeyInvalid);
  CHECK(world.Verify(world.minted.text) == "OK");
}

TEST_CASE("a revoked or expired key says so only to who has the secret", "[auth]") {
  World world;
  std::string wrong = world.minted.text.Reveal();
  wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
  SECTION("expired, from the very instant on") {
    world.rows.rows[world.minted.id].expires_at = world.clock.Now() + absl::Seconds(5);
    CHECK(world.Verify(world.minted.text) == "OK");
    world.clock.Advance(absl::Seconds(5));
    CHECK(world.Verify(world.minted.text) == reason::kApiKeyExpired);
  }
  SECTION("revoked") {
    world.rows.rows[world.minted.id].revoked_at = world.clock.Now();
    CHECK(world.Verify(world.minted.text) == reason::kApiKeyRevoked);
  }
  CHECK(world.Verify(Secret(wrong)) == reason::kApiKeyInvalid);
}

TEST_CASE("a row is read once, and again when forgotten or old", "[auth]") {
  World world;
  CHECK(world.Verify(world.minted.text) == "OK");
  CHECK(world.Verify(world.minted.text) == "OK");
  CHECK(world.rows.reads == 1);

  world.rows.rows[world.minted.id].revoked_at = world.clock.Now();
  SECTION("a revocation counts at once") {
    world.verifier.Forget({world.minted.id});
  }
  SECTION("another replica's revocation counts after a while") {
    world.clock.Advance(KeyVerifier::kCacheFor - absl::Milliseconds(1));
    CHECK(world.Verify(world.minted.text) == "OK");
    world.clock.Advance(absl::Milliseconds(1));
  }
  CHECK(world.Verify(world.minted.text) == reason::kApiKeyRevoked);
}

TEST_CASE("a row read before its revocation and answered after it is not cached", "[auth]") {
  World world;
  std::string early = "no answer";
  world.rows.hold = true;
  world.verifier.Verify(world.minted.text, [&early](const absl::StatusOr<Principal>& principal) {
    early = principal.ok() ? "OK" : ReasonOf(principal.status());
  });

  world.rows.rows[world.minted.id].revoked_at = world.clock.Now();
  world.verifier.Forget({world.minted.id});
  world.rows.hold = false;
  world.rows.held();

  CHECK(early == "OK");  // it asked before the revocation
  CHECK(world.Verify(world.minted.text) == reason::kApiKeyRevoked);
}

}  // namespace
}  // namespace roomkeeper
