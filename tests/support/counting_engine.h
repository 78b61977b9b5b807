#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "lib/store/memory/memory_engine.h"

namespace roomkeeper::testing {

// The memory engine, with a count of what it was asked to read. Keys and pins are not counted: who
// calls is cached for a while, so their reads say nothing of the call. Thread-safe.
class CountingEngine final : public StorageEngine {
 public:
  std::vector<absl::StatusOr<WriteResult>> Apply(std::vector<WriteOp> ops,
                                                 CommitNotice& notice) override {
    return memory_.Apply(std::move(ops), notice);
  }
  absl::StatusOr<std::unique_ptr<Reader>> NewReader() override {
    auto reader = memory_.NewReader();
    if (!reader.ok()) {
      return reader.status();
    }
    return std::unique_ptr<Reader>(new CountingReader(*std::move(reader), reads_));
  }

  std::int64_t reads() const { return reads_; }

 private:
  using Count = std::atomic<std::int64_t>;

  class CountingReader final : public Reader {
   public:
    CountingReader(std::unique_ptr<Reader> reader, Count& reads)
        : reader_(std::move(reader)), reads_(reads) {}

    absl::StatusOr<Job> GetJob(const JobId& id) override { return Counted().GetJob(id); }
    absl::StatusOr<CleanRoom> GetRoom(const RoomKey& key) override {
      return Counted().GetRoom(key);
    }
    absl::StatusOr<JobPage> ListJobs(const JobQuery& query) override {
      return Counted().ListJobs(query);
    }
    absl::StatusOr<RoomPage> ListRooms(const RoomQuery& query) override {
      return Counted().ListRooms(query);
    }
    absl::StatusOr<DueRooms> ListDueRooms(DueFor what, absl::Time now,
                                          std::int32_t limit) override {
      return Counted().ListDueRooms(what, now, limit);
    }
    absl::StatusOr<std::vector<JobEvent>> ReadEvents(const JobId& id, std::int64_t after_seq,
                                                     std::int32_t limit) override {
      return Counted().ReadEvents(id, after_seq, limit);
    }
    absl::StatusOr<StoreStats> GetStats() override { return Counted().GetStats(); }
    absl::StatusOr<std::vector<Freeze>> ListFreezes() override { return Counted().ListFreezes(); }
    absl::StatusOr<Brand> GetBrand(const BrandId& id) override { return Counted().GetBrand(id); }
    absl::StatusOr<Install> GetInstall(const BrandId& brand, const InstallId& install) override {
      return Counted().GetInstall(brand, install);
    }
    absl::StatusOr<EnrollmentCode> GetEnrollmentCode(const EnrollmentCodeId& id) override {
      return Counted().GetEnrollmentCode(id);
    }
    absl::StatusOr<EnrollmentCodePage> ListEnrollmentCodes(
        const EnrollmentCodeQuery& query) override {
      return Counted().ListEnrollmentCodes(query);
    }
    absl::StatusOr<EnrollmentPage> ListEnrollments(const EnrollmentQuery& query) override {
      return Counted().ListEnrollments(query);
    }
    absl::StatusOr<AuditPage> ListAudit(const AuditQuery& query) override {
      return Counted().ListAudit(query);
    }
    absl::StatusOr<Install> FindInstall(const CallerPin& pin) override {
      return reader_->FindInstall(pin);
    }
    absl::StatusOr<ApiKey> GetApiKey(const ApiKeyId& id) override { return reader_->GetApiKey(id); }
    absl::StatusOr<BrandPage> ListBrands(std::int64_t after, std::int32_t limit) override {
      return Counted().ListBrands(after, limit);
    }
    absl::StatusOr<std::vector<Install>> ListInstalls(const BrandId& brand) override {
      return Counted().ListInstalls(brand);
    }

   private:
    Reader& Counted() {
      ++reads_;
      return *reader_;
    }

    const std::unique_ptr<Reader> reader_;
    Count& reads_;
  };

  MemoryEngine memory_;
  Count reads_ = 0;
};

}  // namespace roomkeeper::testing
