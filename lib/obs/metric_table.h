#pragma once

#include "lib/obs/metrics.h"

namespace roomkeeper {

// Every metric of the product. A new row needs a panel or alert that reads it, and a line in
// docs/operations.md.
namespace metric {

inline constexpr MetricDef kJobs = {"roomkeeper_jobs", MetricType::kGauge, "state",
                                    "Jobs that are not final, by state."};
inline constexpr MetricDef kJobsFinished = {"roomkeeper_jobs_finished_total", MetricType::kCounter,
                                            "kind,outcome,reason",
                                            "Jobs that became final; reason is empty for success."};
inline constexpr MetricDef kStepSeconds = {"roomkeeper_step_duration_seconds",
                                           MetricType::kHistogram, "kind,step",
                                           "Seconds from the start of a step to its end."};
inline constexpr MetricDef kReadySeconds = {"roomkeeper_ready_seconds", MetricType::kHistogram,
                                            "part",
                                            "Seconds from submit to READY; part: total, platform "
                                            "(its calls and provisioning), budget (held "
                                            "back by the shard's request budget), ours."};
inline constexpr MetricDef kApiCalls = {"roomkeeper_api_calls_total", MetricType::kCounter,
                                        "shard,route,outcome",
                                        "Platform calls answered or failed."};
inline constexpr MetricDef kApiSeconds = {"roomkeeper_api_call_seconds", MetricType::kHistogram,
                                          "route", "Seconds of one platform call."};
inline constexpr MetricDef kRateLimited = {"roomkeeper_api_rate_limited_total",
                                           MetricType::kCounter, "shard", "Platform answers 429."};
inline constexpr MetricDef kApiBudget = {"roomkeeper_api_budget_per_second", MetricType::kGauge,
                                         "shard", "Requests per second now allowed to this shard."};
inline constexpr MetricDef kBreakerOpen = {
    "roomkeeper_shard_breaker_open", MetricType::kGauge, "shard",
    "1 while the shard's platform does not answer and only probes are sent, else 0."};
inline constexpr MetricDef kClockAhead = {
    "roomkeeper_clock_ahead_seconds", MetricType::kGauge, "shard",
    "Seconds our clock is ahead of the platform's Date header; negative: behind."};
inline constexpr MetricDef kTokenAge = {"roomkeeper_token_age_seconds", MetricType::kGauge, "shard",
                                        "Seconds since the access token in use was issued."};
inline constexpr MetricDef kTokenFailures = {"roomkeeper_token_failures_total",
                                             MetricType::kCounter, "shard,reason",
                                             "Token requests that failed."};
inline constexpr MetricDef kCredentialDead = {
    "roomkeeper_credential_dead", MetricType::kGauge, "shard,credential",
    "1 if the credential was refused or could not be read when it was last tried, else 0."};
inline constexpr MetricDef kQueueAge = {"roomkeeper_queue_age_seconds", MetricType::kGauge, "",
                                        "Seconds the oldest QUEUED job has waited."};
inline constexpr MetricDef kRooms = {"roomkeeper_rooms", MetricType::kGauge, "shard,state",
                                     "Rooms of ours by shard and state."};
inline constexpr MetricDef kAwaitingBrandDelete = {
    "roomkeeper_awaiting_brand_delete_oldest_seconds", MetricType::kGauge, "shard",
    "Seconds the oldest room that awaits its brand's delete has waited; 0: none waits."};
inline constexpr MetricDef kDriftCauses = {
    "roomkeeper_drift_causes", MetricType::kGauge, "shard,reason",
    "Causes for which rooms are DEGRADED: one may degrade many rooms."};
inline constexpr MetricDef kFreezes = {"roomkeeper_freezes", MetricType::kGauge, "scope",
                                       "Freezes in force; scope: brand, shard, everything."};
inline constexpr MetricDef kRoomLimit = {"roomkeeper_room_limit", MetricType::kGauge, "shard",
                                         "Rooms the shard's metastore may hold."};
inline constexpr MetricDef kRoomsListed = {"roomkeeper_rooms_listed", MetricType::kGauge, "shard",
                                           "Rooms on the platform, ours or not, as last listed."};
inline constexpr MetricDef kRpcs = {"roomkeeper_rpcs_total", MetricType::kCounter, "method,code",
                                    "RPCs answered, by status code."};
inline constexpr MetricDef kRpcSeconds = {"roomkeeper_rpc_seconds", MetricType::kHistogram,
                                          "method",
                                          "Seconds from the arrival of an RPC to its answer."};
inline constexpr MetricDef kWatchers = {"roomkeeper_watchers", MetricType::kGauge, "",
                                        "WatchJob streams and WaitJob calls that are open."};
inline constexpr MetricDef kStoreCommitSeconds = {"roomkeeper_store_commit_seconds",
                                                  MetricType::kHistogram, "engine",
                                                  "Seconds of one group commit."};
inline constexpr MetricDef kStoreBatchOps = {"roomkeeper_store_batch_ops", MetricType::kHistogram,
                                             "engine", "Writes in one group commit."};
inline constexpr MetricDef kBackupLastSuccess = {
    "roomkeeper_backup_last_success_timestamp_seconds", MetricType::kGauge, "",
    "When the newest backup in store.backup_dir was taken, in seconds since 1970."};
inline constexpr MetricDef kBugs = {"roomkeeper_bug_total", MetricType::kCounter, "where",
                                    "Things that should not happen, survived and logged."};

}  // namespace metric
}  // namespace roomkeeper
