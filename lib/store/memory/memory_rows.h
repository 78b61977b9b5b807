#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/store/rows.h"

namespace roomkeeper {

// The tables, as maps. Not thread-safe: MemoryEngine holds the lock.
class MemoryRows final : public JobRows, public BrandRows {
 public:
  absl::StatusOr<std::optional<JobHead>> FindJob(const JobId& id) override;
  absl::StatusOr<Job> LoadJob(const JobHead& head) override;
  absl::StatusOr<JobHead> InsertJob(const Job& job, const std::string& owner,
                                    const JobEvent& first) override;
  absl::Status UpdateJob(const JobHead& head, const Job& job,
                         const std::vector<JobEvent>& events) override;
  absl::Status NoteEvent(const JobHead& head, const JobEvent& event) override;
  absl::StatusOr<ClaimJobs::Result> Claim(const ClaimJobs& op) override;

  absl::StatusOr<std::optional<RoomHead>> FindRoom(const RoomKey& key) override;
  absl::StatusOr<CleanRoom> LoadRoom(const RoomKey& key) override;
  absl::StatusOr<std::int64_t> CountRooms(const BrandId& brand, const InstallId& install,
                                          const Labels& labels) override;
  absl::Status InsertRoom(const CleanRoom& room) override;
  absl::Status EraseRoom(const RoomHead& head) override;
  absl::Status UpdateRoom(const RoomHead& head, const CleanRoom& room, bool new_spec) override;
  absl::Status UpdateExpiry(const RoomHead& head, const CleanRoom& room) override;

  absl::StatusOr<std::optional<RequestRow>> FindRequest(const std::string& caller_scope,
                                                        const std::string& request_id) override;
  absl::Status InsertRequest(const std::string& caller_scope, const std::string& request_id,
                             const RequestRow& row) override;

  absl::StatusOr<std::optional<Brand>> FindBrand(const BrandId& id) override;
  absl::Status InsertBrand(const Brand& brand) override;
  absl::Status UpdateBrand(const Brand& brand) override;
  absl::StatusOr<std::optional<Install>> FindInstall(const BrandId& brand,
                                                     const InstallId& id) override;
  absl::StatusOr<bool> HasInstall(const std::string& global_metastore_id,
                                  std::int64_t workspace_id) override;
  absl::StatusOr<std::optional<Install>> FindInstallOf(const CallerPin& pin) override;
  absl::Status InsertInstall(const Install& install) override;
  absl::Status UpdateInstall(const Install& install) override;
  absl::StatusOr<std::optional<ApiKey>> FindApiKey(const ApiKeyId& id) override;
  absl::StatusOr<bool> HasLiveAdminKey(absl::Time now) override;
  absl::Status InsertApiKey(const ApiKey& key) override;
  absl::Status UpdateApiKey(const ApiKey& key) override;
  absl::StatusOr<std::vector<Freeze>> ListFreezes() override;
  absl::Status PutFreeze(const Freeze& freeze) override;
  absl::Status EraseFreeze(const std::string& scope) override;

  // Reads for MemoryEngine::Reader that are not one row.
  JobPage ListJobs(const JobQuery& query) const;
  RoomPage ListRooms(const RoomQuery& query) const;
  std::vector<CleanRoom> ListDueRooms(DueFor what, absl::Time now, std::int32_t limit) const;
  // As StoreStats::awaiting_brand_delete.
  std::vector<std::pair<ShardId, absl::Time>> OldestAwaitingBrandDelete() const;
  absl::StatusOr<std::vector<JobEvent>> ReadEvents(const JobId& id, std::int64_t after_seq,
                                                   std::int32_t limit) const;
  BrandPage ListBrands(std::int64_t after, std::int32_t limit) const;
  std::vector<Install> ListInstalls(const BrandId& brand) const;

 private:
  struct JobRow {
    Job job = {};
    std::string owner = {};
    std::vector<JobEvent> events = {};
  };

  // The present room of that name.
  bool CarriesLabels(const RoomKey& key, const Labels& labels) const;

  using DueIndex = std::set<std::pair<absl::Time, std::int64_t>>;  // of those that have a time

  std::map<std::int64_t, JobRow> jobs_;  // by creation order, as all that are keyed by a number
  std::map<JobId, std::int64_t> job_pos_;
  std::map<std::int64_t, CleanRoom> rooms_;
  std::map<RoomKey, std::int64_t> room_pos_;
  DueIndex sweeps_;  // by sweep_at
  DueIndex looks_;   // by look_at
  std::map<std::pair<std::string, std::string>, RequestRow> requests_;
  std::map<std::int64_t, Brand> brands_;
  std::map<BrandId, std::int64_t> brand_pos_;
  std::vector<Install> installs_;
  std::map<ApiKeyId, ApiKey> keys_;
  std::map<std::string, Freeze> freezes_;
  std::int64_t next_pos_ = 1;
};

}  // namespace roomkeeper
