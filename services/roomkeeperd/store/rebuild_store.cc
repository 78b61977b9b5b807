#include "services/roomkeeperd/store/rebuild_store.h"

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "lib/base/clock.h"
#include "lib/base/status_macros.h"
#include "lib/commands/operations/rebuild.h"
#include "lib/config/provenance_key.h"
#include "lib/databricks/databricks_provider.h"
#include "lib/http/curl_client.h"
#include "lib/io/event_loop.h"
#include "lib/model/resource_name.h"
#include "lib/obs/json_log.h"
#include "lib/obs/metrics.h"
#include "lib/packages/directory_catalog.h"
#include "lib/store/sqlite/sqlite_engine.h"
#include "lib/store/sqlite/store_files.h"
#include "services/roomkeeperd/shard_config.h"
#include "services/roomkeeperd/store/enrolments.h"
#include "services/version/version.h"

namespace roomkeeper {
namespace {

using Outcome = RebuildFinding::Outcome;

// The platform for somebody who may wait.
class Platform {
 public:
  static absl::StatusOr<std::unique_ptr<Platform>> Make(const Config& config) {
    auto platform = absl::WrapUnique(new Platform);
    RK_ASSIGN_OR_RETURN(platform->loop_, EventLoop::Make(platform->clock_));
    RK_ASSIGN_OR_RETURN(platform->http_, CurlClient::Make(*platform->loop_, CurlOptions()));
    platform->provider_ = std::make_unique<DatabricksProvider>(
        TokenSource::Ports{.loop = *platform->loop_,
                           .http = *platform->http_,
                           .log = platform->log_,
                           .metrics = platform->metrics_,
                           .random = platform->random_},
        MakeShards(config), MakeUserAgent(config.provider.isv_name, kVersion));
    platform->thread_ = std::thread([loop = platform->loop_.get()] { loop->Run(); });
    return platform;
  }
  ~Platform() {
    if (thread_.joinable()) {
      loop_->Stop();
      thread_.join();
    }
  }

  // The answer to what `ask` asks on the loop's thread.
  template <typename T>
  CallResult<T> Await(const std::function<void(DatabricksProvider&, CallDone<T>)>& ask) {
    std::promise<CallResult<T>> answered;
    loop_->Post([&] {
      ask(*provider_, [&](CallResult<T> result) { answered.set_value(std::move(result)); });
    });
    return answered.get_future().get();
  }

 private:
  Platform() = default;

  SystemClock clock_;
  JsonLog log_{clock_, {.level = LogLevel::kError}};  // what matters is in our own answer
  Metrics metrics_;
  absl::BitGen random_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<CurlClient> http_;
  std::unique_ptr<DatabricksProvider> provider_;
  std::thread thread_;
};

absl::Status Unread(const ShardId& shard, absl::string_view what, const CallFailure& failure) {
  return absl::UnavailableError(absl::StrCat("shard ", shard.value(), ": ", what,
                                             " cannot be read: ", failure.message,
                                             "; nothing was written, try again"));
}

// All rooms of a shard.
absl::Status ReadRooms(Platform& platform, const ShardId& shard, std::vector<PlatformRoom>& rooms) {
  const CallScope scope{.shard = shard};
  auto list = platform.Await<std::vector<ObservedRoom>>(
      [&](DatabricksProvider& provider, auto done) { provider.ListRooms(scope, std::move(done)); });
  if (!list.ok()) {
    return Unread(shard, "the list of clean rooms", list.failure);
  }
  for (ObservedRoom& listed : list.value) {
    auto seen = platform.Await<ObservedRoom>([&](DatabricksProvider& provider, auto done) {
      provider.ObserveRoom(scope, listed.name, Provider::Depth::kRoom, std::move(done));
    });
    if (seen.failure.error == CallError::kNotFound) {
      continue;  // gone by now
    }
    // What we made we may read: it is somebody else's.
    const bool hidden = seen.failure.error == CallError::kDenied;
    if (!seen.ok() && !hidden) {
      return Unread(shard, listed.name, seen.failure);
    }
    rooms.push_back({shard, hidden ? std::move(listed) : std::move(seen.value)});
  }
  return absl::OkStatus();
}

// Notebooks that packages name by a workspace path, as the server fetches them: from the first
// shard that has the path.
absl::Status ResolveNotebooks(Platform& platform, const Config& config, DirectoryCatalog& catalog) {
  for (const DirectoryCatalog::Unresolved& notebook : catalog.ListUnresolved()) {
    for (const ShardConfig& shard : config.shards) {
      const ShardId id(shard.id);
      const auto exported =
          platform.Await<std::string>([&](DatabricksProvider& provider, auto done) {
            provider.ExportNotebook(id, notebook.workspace_path, std::move(done));
          });
      if (exported.failure.error == CallError::kNotFound) {
        continue;
      }
      if (!exported.ok()) {
        return Unread(id, notebook.workspace_path, exported.failure);
      }
      if (catalog.Resolve(notebook.package, notebook.version, notebook.notebook, exported.value)
              .ok()) {
        break;
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<RebuildPlan> LookAndPlan(const Config& config, const RebuildOptions& options) {
  RK_ASSIGN_OR_RETURN(const Secret key, LoadKeptProvenanceKey(config));
  RK_ASSIGN_OR_RETURN(auto brands, LoadEnrolments(options.enrolments_file, config));
  RK_ASSIGN_OR_RETURN(const auto catalog, DirectoryCatalog::Make(config.packages_dir));
  RK_ASSIGN_OR_RETURN(const auto platform, Platform::Make(config));
  RK_RETURN_IF_ERROR(ResolveNotebooks(*platform, config, *catalog));
  const Provenance provenance(config.service_instance, key);
  RebuildInput input{.brands = std::move(brands),
                     .shards = ListShards(config),
                     .packages = *catalog,
                     .provenance = provenance,
                     .now = SystemClock().Now()};
  for (const ShardStatus& shard : input.shards) {
    RK_RETURN_IF_ERROR(ReadRooms(*platform, shard.id, input.rooms));
  }
  return PlanRebuild(input);
}

absl::Status WriteStore(const std::string& path, std::vector<WriteOp> writes) {
  const SystemClock clock;
  RK_ASSIGN_OR_RETURN(const auto engine, SqliteEngine::Open(path, clock));
  CommitNotice notice;
  for (const absl::StatusOr<WriteResult>& result : engine->Apply(std::move(writes), notice)) {
    RK_RETURN_IF_ERROR(result.status());
    const auto* submitted = std::get_if<SubmitJob::Result>(&*result);
    if (submitted != nullptr && submitted->outcome != SubmitJob::Result::Outcome::kInserted) {
      return absl::InternalError(
          absl::StrCat(FormatName(submitted->room.key), " could not be written"));
    }
  }
  return absl::OkStatus();
}

const char* Word(Outcome outcome) {
  switch (outcome) {
    case Outcome::kRebuilt:
      return "REBUILT";
    case Outcome::kLeft:
      return "LEFT";
    case Outcome::kNotOurs:
      return "NOT OURS";
  }
  return "";
}

std::string Describe(const RebuildFinding& finding) {
  const CleanRoom& room = finding.room;
  return finding.outcome == Outcome::kRebuilt
             ? absl::StrCat(FormatName(room.key), ", ", room.spec.package.value(), " ",
                            room.spec.package_version, ", generation ", room.generation)
             : finding.why;
}

std::string Report(const RebuildPlan& plan) {
  std::size_t name_width = 0;
  std::size_t shard_width = 0;
  std::int64_t rebuilt = 0;
  for (const RebuildFinding& finding : plan.findings) {
    name_width = std::max(name_width, finding.room_name.size());
    shard_width = std::max(shard_width, finding.shard.value().size());
    rebuilt += finding.outcome == Outcome::kRebuilt ? 1 : 0;
  }
  std::string text;
  for (const RebuildFinding& finding : plan.findings) {
    absl::StrAppendFormat(&text, "%-8s  %-*s  %-*s  %s\n", Word(finding.outcome), shard_width,
                          finding.shard.value(), name_width, finding.room_name, Describe(finding));
  }
  const auto brands = std::count_if(
      plan.writes.begin(), plan.writes.end(),
      [](const WriteOp& write) { return std::holds_alternative<CreateBrand>(write); });
  absl::StrAppend(&text, rebuilt, " clean rooms of ", plan.findings.size(),
                  " on the platform, and ", brands, " brands: ");
  return text;
}

}  // namespace

absl::StatusOr<std::string> RebuildStore(const Config& config, const RebuildOptions& options) {
  if (options.dry_run) {
    RK_ASSIGN_OR_RETURN(const RebuildPlan plan, LookAndPlan(config, options));
    return absl::StrCat(Report(plan), "nothing was written");
  }
  RebuildPlan plan;
  RK_RETURN_IF_ERROR(MakeStore(config.store.path, [&](const std::string& part) -> absl::Status {
    RK_ASSIGN_OR_RETURN(plan, LookAndPlan(config, options));
    return WriteStore(part, plan.writes);
  }));
  return absl::StrCat(
      Report(plan), config.store.path,
      " holds them; start the server with --bootstrap-operator-key and a new file: it looks at "
      "each room and mends it. API keys, labels, expiries and the history of jobs are lost: make "
      "new keys for the brands");
}

}  // namespace roomkeeper
