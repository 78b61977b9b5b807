#include "lib/store/sqlite/sqlite_engine.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "lib/store/sqlite/migrator.h"
#include "lib/store/sqlite/sqlite_job_rows.h"
#include "tests/support/matchers.h"
#include "tests/unit/store/store_file.h"

namespace roomkeeper::testing {
namespace {

// What the first release wrote of a job that waits.
constexpr char kOldRows[] = R"sql(
INSERT INTO room VALUES (1, 'acme', 'web', 'old', 'main', 1, 1, 0, 1, 'p', '1', '', '[]', NULL,
  'old', '{}', 0, 0, NULL, 1);
INSERT INTO room_spec VALUES (1, '{"assets":[],"brand":{"collaborator_alias":"",
  "global_metastore_id":"","invite_recipient_email":"","invite_recipient_workspace_id":0},
  "cloud_vendor":"","comment":"","egress":{"allowed_internet_destinations":[],
  "restriction_mode":"RESTRICTED_ACCESS"},"enable_shared_output":false,"notebooks":[],"package":"p",
  "package_digest":"","package_version":"1","provider":{"collaborator_alias":"",
  "global_metastore_id":"","invite_recipient_email":"","invite_recipient_workspace_id":0},
  "region":"","room_name":"rk_old"}');
INSERT INTO job VALUES (1, 'old', 'acme', 'web', 'old', 1, 1, 1, 1, '', 0, 'main', 'click',
  '{"assets_done":[],"attempt":0,"failing_with":null,"intent_open":false,"notebooks_done":[],
  "our_time_ns":0,"platform_calls":0,"platform_time_ns":0,"provisioning_since":null,"repairs":0,
  "room_attempts":0,"settle_until":null}', NULL, 0, 0, 0, 0, 0, NULL, 0, 1, 1, '');
INSERT INTO live_job VALUES (1, '', 0, 0, 1, 0, 'old', 'acme', 'main');
INSERT INTO journal VALUES (1, 1, 1, 0, 0, 'job.queued', 1, 1, 1, 1, '', 0);
)sql";

struct World : StoreFile {
  std::vector<absl::StatusOr<WriteResult>> Apply(std::vector<WriteOp> ops) {
    CommitNotice notice;
    return engine->Apply(std::move(ops), notice);
  }
  // Runs SQL behind the engine's back.
  void Execute(const char* sql) {
    auto db = SqliteDb::Open(path(), SqliteDb::Mode::kReadWrite);
    REQUIRE_OK(db);
    REQUIRE_OK((*db)->Execute(sql));
  }
  std::int64_t QueryInt(const char* sql) {
    auto db = SqliteDb::Open(path(), SqliteDb::Mode::kRead);
    REQUIRE_OK(db);
    const auto value = (*db)->QueryInt(sql);
    REQUIRE_OK(value);
    return *value;
  }
};

TEST_CASE("a store that another process holds is refused, and free when that ends", "[sqlite]") {
  World world;
  REQUIRE_OK(world.Open());

  const absl::Status second = SqliteEngine::Open(world.path(), world.clock).status();
  world.engine.reset();

  CHECK_THAT(second, StatusIs(absl::StatusCode::kFailedPrecondition, "in use by another process"));
  CHECK_OK(world.Open());
}

TEST_CASE("a path that cannot be written is refused and named", "[sqlite]") {
  World world;
  const std::string folder = world.dir.path();

  CHECK_THAT(SqliteEngine::Open(folder, world.clock).status(),
             StatusIs(absl::StatusCode::kFailedPrecondition, folder));
  CHECK_THAT(SqliteEngine::Open(folder + "/absent/store.db", world.clock).status(),
             StatusIs(absl::StatusCode::kFailedPrecondition, "cannot be opened for writing"));
}

TEST_CASE("a file that is no store of ours is refused and left as it is", "[sqlite]") {
  World world;
  const std::string text(4096, 'x');
  std::ofstream(world.path()) << text;

  CHECK_THAT(world.Open(), StatusIs(absl::StatusCode::kDataLoss, world.path()));
  std::ifstream in(world.path());
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == text);

  World other;
  std::ofstream(other.path()).flush();
  other.Execute("CREATE TABLE theirs (x)");
  CHECK_THAT(other.Open(),
             StatusIs(absl::StatusCode::kFailedPrecondition, "database of another program"));
  CHECK(other.QueryInt("SELECT count(*) FROM sqlite_schema") == 1);
}

TEST_CASE("R14: a schema that this release does not know is refused", "[sqlite]") {
  World world;
  REQUIRE_OK(world.Open());
  world.engine.reset();

  SECTION("newer") {
    world.Execute("INSERT INTO schema_migration VALUES (1000, '1000_next', 'abc', 0)");
    CHECK_THAT(world.Open(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                      "version 1000 and this release knows up to"));
  }
  SECTION("changed") {
    world.Execute("UPDATE schema_migration SET checksum = 'abcdefabcdef00' WHERE version = 1");
    CHECK_THAT(world.Open(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                      "0001_init was applied with other contents"));
  }
}

TEST_CASE("R14: an interrupted migration leaves the store as it was", "[sqlite]") {
  World world;
  REQUIRE_OK(world.Open());
  REQUIRE_OK(world.Write(SampleSubmit("a")));
  world.engine.reset();
  std::vector<Migration> migrations = Migrations();
  const auto known = static_cast<std::int64_t>(migrations.size());
  migrations.push_back({known + 1, "next", "CREATE TABLE half (x); DELETE FROM job; broken"});
  auto db = SqliteDb::Open(world.path(), SqliteDb::Mode::kReadWrite);
  REQUIRE_OK(db);

  CHECK_THAT(Migrate(**db, migrations, world.clock.Now()),
             StatusIs(absl::StatusCode::kInternal, "migration next"));

  CHECK(world.QueryInt("SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0);
  CHECK(world.QueryInt("SELECT count(*) FROM job") == 1);
  CHECK(world.QueryInt("SELECT max(version) FROM schema_migration") == known);
  migrations.back().sql = "CREATE TABLE half (x)";
  CHECK_OK(Migrate(**db, migrations, world.clock.Now()));
  CHECK(world.QueryInt("SELECT max(version) FROM schema_migration") == known + 1);
}

TEST_CASE("R14: a store of the first schema opens, and its jobs go on", "[sqlite]") {
  World world;
  std::ofstream(world.path()).flush();
  {
    auto db = SqliteDb::Open(world.path(), SqliteDb::Mode::kReadWrite);
    REQUIRE_OK(db);
    REQUIRE_OK(Migrate(**db, {Migrations().front()}, world.clock.Now()));
    REQUIRE_OK((*db)->Execute(kOldRows));
  }

  REQUIRE_OK(world.Open());

  const auto reader = world.engine->NewReader();
  REQUIRE_OK(reader);
  const auto job = (*reader)->GetJob(JobId("old"));
  REQUIRE_OK(job);
  CHECK(job->request_id == "click");
  CHECK(job->trace_id.empty());
  const auto claimed = world.Apply({ClaimJobs{.owner = "r1", .now = world.clock.Now(), .n = 10}});
  REQUIRE_OK(claimed.front());
  const auto& due = std::get<ClaimJobs::Result>(*claimed.front()).due;
  REQUIRE(due.size() == 1);
  CHECK(due[0].room.spec.room_name == "rk_old");
  CHECK_OK(world.Write(SampleSubmit("new")));
}

// What the trigger `name` lets through, tried on a row of `table` set to each state in turn.
template <typename States, typename Legal>
void CheckTransitions(World& world, const std::string& table, const States& states,
                      const Legal& is_legal) {
  auto db = SqliteDb::Open(world.path(), SqliteDb::Mode::kReadWrite);
  REQUIRE_OK(db);
  const std::string trigger = table + "_transition";
  std::string create;
  {
    auto row = (*db)->Query("SELECT sql FROM sqlite_schema WHERE name = ?1", trigger);
    REQUIRE_OK(row);
    const auto found = row->Next();
    REQUIRE((found.ok() && *found));
    create = row->Text(0);
  }
  const auto set_state = [&](auto state) {
    const std::string finished =
        table == "job"
            ? (static_cast<int>(state) >= 5 ? ", finished_at = 1" : ", finished_at = NULL")
            : "";
    return "UPDATE " + table + " SET state = " + std::to_string(static_cast<int>(state)) + finished;
  };
  for (const auto from : states) {
    for (const auto to : states) {
      CAPTURE(Name(from), Name(to));
      REQUIRE_OK((*db)->Execute(("DROP TRIGGER " + trigger).c_str()));
      REQUIRE_OK((*db)->Execute(set_state(from).c_str()));
      REQUIRE_OK((*db)->Execute(create.c_str()));

      CHECK((*db)->Execute(set_state(to).c_str()).ok() == is_legal(from, to));
    }
  }
}

TEST_CASE("the SQL refuses exactly the transitions that the model refuses", "[sqlite]") {
  World world;
  REQUIRE_OK(world.Open());
  REQUIRE_OK(world.Write(SampleSubmit("a")));

  CheckTransitions(world, "job", kAllJobStates,
                   [](JobState from, JobState to) { return IsLegal(from, to); });
  CheckTransitions(world, "room", kAllRoomStates,
                   [](RoomState from, RoomState to) { return IsLegal(from, to); });
}

TEST_CASE("an op that the tables refuse is left out of its group", "[sqlite]") {
  World world;
  REQUIRE_OK(world.Open());
  REQUIRE_OK(world.Write(SampleSubmit("a")));
  // The place of the next event is taken, which no op can bring about.
  world.Execute(
      "INSERT INTO journal SELECT pos + 2, job, seq, previous, at, type, job_state, step, "
      "room_state, move, message, epoch FROM journal");

  const auto results = world.Apply({SampleSubmit("b"), SampleSubmit("c"), SampleSubmit("d")});

  CHECK_OK(results[0]);
  CHECK_THAT(StatusOf(results[1]), StatusIs(absl::StatusCode::kDataLoss));
  CHECK_OK(results[2]);
  auto reader = world.engine->NewReader();
  REQUIRE_OK(reader);
  CHECK_OK((*reader)->GetJob(JobId("b")));
  CHECK_THAT(StatusOf((*reader)->GetJob(JobId("c"))), StatusIs(absl::StatusCode::kNotFound));
  CHECK_OK((*reader)->GetJob(JobId("d")));
  CHECK((*reader)->GetStats()->jobs[0].second == 3);
}

TEST_CASE("a job whose rows are corrupt is reported by a claim, and holds up no other",
          "[sqlite]") {
  World world;
  REQUIRE_OK(world.Open());
  REQUIRE_OK(world.Write(SampleSubmit("a")));
  REQUIRE_OK(world.Write(SampleSubmit("b")));
  REQUIRE_OK(world.Write(SampleSubmit("c")));
  REQUIRE_OK(world.Write(SampleSubmit("d")));
  world.Execute("UPDATE job SET progress = '{}' WHERE id = 'b'");
  world.Execute("UPDATE room SET labels = 'x' WHERE id = 'c'");

  const auto results = world.Apply({ClaimJobs{.owner = "r1", .n = 10}});

  REQUIRE_OK(results[0]);
  const auto& claimed = std::get<ClaimJobs::Result>(*results[0]);
  REQUIRE(claimed.due.size() == 2);
  CHECK(claimed.due[0].job.id == JobId("a"));
  CHECK(claimed.due[1].job.id == JobId("d"));
  REQUIRE(claimed.corrupt.size() == 2);
  CHECK(claimed.corrupt[0].id == JobId("b"));
  CHECK(claimed.corrupt[0].brand == BrandId("acme"));
  CHECK(claimed.corrupt[0].error == "stored job progress: no \"attempt\"");
  CHECK(claimed.corrupt[1].id == JobId("c"));
  const auto again = world.Apply({ClaimJobs{.owner = "r1", .n = 10}});
  REQUIRE_OK(again[0]);
  CHECK(std::get<ClaimJobs::Result>(*again[0]).corrupt.empty());
}

TEST_CASE("a room that is due and corrupt is named, and takes no other's place", "[sqlite]") {
  World world;
  REQUIRE_OK(world.Open());
  for (const char* id : {"a", "b", "c", "d"}) {
    REQUIRE_OK(world.Write(SampleSubmit(id)));
  }
  world.Execute("UPDATE room SET sweep_at = 0, look_at = 0");
  world.Execute("UPDATE room SET labels = 'x' WHERE id IN ('a', 'c')");
  const auto reader = world.engine->NewReader();
  REQUIRE_OK(reader);

  for (const DueFor what : {DueFor::kSweep, DueFor::kLook}) {
    const auto due = (*reader)->ListDueRooms(what, absl::UnixEpoch(), /*limit=*/2);

    REQUIRE_OK(due);
    REQUIRE(due->rooms.size() == 2);
    CHECK(due->rooms[0].key.id == CleanRoomId("b"));
    CHECK(due->rooms[1].key.id == CleanRoomId("d"));
    REQUIRE(due->corrupt.size() == 2);
    CHECK(due->corrupt[1].key == RoomKey{BrandId("acme"), InstallId("web"), CleanRoomId("c")});
    CHECK_THAT(due->corrupt[1].error, Catch::Contains("labels"));
  }
}

TEST_CASE("a list of rooms tells of a corrupt row, or skips it when it is asked to", "[sqlite]") {
  World world;
  REQUIRE_OK(world.Open());
  for (const char* id : {"a", "b", "c"}) {
    REQUIRE_OK(world.Write(SampleSubmit(id)));
  }
  world.Execute("UPDATE room SET labels = 'x' WHERE id = 'b'");
  const auto reader = world.engine->NewReader();
  REQUIRE_OK(reader);

  CHECK_THAT(StatusOf((*reader)->ListRooms({})), StatusIs(absl::StatusCode::kDataLoss));
  const auto skipped = (*reader)->ListRooms({.skip_corrupt = true, .limit = 1});
  REQUIRE_OK(skipped);
  const auto rest = (*reader)->ListRooms({.skip_corrupt = true, .after = skipped->next});

  REQUIRE_OK(rest);
  REQUIRE(rest->rooms.size() == 1);
  CHECK(rest->rooms[0].key.id == CleanRoomId("c"));
}

TEST_CASE("what a rolled back claim took is claimed again, also if the reload fails", "[sqlite]") {
  World world;
  REQUIRE_OK(world.Open());
  REQUIRE_OK(world.Write(SampleSubmit("a")));
  world.engine.reset();
  auto db = SqliteDb::Open(world.path(), SqliteDb::Mode::kReadWrite);
  REQUIRE_OK(db);
  SqliteJobRows rows(**db);
  REQUIRE_OK(rows.Reload());
  REQUIRE_OK((*db)->Execute("BEGIN"));
  REQUIRE(rows.Claim({.owner = "r1", .n = 10})->due.size() == 1);
  (*db)->RollBack();

  REQUIRE_OK((*db)->Execute("ALTER TABLE journal RENAME TO away"));
  REQUIRE_FALSE(rows.Reload().ok());
  REQUIRE_OK((*db)->Execute("ALTER TABLE away RENAME TO journal"));

  CHECK(rows.Claim({.owner = "r1", .n = 10})->due.size() == 1);
}

TEST_CASE("a checkpoint empties the log into the file, and readers see no difference", "[sqlite]") {
  World world;
  REQUIRE_OK(world.Open());
  auto reader = world.engine->NewReader();
  REQUIRE_OK(reader);
  REQUIRE_OK(world.Write(SampleSubmit("a")));
  const auto before = (*reader)->GetJob(JobId("a"));

  world.engine->Tidy();

  const auto after = (*reader)->GetJob(JobId("a"));
  REQUIRE_OK(before);
  REQUIRE_OK(after);
  CHECK(*before == *after);
  World file_alone;  // without the log
  std::filesystem::copy_file(world.path(), file_alone.path());
  CHECK(file_alone.QueryInt("SELECT count(*) FROM job") == 1);
}

TEST_CASE("a probe leaves nothing behind, and says what is in its way", "[sqlite]") {
  World world;
  REQUIRE_OK(world.Open());
  REQUIRE_OK(world.Write(SampleSubmit("a")));
  CHECK_OK(world.engine->Probe());
  CHECK_FALSE(std::filesystem::exists(world.path() + ".probe"));

  std::filesystem::create_directory(world.path() + ".probe");

  CHECK_THAT(world.engine->Probe(), StatusIs(absl::StatusCode::kUnavailable, ".probe"));
}

TEST_CASE("a reader cannot write", "[sqlite]") {
  World world;
  REQUIRE_OK(world.Open());
  auto db = SqliteDb::Open(world.path(), SqliteDb::Mode::kRead);
  REQUIRE_OK(db);

  CHECK_FALSE((*db)->Execute("DELETE FROM job").ok());
}

}  // namespace
}  // namespace roomkeeper::testing
