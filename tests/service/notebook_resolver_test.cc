#include "services/roomkeeperd/notebook_resolver.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/packages/notebook_html_json.h"
#include "tests/support/matchers.h"
#include "tests/unit/databricks/client_fixture.h"
#include "tests/unit/packages/package_files.h"

namespace roomkeeper::testing {
namespace {

std::string Exported(const std::string& code) {
  return absl::Base64Escape(*FormatNotebookHtml("m", NotebookLanguage::kPython, {{.text = code}}));
}

HttpResult Export(const std::string& code) {
  return FakeHttp::Answer(200, absl::StrCat(R"({"content":")", Exported(code), R"("})"));
}

ShardOptions Shard(const std::string& id) {
  return {
      .id = ShardId(id),
      .host = absl::StrCat("https://", id, ".cloud.databricks.com"),
      .client_id = "the-client",
      .credentials = {{.name = "client_secret", .read = [] { return Secret("dose-the-secret"); }}}};
}

// Two workspaces, east and west, and a package whose notebook comes from a workspace path.
struct ResolverTest : ClientFixture {
  ResolverTest() {
    files.Write("small/package.yaml", ManifestWith("file: match.py", "workspace_path: /Shared/m"));
    auto made = DirectoryCatalog::Make(files.root());
    REQUIRE_OK(made);
    catalog = *std::move(made);
    on_discovery = [this] {  // of the workspace that was asked last
      const std::string& url = http.requests.back().url;
      return FakeHttp::Answer(
          200, absl::StrCat(R"({"token_endpoint":")", url.substr(0, url.find("/oidc")),
                            R"(/oidc/v1/token"})"));
    };
    on_api = [this](const HttpRequest& request) {
      return absl::StrContains(request.url, "//east.") ? east : west;
    };
  }
  void Start() {
    resolver.emplace(std::vector<ShardId>{ShardId("east"), ShardId("west")}, *catalog, provider,
                     loop, log);
    resolver->Start();
    loop.Advance(absl::Minutes(2));
  }
  std::string content() const {
    return (*catalog->Get(PackageName("small"), ""))->notebooks[0].content_base64;
  }

  PackageFiles files;
  std::unique_ptr<DirectoryCatalog> catalog;
  HttpResult east = Export("east");
  HttpResult west = Export("west");
  DatabricksProvider provider{ports, {Shard("east"), Shard("west")}, "acme_roomkeeper/0.1.0"};
  std::optional<NotebookResolver> resolver;
};

TEST_CASE("a notebook comes from the first workspace that has it", "[notebook_resolver]") {
  ResolverTest t;
  const bool in_east = GENERATE(true, false);
  if (!in_east) {
    t.east = FakeHttp::Answer(404, R"({"error_code":"RESOURCE_DOES_NOT_EXIST","message":"m"})");
  }

  t.Start();

  CHECK(t.content() == Exported(in_east ? "east" : "west"));
}

TEST_CASE("a workspace that does not answer is waited for, so that no other one's copy is taken",
          "[notebook_resolver]") {
  ResolverTest t;
  t.east = FakeHttp::Answer(503, "");

  t.Start();
  CHECK(t.content().empty());

  t.east = Export("east");
  t.loop.Advance(absl::Minutes(1));
  CHECK(t.content() == Exported("east"));
}

TEST_CASE("a notebook that nobody has is looked for again", "[notebook_resolver]") {
  ResolverTest t;
  t.east = FakeHttp::Answer(404, R"({"error_code":"RESOURCE_DOES_NOT_EXIST","message":"m"})");
  t.west = t.east;
  t.Start();
  CHECK(t.content().empty());

  t.west = Export("west");
  t.loop.Advance(NotebookResolver::kRetry + absl::Seconds(1));

  CHECK(t.content() == Exported("west"));
}

}  // namespace
}  // namespace roomkeeper::testing
