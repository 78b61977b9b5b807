#include "lib/store/store_front.h"

#include <utility>
#include <variant>

namespace roomkeeper {
namespace {

// Hands the one alternative that belongs to the op on to its caller.
template <typename Result>
std::function<void(absl::StatusOr<WriteResult>)> Unwrap(StoreDone<Result> done) {
  return [done = std::move(done)](absl::StatusOr<WriteResult> result) {
    if (result.ok()) {
      done(std::get<Result>(*std::move(result)));
    } else {
      done(std::move(result).status());
    }
  };
}

// Asks the reader, or passes on why there is none.
template <typename T, typename Ask>
std::function<void(absl::StatusOr<StorageEngine::Reader*>)> With(Ask ask, StoreDone<T> done) {
  return [ask = std::move(ask),
          done = std::move(done)](absl::StatusOr<StorageEngine::Reader*> reader) {
    done(reader.ok() ? ask(**reader) : absl::StatusOr<T>(std::move(reader).status()));
  };
}

}  // namespace

void StoreFront::Submit(SubmitJob op, StoreDone<SubmitJob::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Advance(AdvanceJob op, StoreDone<AdvanceJob::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Claim(ClaimJobs op, StoreDone<ClaimJobs::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Cancel(CancelJob op, StoreDone<CancelJob::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Move(MoveRoom op, StoreDone<MoveRoom::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Observe(ObserveNotebooks op, StoreDone<ObserveNotebooks::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Expire(SetExpiry op, StoreDone<SetExpiry::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Note(NoteLook op, StoreDone<NoteLook::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Set(SetFreeze op, StoreDone<SetFreeze::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Lift(LiftFreeze op, StoreDone<LiftFreeze::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Create(CreateBrand op, StoreDone<CreateBrand::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Update(UpdateBrand op, StoreDone<UpdateBrand::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Create(CreateInstall op, StoreDone<CreateInstall::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Set(SetCallers op, StoreDone<SetCallers::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Create(CreateApiKey op, StoreDone<CreateApiKey::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Revoke(RevokeApiKey op, StoreDone<RevokeApiKey::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Create(CreateEnrollmentCode op, StoreDone<CreateEnrollmentCode::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Revoke(RevokeEnrollmentCode op, StoreDone<RevokeEnrollmentCode::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Exchange(ExchangeCode op, StoreDone<ExchangeCode::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Decide(DecideEnrollment op, StoreDone<DecideEnrollment::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Append(AppendAudit op, StoreDone<AppendAudit::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}
void StoreFront::Prune(PruneAudit op, StoreDone<PruneAudit::Result> done) {
  Write(std::move(op), Unwrap(std::move(done)));
}

void StoreFront::GetJob(JobId id, StoreDone<Job> done) {
  Read(With<Job>([id = std::move(id)](StorageEngine::Reader& r) { return r.GetJob(id); },
                 std::move(done)));
}
void StoreFront::GetRoom(RoomKey key, StoreDone<CleanRoom> done) {
  Read(With<CleanRoom>([key = std::move(key)](StorageEngine::Reader& r) { return r.GetRoom(key); },
                       std::move(done)));
}
void StoreFront::ListJobs(JobQuery query, StoreDone<JobPage> done) {
  Read(With<JobPage>(
      [query = std::move(query)](StorageEngine::Reader& r) { return r.ListJobs(query); },
      std::move(done)));
}
void StoreFront::ListRooms(RoomQuery query, StoreDone<RoomPage> done) {
  Read(With<RoomPage>(
      [query = std::move(query)](StorageEngine::Reader& r) { return r.ListRooms(query); },
      std::move(done)));
}
void StoreFront::ListDueRooms(DueFor what, absl::Time now, std::int32_t limit,
                              StoreDone<DueRooms> done) {
  Read(With<DueRooms>(
      [what, now, limit](StorageEngine::Reader& r) { return r.ListDueRooms(what, now, limit); },
      std::move(done)));
}
void StoreFront::ReadEvents(JobId id, std::int64_t after_seq, std::int32_t limit,
                            StoreDone<std::vector<JobEvent>> done) {
  Read(With<std::vector<JobEvent>>(
      [id = std::move(id), after_seq, limit](StorageEngine::Reader& r) {
        return r.ReadEvents(id, after_seq, limit);
      },
      std::move(done)));
}
void StoreFront::GetStats(StoreDone<StoreStats> done) {
  Read(With<StoreStats>([](StorageEngine::Reader& r) { return r.GetStats(); }, std::move(done)));
}
void StoreFront::ListFreezes(StoreDone<std::vector<Freeze>> done) {
  Read(With<std::vector<Freeze>>([](StorageEngine::Reader& r) { return r.ListFreezes(); },
                                 std::move(done)));
}
void StoreFront::GetBrand(BrandId id, StoreDone<Brand> done) {
  Read(With<Brand>([id = std::move(id)](StorageEngine::Reader& r) { return r.GetBrand(id); },
                   std::move(done)));
}
void StoreFront::GetInstall(BrandId brand, InstallId install, StoreDone<Install> done) {
  Read(With<Install>([brand = std::move(brand), install = std::move(install)](
                         StorageEngine::Reader& r) { return r.GetInstall(brand, install); },
                     std::move(done)));
}
void StoreFront::FindInstall(CallerPin pin, StoreDone<Install> done) {
  Read(
      With<Install>([pin = std::move(pin)](StorageEngine::Reader& r) { return r.FindInstall(pin); },
                    std::move(done)));
}
void StoreFront::GetApiKey(ApiKeyId id, StoreDone<ApiKey> done) {
  Read(With<ApiKey>([id = std::move(id)](StorageEngine::Reader& r) { return r.GetApiKey(id); },
                    std::move(done)));
}
void StoreFront::ListBrands(std::int64_t after, std::int32_t limit, StoreDone<BrandPage> done) {
  Read(With<BrandPage>(
      [after, limit](StorageEngine::Reader& r) { return r.ListBrands(after, limit); },
      std::move(done)));
}
void StoreFront::ListInstalls(BrandId brand, StoreDone<std::vector<Install>> done) {
  Read(With<std::vector<Install>>(
      [brand = std::move(brand)](StorageEngine::Reader& r) { return r.ListInstalls(brand); },
      std::move(done)));
}
void StoreFront::GetEnrollmentCode(EnrollmentCodeId id, StoreDone<EnrollmentCode> done) {
  Read(With<EnrollmentCode>(
      [id = std::move(id)](StorageEngine::Reader& r) { return r.GetEnrollmentCode(id); },
      std::move(done)));
}
void StoreFront::ListEnrollmentCodes(EnrollmentCodeQuery query,
                                     StoreDone<EnrollmentCodePage> done) {
  Read(With<EnrollmentCodePage>(
      [query = std::move(query)](StorageEngine::Reader& r) { return r.ListEnrollmentCodes(query); },
      std::move(done)));
}
void StoreFront::ListEnrollments(EnrollmentQuery query, StoreDone<EnrollmentPage> done) {
  Read(With<EnrollmentPage>(
      [query = std::move(query)](StorageEngine::Reader& r) { return r.ListEnrollments(query); },
      std::move(done)));
}
void StoreFront::ListAudit(AuditQuery query, StoreDone<AuditPage> done) {
  Read(With<AuditPage>(
      [query = std::move(query)](StorageEngine::Reader& r) { return r.ListAudit(query); },
      std::move(done)));
}

}  // namespace roomkeeper
