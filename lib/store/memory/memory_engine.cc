#include "lib/store/memory/memory_engine.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/store/op_rules.h"

namespace roomkeeper {

class MemoryEngine::MemoryReader final : public Reader {
 public:
  explicit MemoryReader(MemoryEngine& engine) : engine_(engine) {}

  absl::StatusOr<Job> GetJob(const JobId& id) override {
    const MutexLock lock(engine_.mu_);
    RK_ASSIGN_OR_RETURN(const auto head, engine_.rows_.FindJob(id));
    if (!head.has_value()) {
      return absl::NotFoundError(absl::StrCat("no job ", id.value()));
    }
    return engine_.rows_.LoadJob(*head);
  }
  absl::StatusOr<CleanRoom> GetRoom(const RoomKey& key) override {
    const MutexLock lock(engine_.mu_);
    return engine_.rows_.LoadRoom(key);
  }
  absl::StatusOr<JobPage> ListJobs(const JobQuery& query) override {
    const MutexLock lock(engine_.mu_);
    return engine_.rows_.ListJobs(query);
  }
  absl::StatusOr<RoomPage> ListRooms(const RoomQuery& query) override {
    const MutexLock lock(engine_.mu_);
    return engine_.rows_.ListRooms(query);
  }
  absl::StatusOr<DueRooms> ListDueRooms(DueFor what, absl::Time now, std::int32_t limit) override {
    const MutexLock lock(engine_.mu_);
    return DueRooms{.rooms = engine_.rows_.ListDueRooms(what, now, limit)};
  }
  absl::StatusOr<std::vector<JobEvent>> ReadEvents(const JobId& id, std::int64_t after_seq,
                                                   std::int32_t limit) override {
    const MutexLock lock(engine_.mu_);
    return engine_.rows_.ReadEvents(id, after_seq, limit);
  }
  absl::StatusOr<StoreStats> GetStats() override {
    const MutexLock lock(engine_.mu_);
    StoreStats stats = engine_.counters_.Stats();
    stats.awaiting_brand_delete = engine_.rows_.OldestAwaitingBrandDelete();
    return stats;
  }
  absl::StatusOr<std::vector<Freeze>> ListFreezes() override {
    const MutexLock lock(engine_.mu_);
    return engine_.rows_.ListFreezes();
  }
  absl::StatusOr<Brand> GetBrand(const BrandId& id) override {
    const MutexLock lock(engine_.mu_);
    RK_ASSIGN_OR_RETURN(auto brand, engine_.rows_.FindBrand(id));
    if (!brand.has_value()) {
      return absl::NotFoundError(absl::StrCat("no brand ", id.value()));
    }
    return *std::move(brand);
  }
  absl::StatusOr<Install> GetInstall(const BrandId& brand, const InstallId& install) override {
    const MutexLock lock(engine_.mu_);
    RK_ASSIGN_OR_RETURN(auto found, engine_.rows_.FindInstall(brand, install));
    if (!found.has_value()) {
      return absl::NotFoundError(
          absl::StrCat("no install ", install.value(), " of brand ", brand.value()));
    }
    return *std::move(found);
  }
  absl::StatusOr<Install> FindInstall(const CallerPin& pin) override {
    const MutexLock lock(engine_.mu_);
    RK_ASSIGN_OR_RETURN(auto found, engine_.rows_.FindInstallOf(pin));
    if (!found.has_value()) {
      return absl::NotFoundError("no install has this pin");
    }
    return *std::move(found);
  }
  absl::StatusOr<ApiKey> GetApiKey(const ApiKeyId& id) override {
    const MutexLock lock(engine_.mu_);
    RK_ASSIGN_OR_RETURN(auto key, engine_.rows_.FindApiKey(id));
    if (!key.has_value()) {
      return absl::NotFoundError(absl::StrCat("no key ", id.value()));
    }
    return *std::move(key);
  }
  absl::StatusOr<BrandPage> ListBrands(std::int64_t after, std::int32_t limit) override {
    const MutexLock lock(engine_.mu_);
    return engine_.rows_.ListBrands(after, limit);
  }
  absl::StatusOr<std::vector<Install>> ListInstalls(const BrandId& brand) override {
    const MutexLock lock(engine_.mu_);
    return engine_.rows_.ListInstalls(brand);
  }
  absl::StatusOr<EnrollmentCode> GetEnrollmentCode(const EnrollmentCodeId& id) override {
    const MutexLock lock(engine_.mu_);
    RK_ASSIGN_OR_RETURN(auto code, engine_.enrollments_.FindCode(id));
    if (!code.has_value()) {
      return absl::NotFoundError(absl::StrCat("no code ", id.value()));
    }
    return *std::move(code);
  }
  absl::StatusOr<EnrollmentCodePage> ListEnrollmentCodes(
      const EnrollmentCodeQuery& query) override {
    const MutexLock lock(engine_.mu_);
    return engine_.enrollments_.ListCodes(query);
  }
  absl::StatusOr<EnrollmentPage> ListEnrollments(const EnrollmentQuery& query) override {
    const MutexLock lock(engine_.mu_);
    return engine_.enrollments_.List(query);
  }
  absl::StatusOr<AuditPage> ListAudit(const AuditQuery& query) override {
    const MutexLock lock(engine_.mu_);
    return engine_.audit_.List(query);
  }

 private:
  MemoryEngine& engine_;
};

std::vector<absl::StatusOr<WriteResult>> MemoryEngine::Apply(std::vector<WriteOp> ops,
                                                             CommitNotice& notice) {
  const MutexLock lock(mu_);
  Rules rules = {.jobs = rows_,
                 .brands = rows_,
                 .enrollments = enrollments_,
                 .audit = audit_,
                 .counters = counters_,
                 .notice = notice};
  std::vector<absl::StatusOr<WriteResult>> results;
  results.reserve(ops.size());
  for (const WriteOp& op : ops) {
    results.push_back(rules.Apply(op));
  }
  counters_.Commit();
  return results;
}

absl::StatusOr<std::unique_ptr<StorageEngine::Reader>> MemoryEngine::NewReader() {
  return std::make_unique<MemoryReader>(*this);
}

}  // namespace roomkeeper
