#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {

std::unique_ptr<StorageEngine::Reader> StoreFixture::NewReader() {
  auto reader = engine().NewReader();
  REQUIRE_OK(reader);
  return *std::move(reader);
}

Job StoreFixture::GetJob(const std::string& id) {
  auto job = NewReader()->GetJob(JobId(id));
  REQUIRE_OK(job);
  return *std::move(job);
}

CleanRoom StoreFixture::GetRoom(const RoomKey& key) {
  auto room = NewReader()->GetRoom(key);
  REQUIRE_OK(room);
  return *std::move(room);
}

std::vector<JobEvent> StoreFixture::Events(const std::string& id) {
  auto events = NewReader()->ReadEvents(JobId(id), 0, 1000);
  REQUIRE_OK(events);
  return *std::move(events);
}

std::int64_t StoreFixture::OpenJobs() {
  const auto stats = NewReader()->GetStats();
  REQUIRE_OK(stats);
  std::int64_t open = 0;
  for (const auto& [state, count] : stats->jobs) {
    open += IsFinal(state) ? 0 : count;
  }
  return open;
}

absl::Time At(int seconds) {
  return absl::FromUnixSeconds(1795132800) + absl::Seconds(seconds);
}

RoomKey KeyOf(const std::string& room, const std::string& brand) {
  return {.brand = BrandId(brand), .install = InstallId("web"), .id = CleanRoomId(room)};
}

RoomSpec SpecOf(const std::string& room, int generation) {
  return {.room_name = "rk_" + room + "_" + std::to_string(generation),
          .comment = "rk1:\"mark\" \xE2\x82\xAC",
          .cloud_vendor = "aws",
          .region = "us-west-2",
          .provider = {.collaborator_alias = "provider", .global_metastore_id = "aws:r:p"},
          .brand = {.collaborator_alias = "acme", .invite_recipient_workspace_id = 1LL << 62},
          .package = PackageName("identity-match"),
          .package_version = "1.4.0",
          .package_digest = "sha256:aa",
          .assets = {{.type = AssetType::kView, .name = "provider.spine.emails"}},
          .notebooks = {{.name = "match", .runner_collaborator_aliases = {"acme"}}}};
}

SubmitJob NewRoom(const std::string& room, const std::string& job) {
  return {.caller_scope = "brands/acme",
          .request_id = "request-" + job,
          .request_hash = "hash-" + room,
          .room = {.key = KeyOf(room),
                   .shard = ShardId("main"),
                   .state_since = At(0),
                   .spec = SpecOf(room),
                   .notebook_versions = {{"match", "etag-0", "1.3.0"}},
                   .labels = {{"team", "ads"}},
                   .created_at = At(0),
                   .updated_at = At(0)},
          .job = {.id = JobId(job),
                  .waiting_for = "its turn",
                  .since = At(0),
                  .shard = ShardId("main"),
                  .trace_id = "0af7651916cd43dd8448eb211c80319c",
                  .created_at = At(0),
                  .updated_at = At(0),
                  .wake_at = At(0),
                  .deadline_at = At(86400),
                  .retry_of = JobId("earlier")},
          .event_message = "queued",
          .claim_for = "r1"};
}

SubmitJob Teardown(const std::string& room, const std::string& job) {
  SubmitJob op = NewRoom(room, job);
  op.room_rule = SubmitJob::Room::kMustExist;
  op.room.state = RoomState::kDeleting;
  op.room.move = Move::kPlatform;
  op.room.spec = {};
  op.room.labels = {};
  op.job.kind = JobKind::kTeardown;
  op.job.created_at = At(100);
  return op;
}

AdvanceJob Step(const Job& job, JobState state, int at_seconds) {
  AdvanceJob op = {.job = job};
  op.job.state = state;
  op.job.since = At(at_seconds);
  op.job.updated_at = At(at_seconds);
  if (IsFinal(state)) {
    op.job.finished_at = At(at_seconds);
  }
  op.events.push_back({.at = At(at_seconds),
                       .type = "step.started",
                       .job_state = state,
                       .step = job.step,
                       .move = job.move,
                       .message = "on it"});
  return op;
}

}  // namespace roomkeeper::testing
