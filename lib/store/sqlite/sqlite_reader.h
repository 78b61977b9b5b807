#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "lib/store/counters.h"
#include "lib/store/sqlite/sqlite_db.h"
#include "lib/store/storage_engine.h"

namespace roomkeeper {

class SqliteReader final : public StorageEngine::Reader {
 public:
  // `counters` are the engine's, which outlives its readers.
  SqliteReader(std::unique_ptr<SqliteDb> db, const StoreCounters& counters)
      : db_(std::move(db)), counters_(counters) {}

  absl::StatusOr<Job> GetJob(const JobId& id) override;
  absl::StatusOr<CleanRoom> GetRoom(const RoomKey& key) override;
  absl::StatusOr<JobPage> ListJobs(const JobQuery& query) override;
  absl::StatusOr<RoomPage> ListRooms(const RoomQuery& query) override;
  absl::StatusOr<DueRooms> ListDueRooms(DueFor what, absl::Time now, std::int32_t limit) override;
  absl::StatusOr<std::vector<JobEvent>> ReadEvents(const JobId& id, std::int64_t after_seq,
                                                   std::int32_t limit) override;
  absl::StatusOr<StoreStats> GetStats() override;
  absl::StatusOr<std::vector<Freeze>> ListFreezes() override;
  absl::StatusOr<Brand> GetBrand(const BrandId& id) override;
  absl::StatusOr<Install> GetInstall(const BrandId& brand, const InstallId& install) override;
  absl::StatusOr<Install> FindInstall(const CallerPin& pin) override;
  absl::StatusOr<ApiKey> GetApiKey(const ApiKeyId& id) override;
  absl::StatusOr<BrandPage> ListBrands(std::int64_t after, std::int32_t limit) override;
  absl::StatusOr<std::vector<Install>> ListInstalls(const BrandId& brand) override;
  absl::StatusOr<EnrollmentCode> GetEnrollmentCode(const EnrollmentCodeId& id) override;
  absl::StatusOr<EnrollmentCodePage> ListEnrollmentCodes(const EnrollmentCodeQuery& query) override;
  absl::StatusOr<EnrollmentPage> ListEnrollments(const EnrollmentQuery& query) override;
  absl::StatusOr<AuditPage> ListAudit(const AuditQuery& query) override;

 private:
  absl::StatusOr<std::vector<JobEvent>> WalkBack(const JobId& id, std::int64_t journal_pos,
                                                 std::int64_t after_seq, std::int32_t limit);

  std::unique_ptr<SqliteDb> db_;
  const StoreCounters& counters_;
};

}  // namespace roomkeeper
