#include "tests/workflow/world.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "lib/base/check.h"
#include "lib/cleanroom/plan.h"
#include "lib/engine/event_types.h"

namespace roomkeeper::testing {

const absl::Status& FlakyEngine::Fail() const {
  if (on_failure) {
    on_failure();
  }
  return failure;
}

std::vector<absl::StatusOr<WriteResult>> FlakyEngine::Apply(std::vector<WriteOp> ops,
                                                            CommitNotice& notice) {
  if (++commits == fail_at) {
    return std::vector<absl::StatusOr<WriteResult>>(ops.size(), Fail());
  }
  auto results = under_.Apply(std::move(ops), notice);
  for (absl::StatusOr<WriteResult>& result : results) {
    auto* claim = result.ok() ? std::get_if<ClaimJobs::Result>(&*result) : nullptr;
    if (claim != nullptr &&
        std::erase_if(claim->due, [&](const auto& due) { return due.job.id == corrupt; }) > 0) {
      claim->corrupt.push_back({.id = corrupt, .error = "injected"});
    }
  }
  if (after_commit) {
    after_commit(commits);
  }
  return results;
}

absl::StatusOr<std::unique_ptr<StorageEngine::Reader>> FlakyEngine::NewReader() {
  if (++reads == fail_read_at) {
    return Fail();
  }
  return under_.NewReader();
}

World::World(EngineOptions with, StorageEngine* other)
    : stored(other != nullptr ? *other : memory), options(std::move(with)) {
  Boot();
}
World::~World() = default;

void World::Boot() {
  store = std::make_unique<InlineStore>(flaky, loop);
  options.owner = absl::StrCat("boot-", ++boots_);
  engine = std::make_unique<Engine>(EngineDeps{.loop = loop,
                                               .store = *store,
                                               .provider = *provider,
                                               .packages = packages,
                                               .provenance = provenance,
                                               .metrics = metrics,
                                               .log = log,
                                               .chance = chance_},
                                    options);
  store->SetCommitListener([this](const CommitNotice& notice) {
    if (engine != nullptr) {
      engine->OnCommit(notice);
    }
  });
  engine->Start();
}

void World::Crash() {
  engine.reset();
  store.reset();
}

void World::CrashSoon(absl::Duration down) {
  loop.Post([this, down] {
    Crash();
    loop.RunAfter(down, [this] { Boot(); });
  });
}

CleanRoom World::MakeRoom(const std::string& clean_room_id, const std::string& brand,
                          const JobId& job) {
  Brand of = SampleBrand();
  of.id = BrandId(brand);
  RoomSpecRequest request = SampleRequest();
  request.clean_room_id = CleanRoomId(clean_room_id);
  request.job = job;
  CleanRoom room;
  room.key = {.brand = of.id, .install = InstallId("prod"), .id = request.clean_room_id};
  room.shard = ShardId("shard-1");
  room.spec = *BuildRoomSpec(SamplePackage(), of, SampleInstall(), request, provenance);
  room.job = job;
  room.created_at = loop.clock().Now();
  room.updated_at = room.created_at;
  room.state_since = room.created_at;
  if (room_ttl.has_value()) {
    room.expires_at = room.created_at + *room_ttl;
    room.sweep_at = *room.expires_at - std::min(absl::Minutes(15), *room_ttl / 2);
  }
  return room;
}

JobId World::Submit(SubmitJob op) {
  const absl::Time now = loop.clock().Now();
  op.job.shard = op.room.shard;
  op.job.room = op.room.key;
  op.job.created_at = now;
  op.job.updated_at = now;
  op.job.since = now;
  op.job.wake_at = op.room.purge_at.value_or(now);
  op.job.deadline_at = op.job.wake_at + absl::Hours(24);
  op.after_grace = op.room.purge_at.has_value();
  op.event_message = "submitted";
  op.claim_for = store == nullptr ? "" : options.owner;
  CommitNotice notice;
  const JobId id = op.job.id;
  auto results = stored.Apply({std::move(op)}, notice);
  RK_CHECK(results.front().ok());
  RK_CHECK(std::get<SubmitJob::Result>(*results.front()).outcome ==
           SubmitJob::Result::Outcome::kInserted);
  if (engine != nullptr) {
    engine->OnCommit(notice);
  }
  return id;
}

JobId World::Provision(const std::string& clean_room_id, const std::string& brand) {
  const JobId id(absl::StrCat("job-", ++jobs_));
  SubmitJob op;
  op.room = MakeRoom(clean_room_id, brand, id);
  op.job.id = id;
  return Submit(std::move(op));
}

JobId World::TakeIn() {
  const JobId id(absl::StrCat("job-", ++jobs_));
  SubmitJob op;
  op.room = MakeRoom("match", "acme", id);
  op.job.id = id;
  op.job.step = Step::kVerify;
  op.job.repair = 1;
  return Submit(std::move(op));
}

JobId World::Teardown(const std::string& clean_room_id, const std::string& brand) {
  const JobId id(absl::StrCat("job-", ++jobs_));
  SubmitJob op;
  op.room_rule = SubmitJob::Room::kMustExist;
  op.room = MakeRoom(clean_room_id, brand, id);
  op.room.state = RoomState::kDeleting;
  op.job.id = id;
  op.job.kind = JobKind::kTeardown;
  op.job.step = Step::kDeleteRoom;
  return Submit(std::move(op));
}

JobId World::TeardownAfter(absl::Duration grace) {
  const JobId id(absl::StrCat("job-", ++jobs_));
  SubmitJob op;
  op.room_rule = SubmitJob::Room::kMustExist;
  op.room = MakeRoom("match", "acme", id);
  op.room.state = RoomState::kDeleting;
  op.room.purge_at = loop.clock().Now() + grace;
  op.job.id = id;
  op.job.kind = JobKind::kTeardown;
  op.job.step = Step::kDeleteRoom;
  op.job.waiting_for = "the end of its grace period";
  return Submit(std::move(op));
}

JobId World::Retry(const JobId& failed) {
  const JobId id(absl::StrCat("job-", ++jobs_));
  SubmitJob op;
  op.room_rule = SubmitJob::Room::kMustExist;
  op.room = GetRoom(failed);
  op.job.id = id;
  op.job.retry_of = failed;
  op.job.repair = GetJob(failed).repair;
  if (op.job.repair == 0) {
    op.room.state = RoomState::kPending;
    op.room.move = Move::kRoomkeeper;
    op.room.problem.reset();
  }
  return Submit(std::move(op));
}

PackageVersion OtherPackage() {
  PackageVersion package = SamplePackage();
  package.version = "2.0.0";
  package.digest = "sha256:def";
  package.assets = {{.shared_name = "spine.households",
                     .local_name = "prod.identity.households",
                     .partitions = {{{.name = "country", .op = "EQUAL", .value = "US"}}}},
                    {.shared_name = "spine.regions", .local_name = "prod.identity.regions"},
                    {.type = AssetType::kVolume,
                     .shared_name = "spine.models",
                     .local_name = "prod.identity.models"}};
  package.notebooks.front().content_base64 = "PGh0bWw+Mg==";
  package.notebooks.front().content_digest = "sha256:two";
  package.notebooks.push_back({.name = "report.py",
                               .description = "Reports",
                               .environment_version = "2",
                               .content_base64 = "PGh0bWw+Mw==",
                               .content_digest = "sha256:three"});
  return package;
}

JobId World::MoveTo(const PackageVersion& package) {
  const JobId id(absl::StrCat("job-", ++jobs_));
  packages.others.push_back(std::make_shared<const PackageVersion>(package));
  SubmitJob op;
  op.room_rule = SubmitJob::Room::kMustExist;
  op.moves = true;
  op.room = *(*memory.NewReader())->GetRoom(MakeRoom("match", "acme", id).key);
  op.job.moves_from = op.room.spec.package_version;
  op.room.spec = *MoveRoomSpec(op.room.spec, package, BrandId("acme"), provenance);
  op.room.state = RoomState::kConfiguring;
  op.room.move = Move::kRoomkeeper;
  op.room.problem.reset();
  op.job.id = id;
  return Submit(std::move(op));
}

void World::Cancel(const JobId& id) {
  CommitNotice notice;
  (void)stored.Apply({CancelJob{.id = id, .now = loop.clock().Now(), .message = "cancel"}}, notice);
  if (engine != nullptr) {
    engine->OnCommit(notice);
  }
}

bool World::RunToEnd(const JobId& id, absl::Duration limit) {
  return loop.RunUntil([&] { return IsFinal(GetJob(id).state); }, limit);
}

Job World::GetJob(const JobId& id) {
  return *(*stored.NewReader())->GetJob(id);
}

CleanRoom World::GetRoom(const JobId& id) {
  return *(*stored.NewReader())->GetRoom(GetJob(id).room);
}

std::vector<JobEvent> World::Events(const JobId& id) {
  return *(*stored.NewReader())->ReadEvents(id, 0, 100'000);
}

std::string World::EventTypes(const JobId& id) {
  return absl::StrJoin(Events(id), " ", [](std::string* out, const JobEvent& event) {
    absl::StrAppend(out, event.type);
  });
}

namespace {

// R5: gapless, of known types, along the documented graph, and the last one shows the row.
std::string HistoryViolations(const Job& job, const std::vector<JobEvent>& events) {
  std::string found;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const JobEvent& event = events[i];
    if (event.seq != static_cast<std::int64_t>(i) + 1) {
      absl::StrAppend(&found, "gap before event ", event.seq, "; ");
    }
    if (std::find_if(kEventTypes.begin(), kEventTypes.end(),
                     [&](const char* type) { return event.type == type; }) == kEventTypes.end()) {
      absl::StrAppend(&found, "unknown event type ", event.type, "; ");
    }
    const bool of_room = event.type == event_type::kRoomState && event.job_state == job.state;
    if (i > 0 && IsFinal(events[i - 1].job_state) && !of_room) {
      absl::StrAppend(&found, event.type, " after the job was final; ");
    }
  }
  if (events.empty() || events.back().job_state != job.state || events.back().seq != job.last_seq) {
    absl::StrAppend(&found, "the last event does not show the row; ");
  }
  return found;
}

// Of one asset; the platform's own text but for what it never shows.
std::string Describe(const FakeProvider::Asset& asset) {
  const ObservedAsset& seen = asset.seen;
  std::string text =
      absl::StrCat(seen.asset_type, " ", seen.name, " of ", asset.local_name,
                   seen.notebook_content_digest.value_or(""), " ", seen.description.value_or(""),
                   " ", seen.environment_version.value_or(""));
  for (const Partition& partition : asset.partitions) {
    for (const PartitionValue& value : partition) {
      absl::StrAppend(&text, " ", value.name, value.op, value.value);
    }
  }
  return text;
}

std::set<std::string> Describe(const RoomSpec& spec) {
  std::set<std::string> wanted;
  for (const AssetSpec& asset : spec.assets) {
    wanted.insert(
        Describe({.seen = {.name = asset.name, .asset_type = std::string(Name(asset.type))},
                  .local_name = asset.local_name,
                  .partitions = asset.partitions}));
  }
  for (const NotebookSpec& notebook : spec.notebooks) {
    FakeProvider::Asset asset;
    asset.seen.name = notebook.name;
    asset.seen.asset_type = "NOTEBOOK_FILE";
    asset.seen.notebook_content_digest = notebook.content_digest;
    asset.seen.description = notebook.description;
    asset.seen.environment_version = notebook.environment_version;
    wanted.insert(Describe(asset));
  }
  return wanted;
}

}  // namespace

std::string World::Differences(const JobId& id) {
  const CleanRoom room = GetRoom(id);
  const auto found = platform.rooms.find(room.spec.room_name);
  if (found == platform.rooms.end()) {
    return "the room is gone";
  }
  std::string differences;
  std::set<std::string> wanted = Describe(room.spec);
  for (const auto& [name, asset] : found->second.assets) {
    if (wanted.erase(Describe(asset)) == 0) {
      absl::StrAppend(&differences, "has ", Describe(asset), "; ");
    }
  }
  for (const std::string& lacking : wanted) {
    absl::StrAppend(&differences, "lacks ", lacking, "; ");
  }
  if (found->second.seen.comment != room.spec.comment) {
    absl::StrAppend(&differences, "its comment is ", found->second.seen.comment, "; ");
  }
  for (const NotebookState& notebook : room.notebooks) {
    const auto shown = found->second.assets.find(notebook.name);
    if (shown == found->second.assets.end() ||
        notebook.content_digest != shown->second.seen.notebook_content_digest) {
      absl::StrAppend(&differences, "the row shows another ", notebook.name, "; ");
    }
  }
  return differences;
}

std::string World::Violations(const JobId& id) {
  const Job job = GetJob(id);
  const CleanRoom room = GetRoom(id);
  std::string found = HistoryViolations(job, Events(id));
  for (const std::string& violation : platform.violations()) {
    absl::StrAppend(&found, "R2: ", violation, "; ");
  }
  const std::optional<ObservedRoom> seen =
      platform.See(room.spec.room_name, Provider::Depth::kFull);
  const bool ours = seen.has_value() &&
                    provenance.Verify(seen->comment, room.spec.room_name) == MarkVerdict::kOurs;
  if (room.state == RoomState::kReady && room.leaving.has_value()) {
    absl::StrAppend(&found, "R4: READY, and still leaving another version; ");
  }
  if (room.state == RoomState::kReady) {
    std::vector<std::string> trusted;  // the platform shows local names only to GET: look inside
    for (const AssetSpec& asset : room.spec.assets) {
      const auto& assets = platform.rooms.at(room.spec.room_name).assets;
      const auto at = assets.find(asset.name);
      if (at != assets.end() && at->second.local_name == asset.local_name) {
        trusted.push_back(asset.name);
      }
    }
    const std::vector<Action> plan =
        MakePlan({.desired = room.spec,
                  .observed = seen,
                  .mark = ours ? MarkVerdict::kOurs : MarkVerdict::kInvalid,
                  .trusted = trusted});
    if (!plan.empty()) {
      absl::StrAppend(&found, "R4: READY, but the plan says ", Name(plan.front().kind), "; ");
    }
    if (room.notebooks.size() != room.spec.notebooks.size() || !job.finished_at.has_value()) {
      absl::StrAppend(&found, "R4: the row lacks the notebooks; ");
    }
  } else if (IsFinal(job.state) && ours) {
    if (!room.problem.has_value() || room.move == Move::kNobody) {
      absl::StrAppend(&found, "R6: a room of ours is left and the row does not say so; ");
    }
  }
  if (IsFinal(job.state) && (job.state == JobState::kSucceeded) == job.problem.has_value() &&
      job.state != JobState::kCancelled) {
    absl::StrAppend(&found, "a failed job has a problem, and no other; ");
  }
  return found;
}

}  // namespace roomkeeper::testing
