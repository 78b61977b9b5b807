#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/store/rows.h"
#include "lib/store/sqlite/sqlite_db.h"

namespace roomkeeper {

// The job, room, journal and request tables, inside the open transaction of `db`.
class SqliteJobRows final : public JobRows {
 public:
  explicit SqliteJobRows(SqliteDb& db) : db_(db) {}

  // Forgets what it knows of the tables: before the first transaction and after a rollback.
  absl::Status Reload();

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

 private:
  struct Lease {
    std::int64_t pos = 0;
    ClaimJobs::Result::Parked job = {};
  };

  // Answers the position of the new row.
  absl::StatusOr<std::int64_t> AppendEvent(std::int64_t job_pos, std::int64_t previous,
                                           const JobEvent& event);
  absl::Status UpdateLease(const JobHead& head, const Job& job);
  absl::StatusOr<std::vector<Lease>> TakeLeases(const ClaimJobs& op);
  absl::StatusOr<Job> LoadJobAt(std::int64_t pos);
  absl::StatusOr<ClaimJobs::Result::Claimed> LoadDue(const Lease& lease);

  SqliteDb& db_;
  std::int64_t last_journal_pos_ = 0;
  // No live job up to this position has another owner than this: a claim of 100,000 jobs in
  // batches need not look at the same rows again and again.
  std::string claimed_by_;
  std::int64_t claimed_to_ = 0;
};

}  // namespace roomkeeper
