#include "tests/unit/commands/world.h"

#include "lib/model/states.h"

namespace roomkeeper::testing {
namespace {

constexpr char kAcmeMetastore[] = "aws:us-west-2:11111111-1111-4111-8111-111111111111";
constexpr char kZetaMetastore[] = "azure:eastus2:22222222-2222-4222-8222-222222222222";

void AddInstall(World& world, const char* brand, const char* id, const char* metastore,
                std::int64_t workspace) {
  REQUIRE_OK(world.Await<CreateInstall::Result>([&](auto done) {
    world.store.Create(CreateInstall{.install = {.brand = BrandId(brand),
                                                 .id = InstallId(id),
                                                 .global_metastore_id = metastore,
                                                 .workspace_id = workspace,
                                                 .invite_recipient_email = "ada@brand.example"}},
                       done);
  }));
}

void AddBrand(World& world, const char* id) {
  REQUIRE_OK(world.Await<CreateBrand::Result>([&](auto done) {
    world.store.Create(
        CreateBrand{.brand = {.id = BrandId(id), .display_name = id, .collaborator_alias = id}},
        done);
  }));
}

// The states from `from` to `to`, without the first: the shortest legal way.
template <typename State, typename All>
std::vector<State> WayTo(State from, State to, const All& all) {
  std::map<State, State> came_from;
  std::vector<State> open = {from};
  for (std::size_t i = 0; i < open.size() && !came_from.contains(to); ++i) {
    for (const State next : all) {
      if (next != open[i] && next != from && IsLegal(open[i], next) && !came_from.contains(next)) {
        came_from[next] = open[i];
        open.push_back(next);
      }
    }
  }
  std::vector<State> way;
  for (State at = to; at != from; at = came_from.at(at)) {
    way.insert(way.begin(), at);
  }
  return way;
}

}  // namespace

std::shared_ptr<const PackageVersion> SamplePackage(const std::string& version) {
  return std::make_shared<const PackageVersion>(
      PackageVersion{.name = PackageName("identity-match"),
                     .version = version,
                     .digest = "sha256:" + version,
                     .display_name = "Identity match",
                     .assets = {{.shared_name = "spine.people", .local_name = "main.spine.people"}},
                     .notebooks = {{.name = "match",
                                    .content_base64 = "c2VjcmV0",
                                    .content_digest = "sha256:content",
                                    .parameters = {{.name = "threshold", .default_value = "0.9"}}}},
                     .required_inputs = {{.name = "crm.customers"}},
                     .outputs = {{.name = "match_rate"}}});
}

World::World() {
  store.SetCommitListener([this](const CommitNotice& notice) {
    hub.OnCommit(notice);
    keys.Forget(notice.api_keys);
  });
  packages.packages = {SamplePackage("1.0.0"), SamplePackage("1.1.0")};
  shards.shards = {
      {.id = ShardId("main"),
       .facts = {.cloud_vendor = "aws",
                 .region = "us-west-2",
                 .global_metastore_id = "aws:us-west-2:99999999-9999-4999-8999-999999999999",
                 .collaborator_alias = "provider"},
       .rooms = 3,
       .rooms_max = 100}};
  AddBrand(*this, "acme");
  AddBrand(*this, "zeta");
  AddInstall(*this, "acme", "main", kAcmeMetastore, 1001);
  AddInstall(*this, "acme", "other", kAcmeMetastore, 1002);
  AddInstall(*this, "zeta", "main", kZetaMetastore, 2001);
}

CreateCleanRoomInput World::Request(const std::string& request_id) const {
  return {.package = PackageName("identity-match"), .request_id = request_id};
}

absl::StatusOr<Job> World::Create(const Principal& who, CreateCleanRoomInput input) {
  return Await<Job>([&](auto done) { CreateCleanRoom(context, who, input, done); });
}

absl::StatusOr<CleanRoom> World::Stored(const RoomKey& key) {
  return Await<CleanRoom>([&](auto done) { store.GetRoom(key, done); });
}

void World::Bring(const JobId& id, JobState job_state, RoomState room_state) {
  auto claimed = Await<ClaimJobs::Result>([&](auto done) {
    store.Claim({.owner = "engine", .now = loop.clock().Now(), .n = 100}, done);
  });
  REQUIRE_OK(claimed);
  auto job = Await<Job>([&](auto done) { store.GetJob(id, done); });
  REQUIRE_OK(job);
  auto room = Stored(job->room);
  REQUIRE_OK(room);
  const auto job_way = WayTo(job->state, job_state, kAllJobStates);
  const auto room_way = WayTo(room->state, room_state, kAllRoomStates);
  for (std::size_t i = 0; i < std::max(job_way.size(), room_way.size()); ++i) {
    // The last job state comes last: a final job is written no more.
    const std::size_t left = std::max(job_way.size(), room_way.size()) - i;
    if (job_way.size() >= left) {
      job->state = job_way[job_way.size() - left];
    }
    if (i < room_way.size()) {
      room->state = room_way[i];
    }
    if (IsFinal(job->state)) {
      job->finished_at = loop.clock().Now();
    }
    AdvanceJob op{.job = *job, .room = *room};
    op.events.push_back(
        {.job = id, .at = loop.clock().Now(), .type = "room.state", .job_state = job->state});
    REQUIRE_OK(Await<AdvanceJob::Result>([&](auto done) { store.Advance(op, done); }));
  }
}

}  // namespace roomkeeper::testing
