#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

Brand Acme() {
  return {.id = BrandId("acme"),
          .display_name = "Acme \"Inc\"",
          .collaborator_alias = "acme",
          .labels = {{"tier", "gold"}},
          .jobs_in_flight_max = 7,
          .created_at = At(0),
          .updated_at = At(0)};
}

Install WebInstall(const std::string& id = "web", std::int64_t workspace = 42,
                   const std::string& brand = "acme") {
  return {.brand = BrandId(brand),
          .id = InstallId(id),
          .global_metastore_id = "aws:r:m",
          .workspace_id = workspace,
          .invite_recipient_email = "admin@acme.example",
          .shard = ShardId("main"),
          .created_at = At(0)};
}

ApiKey Key(const std::string& id, Role role) {
  return {.id = ApiKeyId(id),
          .role = role,
          .brand = BrandId(role == Role::kBrand ? "acme" : ""),
          .display_name = "a key",
          .secret_sha256 = "00ff",
          .created_at = At(10)};
}

std::unique_ptr<StoreFixture> StoreWithBrand() {
  auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(CreateBrand{.brand = Acme()}));
  return store;
}

TEST_CASE("a brand is created once, and again only as it is", "[store]") {
  const auto store = StoreWithBrand();
  Brand later = Acme();
  later.created_at = At(9);
  Brand other = Acme();
  other.jobs_in_flight_max = 8;

  const auto same = store->Apply(CreateBrand{.brand = later});
  const auto differs = store->Apply(CreateBrand{.brand = other});

  Brand want = Acme();
  want.revision = 1;
  REQUIRE_OK(same);
  CHECK(same->brand == want);
  CHECK_THAT(StatusOf(differs), StatusIs(absl::StatusCode::kAlreadyExists, "acme"));
  store->Reopen();
  const auto stored = store->NewReader()->GetBrand(BrandId("acme"));
  REQUIRE_OK(stored);
  CHECK(*stored == want);
}

TEST_CASE("a brand is updated at the revision that the caller saw, or at any", "[store]") {
  const auto revision = GENERATE(0, 1, 2, 3);
  CAPTURE(revision);
  const auto store = StoreWithBrand();
  REQUIRE_OK(store->Apply(UpdateBrand{.brand = Acme()}));
  Brand update = Acme();
  update.display_name = "Acme 2";
  update.labels = {};
  update.created_at = At(99);
  update.updated_at = At(30);
  update.revision = revision;

  const auto result = store->Apply(UpdateBrand{.brand = update});

  const bool fits = revision == 0 || revision == 2;
  CHECK(result.ok() == fits);
  const auto stored = store->NewReader()->GetBrand(BrandId("acme"));
  REQUIRE_OK(stored);
  CHECK(stored->revision == (fits ? 3 : 2));
  CHECK(stored->created_at == At(0));
  CHECK(stored->display_name == (fits ? "Acme 2" : Acme().display_name));
  if (!fits) {
    CHECK_THAT(StatusOf(result), StatusIs(absl::StatusCode::kAborted, "is at revision 2"));
  }
}

TEST_CASE("what is not stored is not found", "[store]") {
  const auto store = MakeStoreFixture();
  const auto reader = store->NewReader();
  const auto not_found = StatusIs(absl::StatusCode::kNotFound);

  CHECK_THAT(StatusOf(store->Apply(UpdateBrand{.brand = Acme()})), not_found);
  CHECK_THAT(StatusOf(store->Apply(CreateInstall{.install = WebInstall()})), not_found);
  CHECK_THAT(StatusOf(store->Apply(RevokeApiKey{.id = ApiKeyId("k")})), not_found);
  CHECK_THAT(StatusOf(store->Apply(CreateApiKey{.key = Key("k", Role::kBrand)})), not_found);
  CHECK_THAT(StatusOf(reader->GetBrand(BrandId("acme"))), not_found);
  CHECK_THAT(StatusOf(reader->GetInstall(BrandId("acme"), InstallId("web"))), not_found);
  CHECK_THAT(StatusOf(reader->GetApiKey(ApiKeyId("k"))), not_found);
  CHECK_THAT(StatusOf(reader->GetJob(JobId("j"))), not_found);
  CHECK_THAT(StatusOf(reader->GetRoom(KeyOf("a"))), not_found);
  CHECK_THAT(StatusOf(reader->ReadEvents(JobId("j"), 0, 10)), not_found);
}

TEST_CASE("an install binds one workspace of one metastore, once", "[store]") {
  const auto store = StoreWithBrand();
  Brand bolt = Acme();
  bolt.id = BrandId("bolt");
  REQUIRE_OK(store->Apply(CreateBrand{.brand = bolt}));
  REQUIRE_OK(store->Apply(CreateInstall{.install = WebInstall()}));
  Install other_metastore = WebInstall("eu");
  other_metastore.global_metastore_id = "aws:eu:m";

  CHECK_THAT(StatusOf(store->Apply(CreateInstall{.install = WebInstall("web", 43)})),
             StatusIs(absl::StatusCode::kAlreadyExists, "install web"));
  CHECK_THAT(StatusOf(store->Apply(CreateInstall{.install = WebInstall("new", 42, "bolt")})),
             StatusIs(absl::StatusCode::kAlreadyExists, "workspace 42"));
  CHECK_OK(store->Apply(CreateInstall{.install = WebInstall("app", 43)}));
  CHECK_OK(store->Apply(CreateInstall{.install = other_metastore}));

  store->Reopen();
  const auto stored = store->NewReader()->GetInstall(BrandId("acme"), InstallId("web"));
  REQUIRE_OK(stored);
  Install want = WebInstall();
  want.revision = 1;
  CHECK(*stored == want);
  const auto installs = store->NewReader()->ListInstalls(BrandId("acme"));
  REQUIRE_OK(installs);
  REQUIRE(installs->size() == 3);
  CHECK((*installs)[0].id == InstallId("web"));
  CHECK((*installs)[1].id == InstallId("app"));
  const auto none = store->NewReader()->ListInstalls(BrandId("bolt"));
  REQUIRE_OK(none);
  CHECK(none->empty());
}

Install Pinned(const std::string& id, std::int64_t workspace, const std::string& subject,
               const std::string& san) {
  Install install = WebInstall(id, workspace);
  install.token = {.issuer = "https://w.example/oidc",
                   .subject = subject,
                   .audience = "42",
                   .accept_all_apis = true};
  install.certificate_san = san;
  return install;
}

TEST_CASE("an install is found by its token's issuer and subject, or by its certificate",
          "[store]") {
  const auto store = StoreWithBrand();
  REQUIRE_OK(store->Apply(CreateInstall{.install = WebInstall()}));  // without pins
  REQUIRE_OK(store->Apply(CreateInstall{.install = Pinned("app", 43, "sp-1", "uri:spiffe://a")}));
  store->Reopen();
  const auto reader = store->NewReader();
  const auto not_found = StatusIs(absl::StatusCode::kNotFound);

  const auto by_token =
      reader->FindInstall({.issuer = "https://w.example/oidc", .subject = "sp-1"});
  const auto by_certificate = reader->FindInstall({.certificate_san = "uri:spiffe://a"});

  Install want = Pinned("app", 43, "sp-1", "uri:spiffe://a");
  want.revision = 1;
  REQUIRE_OK(by_token);
  CHECK(*by_token == want);
  REQUIRE_OK(by_certificate);
  CHECK(*by_certificate == want);
  CHECK_THAT(StatusOf(reader->FindInstall({.issuer = "https://w.example/oidc", .subject = "sp"})),
             not_found);
  CHECK_THAT(StatusOf(reader->FindInstall({.issuer = "https://v.example/oidc", .subject = "sp-1"})),
             not_found);
  CHECK_THAT(StatusOf(reader->FindInstall({.certificate_san = "uri:spiffe://b"})), not_found);
  CHECK_THAT(StatusOf(reader->FindInstall({})), not_found);
}

TEST_CASE("two installs never share a token's principal or a certificate", "[store]") {
  const auto store = StoreWithBrand();
  REQUIRE_OK(store->Apply(CreateInstall{.install = Pinned("a", 43, "sp-1", "dns:a.example")}));
  const auto taken = StatusIs(absl::StatusCode::kAlreadyExists, "another install has");

  CHECK_THAT(StatusOf(store->Apply(CreateInstall{.install = Pinned("b", 44, "sp-1", "")})), taken);
  CHECK_THAT(StatusOf(store->Apply(CreateInstall{.install = Pinned("b", 44, "", "dns:a.example")})),
             taken);
  REQUIRE_OK(store->Apply(CreateInstall{.install = Pinned("b", 44, "sp-2", "")}));
  SetCallers set = {.brand = BrandId("acme"), .install = InstallId("b")};
  set.certificate_san = "dns:a.example";
  CHECK_THAT(StatusOf(store->Apply(set)), taken);
  set.certificate_san = "dns:b.example";
  CHECK_OK(store->Apply(set));
  CHECK_OK(store->Apply(set));  // its own
}

TEST_CASE("the callers of an install are set and taken away, and the rest of it stays", "[store]") {
  const auto store = StoreWithBrand();
  REQUIRE_OK(store->Apply(CreateInstall{.install = WebInstall()}));
  SetCallers set = {.brand = BrandId("acme"), .install = InstallId("web")};
  CHECK_THAT(
      StatusOf(store->Apply(SetCallers{.brand = BrandId("acme"), .install = InstallId("none")})),
      StatusIs(absl::StatusCode::kNotFound, "install none"));

  set.token = Pinned("", 0, "sp-1", "").token;
  REQUIRE_OK(store->Apply(set));
  set.token = std::nullopt;
  set.certificate_san = "dns:a.example";
  const auto both = store->Apply(set);

  Install want = Pinned("web", 42, "sp-1", "dns:a.example");
  want.revision = 3;
  REQUIRE_OK(both);
  CHECK(both->install == want);
  store->Reopen();
  const auto stored = store->NewReader()->GetInstall(BrandId("acme"), InstallId("web"));
  REQUIRE_OK(stored);
  CHECK(*stored == want);

  set.token = TokenPin();
  REQUIRE_OK(store->Apply(set));
  CHECK_FALSE(store->NewReader()
                  ->FindInstall({.issuer = "https://w.example/oidc", .subject = "sp-1"})
                  .ok());
  CHECK(store->NewReader()->FindInstall({.certificate_san = "dns:a.example"}).ok());
}

TEST_CASE("a key belongs to an install that exists", "[store]") {
  const auto store = StoreWithBrand();
  ApiKey key = Key("k1", Role::kBrand);
  key.install = InstallId("web");
  key.expires_at = At(500);

  CHECK_THAT(StatusOf(store->Apply(CreateApiKey{.key = key})),
             StatusIs(absl::StatusCode::kNotFound, "install web"));
  REQUIRE_OK(store->Apply(CreateInstall{.install = WebInstall()}));
  CHECK_OK(store->Apply(CreateApiKey{.key = key}));
  CHECK(store->notice().api_keys == std::vector{ApiKeyId("k1")});
  CHECK_THAT(StatusOf(store->Apply(CreateApiKey{.key = key})),
             StatusIs(absl::StatusCode::kAlreadyExists, "key k1"));

  store->Reopen();
  const auto stored = store->NewReader()->GetApiKey(ApiKeyId("k1"));
  REQUIRE_OK(stored);
  CHECK(*stored == key);
}

TEST_CASE("a CI key keeps what it is held to", "[store]") {
  const auto store = StoreWithBrand();
  REQUIRE_OK(store->Apply(CreateInstall{.install = WebInstall()}));
  ApiKey key = Key("k1", Role::kCi);
  key.brand = BrandId("acme");
  key.install = InstallId("web");
  key.ci = {.label_key = "ci",
            .label_value = "nightly",
            .rooms_max = 3,
            .ttl_max = absl::Hours(2) + absl::Nanoseconds(5)};

  REQUIRE_OK(store->Apply(CreateApiKey{.key = key}));

  store->Reopen();
  const auto stored = store->NewReader()->GetApiKey(ApiKeyId("k1"));
  REQUIRE_OK(stored);
  CHECK(*stored == key);
}

TEST_CASE("a key is revoked once, and the first time stays", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(CreateApiKey{.key = Key("k1", Role::kAdmin)}));

  REQUIRE_OK(store->Apply(RevokeApiKey{.id = ApiKeyId("k1"), .now = At(20)}));
  CHECK(store->notice().api_keys == std::vector{ApiKeyId("k1")});
  const auto again = store->Apply(RevokeApiKey{.id = ApiKeyId("k1"), .now = At(30)});

  REQUIRE_OK(again);
  CHECK(again->key.revoked_at == At(20));
  CHECK(store->notice().api_keys.empty());
  store->Reopen();
  const auto stored = store->NewReader()->GetApiKey(ApiKeyId("k1"));
  REQUIRE_OK(stored);
  CHECK(stored->revoked_at == At(20));
}

TEST_CASE("the bootstrap key is made only while no admin key lives", "[store]") {
  struct Case {
    const char* name;
    Role role;
    std::optional<int> expires_at;
    bool revoked;
    bool made;
  };
  const auto c = GENERATE(Case{"a live admin key", Role::kAdmin, std::nullopt, false, false},
                          Case{"a brand key", Role::kBrand, std::nullopt, false, true},
                          Case{"an operator key", Role::kOperator, std::nullopt, false, true},
                          Case{"a viewer key", Role::kViewer, std::nullopt, false, true},
                          Case{"a revoked one", Role::kAdmin, std::nullopt, true, true},
                          Case{"expired before", Role::kAdmin, 99, false, true},
                          Case{"expires now", Role::kAdmin, 100, false, true},
                          Case{"expires after", Role::kAdmin, 101, false, false});
  CAPTURE(c.name);
  const auto store = StoreWithBrand();
  ApiKey present = Key("k1", c.role);
  if (c.expires_at.has_value()) {
    present.expires_at = At(*c.expires_at);
  }
  REQUIRE_OK(store->Apply(CreateApiKey{.key = present}));
  if (c.revoked) {
    REQUIRE_OK(store->Apply(RevokeApiKey{.id = ApiKeyId("k1"), .now = At(50)}));
  }
  ApiKey bootstrap = Key("k2", Role::kAdmin);
  bootstrap.created_at = At(100);

  const auto result = store->Apply(CreateApiKey{.key = bootstrap, .only_if_no_admin_key = true});

  CHECK(result.ok() == c.made);
  if (!c.made) {
    CHECK_THAT(StatusOf(result), StatusIs(absl::StatusCode::kAlreadyExists, "admin key"));
  }
}

TEST_CASE("brands are listed in pages, oldest first", "[store]") {
  const auto limit = GENERATE(1, 2, 3, 4);
  CAPTURE(limit);
  const auto store = MakeStoreFixture();
  for (const char* id : {"c", "a", "b"}) {
    Brand brand = Acme();
    brand.id = BrandId(id);
    REQUIRE_OK(store->Apply(CreateBrand{.brand = brand}));
  }
  std::vector<std::string> listed;

  std::int64_t after = 0;
  do {
    const auto page = store->NewReader()->ListBrands(after, limit);
    REQUIRE_OK(page);
    CHECK(page->brands.size() <= static_cast<std::size_t>(limit));
    for (const Brand& brand : page->brands) {
      listed.push_back(brand.id.value());
    }
    after = page->next;
  } while (after != 0);

  CHECK(listed == std::vector<std::string>{"c", "a", "b"});
}

TEST_CASE("a repeated request_id makes no second API key", "[store]") {
  using KeyOutcome = CreateApiKey::Result::Outcome;
  const auto store = MakeStoreFixture();
  CreateApiKey op = {.caller_scope = "operators",
                     .request_id = "click",
                     .request_hash = "hash",
                     .key = {.id = ApiKeyId("k1"), .role = Role::kAdmin, .created_at = At(0)}};
  const auto first = store->Apply(op);
  REQUIRE_OK(first);
  CHECK(first->outcome == KeyOutcome::kInserted);
  store->Reopen();

  op.key.id = ApiKeyId("k2");
  const auto second = store->Apply(op);
  REQUIRE_OK(second);
  CHECK(second->outcome == KeyOutcome::kReplayed);
  CHECK(second->key == first->key);
  CHECK_FALSE(store->NewReader()->GetApiKey(ApiKeyId("k2")).ok());

  op.request_hash = "other";
  const auto reused = store->Apply(op);
  REQUIRE_OK(reused);
  CHECK(reused->outcome == KeyOutcome::kRequestIdReused);

  SubmitJob job = NewRoom("a", "j1");
  job.caller_scope = "operators";
  job.request_id = "click";
  const auto of_job = store->Apply(job);
  REQUIRE_OK(of_job);
  CHECK(of_job->outcome == Outcome::kRequestIdReused);
  CHECK(of_job->job.id.empty());
}

}  // namespace
}  // namespace roomkeeper::testing
