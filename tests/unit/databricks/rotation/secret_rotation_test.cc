// A secret is replaced by itself, whatever dies meanwhile: the daemon at any instant, an answer, a
// disk.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "tests/unit/databricks/rotation/rotation_world.h"

namespace roomkeeper::testing {
namespace {

using Ids = std::vector<std::string>;

bool Contains(const Ids& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// Who had part in the principal's secrets before.
struct Start {
  const char* name = "";
  const char* hash = "sha256";  // what the platform shows of a secret
  bool second = false;          // the second file holds a live secret of its own
  bool foreign = false;         // there is one that is in no file of ours
  std::size_t left = 1;         // secrets in the end

  std::string Make(RotationWorld& world) const {
    REQUIRE_OK(world.simulator->SetKnob("secret_hash", hash));
    if (second) {
      world.AddByHand("client_secret_2");
    }
    return foreign ? world.AddByHand() : "";
  }
};

const std::vector<Start> kStarts = {
    {.name = "one file", .left = 1},
    {.name = "two live secrets", .second = true, .left = 1},
    {.name = "hashes tell nothing", .hash = "opaque", .left = 1},
    {.name = "two, hashes tell nothing", .hash = "opaque", .second = true, .left = 1},
    {.name = "a foreign one", .second = true, .foreign = true, .left = 2},
    // Which of the two is ours cannot be known, so both stay.
    {.name = "a foreign one, hashes tell nothing", .hash = "opaque", .foreign = true, .left = 3}};

TEST_CASE("a rotation ends with one new secret in both files, and what it replaced is gone",
          "[rotation]") {
  for (const Start& start : kStarts) {
    CAPTURE(start.name);
    RotationWorld world;
    const std::string foreign = start.Make(world);
    const auto before = world.files;

    const auto report = world.Rotate();

    REQUIRE(report.has_value());
    CHECK_OK(report->status);
    CHECK(world.files["client_secret"] == world.files["client_secret_2"]);
    CHECK(world.files["client_secret"] != before.at("client_secret"));
    CHECK(world.Works("client_secret"));
    const Ids listed = world.Listed();
    CHECK(listed.size() == start.left);
    CHECK((foreign.empty() || Contains(listed, foreign)));
    CHECK(report->secrets.size() == start.left);
    CHECK(std::count_if(report->secrets.begin(), report->secrets.end(),
                        [](const RotationReport::Secret& it) { return it.known; }) == 1);
    for (const auto& [name, value] : world.files) {
      CHECK_FALSE(absl::StrContains(world.log.text + world.record, value.substr(0, 36)));
    }
  }
}

TEST_CASE(
    "a daemon that dies anywhere in a rotation never lacks a secret, and the next one ends it",
    "[rotation]") {
  int deaths = 0;
  for (const Start& start : kStarts) {
    CAPTURE(start.name);
    for (int at = 1;; ++at) {
      CAPTURE(at);
      RotationWorld world;
      const std::string foreign = start.Make(world);

      const auto died = world.Rotate(/*plan=*/false, at);

      CHECK((world.Works("client_secret") || world.Works("client_secret_2")));
      if (died.has_value()) {
        break;  // it lived to the end
      }
      ++deaths;
      const auto report = world.Rotate();
      REQUIRE(report.has_value());
      CHECK_OK(report->status);
      CHECK(world.files["client_secret"] == world.files["client_secret_2"]);
      CHECK(world.Works("client_secret"));
      CHECK(world.Listed().size() == start.left);
      CHECK((foreign.empty() || Contains(world.Listed(), foreign)));
    }
  }
  CHECK(deaths > 200);
}

TEST_CASE("rotations follow each other, each with the file that is needed less", "[rotation]") {
  RotationWorld world;
  REQUIRE_OK(world.simulator->SetKnob("secret_hash", "opaque"));
  std::string last = world.files["client_secret"];
  for (int i = 0; i < 7; ++i) {
    const auto report = world.Rotate();
    REQUIRE(report.has_value());
    CHECK_OK(report->status);
    CHECK(world.Listed().size() == 1);
    CHECK(world.files["client_secret"] != last);
    last = world.files["client_secret"];
    world.loop.Advance(absl::Hours(24 * 300));
  }
}

TEST_CASE("a create whose answer is lost leaves nothing behind", "[rotation]") {
  RotationWorld world;
  sim::Fault fault;
  fault.pattern = "POST /api/2.0/accounts/*";
  fault.after_effect = true;
  fault.ending = sim::SimResponse::Ending::kReset;
  fault.times = GENERATE(1, 2);
  CAPTURE(fault.times);
  world.simulator->AddFault(fault);

  const auto report = world.Rotate();

  REQUIRE(report.has_value());
  CHECK(report->status.ok() == (fault.times == 1));
  CHECK(world.Listed().size() == 1);
  CHECK(world.Works("client_secret"));
  // A copy: the report is gone before the assertion looks.
  CHECK_OK(absl::Status(world.Rotate()->status));
  CHECK(world.Listed().size() == 1);
}

TEST_CASE("a file that cannot be written leaves nothing new on the platform", "[rotation]") {
  RotationWorld world;
  const Ids before = world.Listed();
  world.writable = absl::FailedPreconditionError("file \"s\" cannot be replaced: disk full");

  const auto report = world.Rotate();

  REQUIRE(report.has_value());
  CHECK_THAT(report->status, StatusIs(absl::StatusCode::kFailedPrecondition, "disk full"));
  CHECK(world.Listed() == before);
  world.writable = absl::OkStatus();
  CHECK_OK(absl::Status(world.Rotate()->status));
  CHECK(world.Works("client_secret_2"));
}

TEST_CASE("a principal with five secrets that are not ours is left as it is", "[rotation]") {
  RotationWorld world;
  for (int i = 0; i < 4; ++i) {
    world.AddByHand();
  }
  const Ids before = world.Listed();

  const auto report = world.Rotate();

  CHECK_THAT(report->status,
             StatusIs(absl::StatusCode::kFailedPrecondition, "delete one on the platform"));
  CHECK(world.Listed() == before);
  CHECK(report->secrets.size() == 5);
}

TEST_CASE("a principal that may not manage itself is told what to do", "[rotation]") {
  RotationWorld world;
  sim::Fault fault;
  fault.pattern = "GET /api/2.0/accounts/*";
  fault.status = 403;
  fault.body = R"({"error_code":"PERMISSION_DENIED","message":"no"})";
  world.simulator->AddFault(fault);

  CHECK_THAT(absl::Status(world.Rotate()->status),
             StatusIs(absl::StatusCode::kPermissionDenied, "make it a manager of itself"));
}

TEST_CASE("a secret whose file was put there by hand since is not deleted", "[rotation]") {
  RotationWorld world;
  REQUIRE_OK(world.simulator->SetKnob("secret_hash", "opaque"));
  REQUIRE_OK(absl::Status(world.Rotate()->status));
  const std::string ours = world.Listed()[0];
  world.AddByHand("client_secret");
  world.files["client_secret_2"] = world.files["client_secret"];

  REQUIRE_OK(absl::Status(world.Rotate()->status));

  CHECK(Contains(world.Listed(), ours));  // somebody may have taken it elsewhere
  CHECK(world.Listed().size() == 2);      // the one by hand is replaced
}

TEST_CASE("a plan says the steps that are then taken, and takes none", "[rotation]") {
  for (const Start& start : kStarts) {
    CAPTURE(start.name);
    RotationWorld world;
    start.Make(world);
    const auto before = world.files;
    const Ids listed = world.Listed();

    const auto plan = world.Rotate(/*plan=*/true);

    REQUIRE(plan.has_value());
    CHECK_OK(plan->status);
    CHECK(world.files == before);
    CHECK(world.record.empty());
    CHECK(world.Listed() == listed);
    CHECK(world.Rotate()->steps == plan->steps);
  }
}

TEST_CASE("a second rotation of a principal fails while one runs, from any shard of its",
          "[rotation]") {
  RotationWorld world;
  const auto life = std::make_shared<Life>();
  MortalLoop loop(world.loop, life);
  std::vector<ShardOptions> shards(3);
  const std::vector<const char*> principals = {"shared", "shared", "own"};
  for (std::size_t i = 0; i < shards.size(); ++i) {
    shards[i].id = ShardId(absl::StrCat("s", i + 1));
    shards[i].client_id = principals[i];
  }
  DatabricksProvider provider({loop, world.sim_http, world.log, world.metrics, world.random},
                              shards, "x/1");
  std::vector<absl::StatusCode> codes;
  for (const char* shard : {"s1", "s1", "s2", "s3", "nowhere"}) {
    provider.RotateSecrets(ShardId(shard), false, [&](const RotationReport& report) {
      codes.push_back(report.status.code());
    });
  }
  REQUIRE(world.loop.RunUntil([&] { return codes.size() == 5; }));

  CHECK(codes == std::vector<absl::StatusCode>{
                     absl::StatusCode::kFailedPrecondition, absl::StatusCode::kAborted,
                     absl::StatusCode::kAborted, absl::StatusCode::kFailedPrecondition,
                     absl::StatusCode::kNotFound});
  life->dead = true;
}

}  // namespace
}  // namespace roomkeeper::testing
