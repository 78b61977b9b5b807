#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "lib/config/config.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {
namespace {

constexpr char kConfig[] = R"(provider: {collaborator_alias: spineco}
shards:
  - id: main
    host: https://dbc-1.cloud.databricks.com
    global_metastore_id: aws:us-east-1:11111111-1111-4111-8111-111111111111
    client_id: app-1
    client_secret_file: secret
)";

// A folder with a config and all that it names.
class Installation {
 public:
  Installation() {
    std::filesystem::create_directory(folder_.path("packages"));
    folder_.Write("secret", "dose-1234");
    folder_.Write("c.yaml", kConfig);
  }

  const TempFolder& folder() const { return folder_; }
  absl::StatusOr<Config> Load() const { return LoadConfig(folder_.path("c.yaml")); }

 private:
  TempFolder folder_;
};

TEST_CASE("relative paths start at the folder of the config", "[config]") {
  const Installation installation;

  const auto config = installation.Load();

  REQUIRE_OK(config);
  CHECK(config->store.path == installation.folder().path("roomkeeper.db"));
  CHECK(config->packages_dir == installation.folder().path("packages"));
  CHECK(config->shards[0].client_secret.file == installation.folder().path("secret"));
  CHECK(config->provenance_key_file.empty());
}

TEST_CASE("files that are not there or not private are problems of the config", "[config]") {
  const Installation installation;
  const TempFolder& folder = installation.folder();
  folder.Write("secret", "dose-1234", 0644);
  std::filesystem::remove(folder.path("packages"));
  folder.Write("c.yaml", absl::StrCat(kConfig, "    ca_file: no.pem\n",
                                      "store: {path: no/rk.db, backup_dir: no}\n",
                                      "grpc: {tls: {cert_file: c.pem, key_file: k.pem}}\n",
                                      "admin: {key_file: secret}\n"));

  const absl::Status status = installation.Load().status();

  const auto has = [&](const char* part) {
    return StatusIs(absl::StatusCode::kInvalidArgument, part);
  };
  CHECK_THAT(status, has("c.yaml:7: shards[0].client_secret_file is not usable: file "));
  CHECK_THAT(status, has("has mode 0644, so others can read it; fix: chmod 600"));
  CHECK_THAT(status, has("c.yaml:8: shards[0].ca_file names"));
  CHECK_THAT(status, has("c.yaml:9: store.path names"));
  CHECK_THAT(status, has("c.yaml:9: store.backup_dir names"));
  CHECK_THAT(status, has("c.yaml:10: grpc.tls.cert_file names"));
  CHECK_THAT(status, has("c.yaml:10: grpc.tls.key_file is not usable"));
  CHECK_THAT(status, has("c.yaml:11: admin.key_file is not usable"));
  CHECK_THAT(status, has("packages_dir names"));
  CHECK_THAT(status, !has("dose-1234"));
}

TEST_CASE("client id and secret may come from the environment", "[config]") {
  const Installation installation;
  installation.folder().Write(
      "c.yaml", absl::StrReplaceAll(kConfig, {{"client_id: app-1", "client_id_env: RK_TEST_ID"},
                                              {"client_secret_file: secret",
                                               "client_secret_env: RK_TEST_CLIENT_SECRET"}}));

  CHECK_THAT(installation.Load().status(),
             StatusIs(absl::StatusCode::kInvalidArgument, "RK_TEST_ID, which is not set"));
  ::setenv("RK_TEST_ID", "app-7", 1);
  ::setenv("RK_TEST_CLIENT_SECRET", "dose-7", 1);
  const auto config = installation.Load();
  ::unsetenv("RK_TEST_ID");
  ::unsetenv("RK_TEST_CLIENT_SECRET");

  REQUIRE_OK(config);
  CHECK(config->shards[0].client_id == "app-7");
}

TEST_CASE("a config that is not there is not found", "[config]") {
  const TempFolder folder;

  CHECK_THAT(LoadConfig(folder.path("c.yaml")).status(),
             StatusIs(absl::StatusCode::kNotFound, "No such file"));
}

}  // namespace
}  // namespace roomkeeper::testing
