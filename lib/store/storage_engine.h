#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "lib/store/audit/audit_query.h"
#include "lib/store/enrollment/enrollment_query.h"
#include "lib/store/job_store.h"
#include "lib/store/ops.h"
#include "lib/store/queries.h"

namespace roomkeeper {

// The synchronous heart of a store: memory, SQLite, PostgreSQL. All are held to tests/conformance.
// GroupCommit (lib/store/group_commit.h) makes a JobStore and BrandStore of one.
class StorageEngine {
 public:
  virtual ~StorageEngine() = default;

  // Runs the ops in order in one transaction and commits it. results[i] belongs to ops[i]; a
  // refused op has an error there and changed nothing. If the commit fails, every result is that
  // error and nothing changed. Blocks. Called by one thread at a time. `notice`
  // comes empty and goes with what became visible.
  virtual std::vector<absl::StatusOr<WriteResult>> Apply(std::vector<WriteOp> ops,
                                                         CommitNotice& notice) = 0;

  // Housekeeping that would hold up a commit, such as a checkpoint. Called as Apply is, when
  // nothing was written for a while. Blocks.
  virtual void Tidy() {}

  // Writes what changes nothing, as durably as Apply does: whether an engine that could not write
  // now can. Called as Apply is. Blocks.
  virtual absl::Status Probe() { return absl::OkStatus(); }

  // A reader sees only committed state. One reader is used by one thread at a time; readers and
  // Apply run at once.
  class Reader {
   public:
    virtual ~Reader() = default;
    virtual absl::StatusOr<Job> GetJob(const JobId& id) = 0;
    virtual absl::StatusOr<CleanRoom> GetRoom(const RoomKey& key) = 0;
    virtual absl::StatusOr<JobPage> ListJobs(const JobQuery& query) = 0;
    virtual absl::StatusOr<RoomPage> ListRooms(const RoomQuery& query) = 0;
    virtual absl::StatusOr<DueRooms> ListDueRooms(DueFor what, absl::Time now,
                                                  std::int32_t limit) = 0;
    virtual absl::StatusOr<std::vector<JobEvent>> ReadEvents(const JobId& id,
                                                             std::int64_t after_seq,
                                                             std::int32_t limit) = 0;
    virtual absl::StatusOr<StoreStats> GetStats() = 0;
    virtual absl::StatusOr<std::vector<Freeze>> ListFreezes() = 0;
    virtual absl::StatusOr<Brand> GetBrand(const BrandId& id) = 0;
    virtual absl::StatusOr<Install> GetInstall(const BrandId& brand, const InstallId& install) = 0;
    virtual absl::StatusOr<Install> FindInstall(const CallerPin& pin) = 0;
    virtual absl::StatusOr<ApiKey> GetApiKey(const ApiKeyId& id) = 0;
    virtual absl::StatusOr<BrandPage> ListBrands(std::int64_t after, std::int32_t limit) = 0;
    virtual absl::StatusOr<std::vector<Install>> ListInstalls(const BrandId& brand) = 0;
    virtual absl::StatusOr<EnrollmentCode> GetEnrollmentCode(const EnrollmentCodeId& id) = 0;
    virtual absl::StatusOr<EnrollmentCodePage> ListEnrollmentCodes(
        const EnrollmentCodeQuery& query) = 0;
    virtual absl::StatusOr<EnrollmentPage> ListEnrollments(const EnrollmentQuery& query) = 0;
    virtual absl::StatusOr<AuditPage> ListAudit(const AuditQuery& query) = 0;
  };
  virtual absl::StatusOr<std::unique_ptr<Reader>> NewReader() = 0;
};

}  // namespace roomkeeper
