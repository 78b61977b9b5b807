#include "lib/store/sqlite/sqlite_reader.h"

#include <algorithm>
#include <deque>
#include <iterator>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/model/json/clean_room_json.h"
#include "lib/store/queries.h"
#include "lib/store/sqlite/audit/sqlite_audit_rows.h"
#include "lib/store/sqlite/enrollment/sqlite_enrollment_rows.h"
#include "lib/store/sqlite/row_codec.h"

namespace roomkeeper {
namespace {

constexpr char kGetJob[] = "SELECT " RK_JOB_COLUMNS " FROM " RK_JOB_TABLES " WHERE j.id = ?1";
constexpr char kGetRoom[] = "SELECT " RK_ROOM_COLUMNS " FROM " RK_ROOM_TABLES
                            " WHERE r.brand = ?1 AND r.install = ?2 AND r.id = ?3";
constexpr char kLastEvent[] = "SELECT journal_pos FROM job WHERE id = ?1";
constexpr char kGetEvent[] = "SELECT " RK_EVENT_COLUMNS " FROM journal WHERE pos = ?1";
constexpr char kGetBrand[] = "SELECT " RK_BRAND_COLUMNS " FROM brand WHERE id = ?1";
constexpr char kGetInstall[] =
    "SELECT " RK_INSTALL_COLUMNS " FROM install WHERE brand = ?1 AND id = ?2";
constexpr char kGetApiKey[] = "SELECT " RK_API_KEY_COLUMNS " FROM api_key WHERE id = ?1";
constexpr char kListBrands[] =
    "SELECT " RK_BRAND_COLUMNS " FROM brand WHERE pos > ?1 ORDER BY pos LIMIT ?2";
constexpr char kListInstalls[] =
    "SELECT " RK_INSTALL_COLUMNS " FROM install WHERE brand = ?1 ORDER BY pos";

// A brand has an index of its own, so there are two statements: the plan must not depend on what is
// asked for.
#define RK_JOB_FILTER                                                                     \
  " j.pos > ?1 AND (?2 IS NULL OR j.install = ?2) AND (?3 IS NULL OR j.clean_room = ?3) " \
  "AND (?4 IS NULL OR j.state = ?4) "
constexpr char kListJobs[] = "SELECT " RK_JOB_COLUMNS " FROM " RK_JOB_TABLES " WHERE" RK_JOB_FILTER
                             "ORDER BY j.pos LIMIT ?5";
constexpr char kListJobsOfBrand[] =
    "SELECT " RK_JOB_COLUMNS
    " FROM job j INDEXED BY job_by_brand "
    "LEFT JOIN live_job l ON l.pos = j.pos WHERE j.brand = ?6 AND" RK_JOB_FILTER
    "ORDER BY j.pos LIMIT ?5";
#define RK_ROOM_FILTER                                                                 \
  " r.pos > ?1 AND (?2 IS NULL OR r.install = ?2) AND (?3 IS NULL OR r.package = ?3) " \
  "AND (?4 IS NULL OR r.package_version = ?4) "                                        \
  "AND ((?5 IS NULL AND (?6 OR r.state <> 10)) OR r.state = ?5) "
constexpr char kListRooms[] =
    "SELECT " RK_ROOM_COLUMNS " FROM " RK_ROOM_TABLES " WHERE" RK_ROOM_FILTER "ORDER BY r.pos";
constexpr char kListRoomsOfBrand[] =
    "SELECT " RK_ROOM_COLUMNS
    " FROM room r INDEXED BY room_by_brand "
    "JOIN room_spec s ON s.room = r.pos WHERE r.brand = ?7 AND" RK_ROOM_FILTER "ORDER BY r.pos";

constexpr char kListForSweep[] =
    "SELECT " RK_ROOM_COLUMNS
    " FROM room r INDEXED BY room_by_sweep "
    "JOIN room_spec s ON s.room = r.pos WHERE r.sweep_at <= ?1 ORDER BY r.sweep_at, r.pos";
constexpr char kListForLook[] =
    "SELECT " RK_ROOM_COLUMNS
    " FROM room r INDEXED BY room_by_look "
    "JOIN room_spec s ON s.room = r.pos WHERE r.look_at <= ?1 ORDER BY r.look_at, r.pos";

constexpr std::size_t kCorruptNamed = 100;

constexpr char kOldestAwaiting[] =
    "SELECT shard, min(state_since) FROM room INDEXED BY room_awaiting_brand_delete "
    "WHERE state = 9 GROUP BY shard";

}  // namespace

absl::StatusOr<StoreStats> SqliteReader::GetStats() {
  StoreStats stats = counters_.Stats();
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_->Query(kOldestAwaiting));
  for (;;) {
    RK_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found) {
      return stats;
    }
    stats.awaiting_brand_delete.emplace_back(ShardId(row.Text(0)), row.Time(1));
  }
}

absl::StatusOr<Job> SqliteReader::GetJob(const JobId& id) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_->Query(kGetJob, id));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return absl::NotFoundError(absl::StrCat("no job ", id.value()));
  }
  return ReadJob(row);
}

absl::StatusOr<CleanRoom> SqliteReader::GetRoom(const RoomKey& key) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_->Query(kGetRoom, key.brand, key.install, key.id));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return absl::NotFoundError(absl::StrCat("no clean room ", key.id.value()));
  }
  return ReadRoom(row);
}

absl::StatusOr<JobPage> SqliteReader::ListJobs(const JobQuery& query) {
  // By labels the rows are picked here, so SQL must not stop before.
  const std::int64_t one_more =
      query.room_labels.empty() ? static_cast<std::int64_t>(query.limit) + 1 : -1;
  absl::StatusOr<SqliteRows> rows =
      query.brand.has_value() ? db_->Query(kListJobsOfBrand, query.after, query.install,
                                           query.clean_room, query.state, one_more, *query.brand)
                              : db_->Query(kListJobs, query.after, query.install, query.clean_room,
                                           query.state, one_more);
  RK_RETURN_IF_ERROR(rows.status());
  JobPage page;
  for (std::int64_t last = 0;;) {
    RK_ASSIGN_OR_RETURN(const bool found, rows->Next());
    if (!found) {
      return page;
    }
    const bool full = static_cast<std::int32_t>(page.jobs.size()) == query.limit;
    if (full && query.room_labels.empty()) {
      page.next = last;
      return page;
    }
    RK_ASSIGN_OR_RETURN(Job job, ReadJob(*rows));
    RK_ASSIGN_OR_RETURN(const bool labelled, CarriesLabels(*db_, job.room, query.room_labels));
    if (!labelled) {
      continue;
    }
    if (full) {
      page.next = last;
      return page;
    }
    last = rows->Int(0);
    page.jobs.push_back(std::move(job));
  }
}

absl::StatusOr<RoomPage> SqliteReader::ListRooms(const RoomQuery& query) {
  absl::StatusOr<SqliteRows> rows =
      query.brand.has_value()
          ? db_->Query(kListRoomsOfBrand, query.after, query.install, query.package,
                       query.package_version, query.state, query.show_deleted, *query.brand)
          : db_->Query(kListRooms, query.after, query.install, query.package, query.package_version,
                       query.state, query.show_deleted);
  RK_RETURN_IF_ERROR(rows.status());
  RoomPage page;
  for (std::int64_t last = 0;;) {
    RK_ASSIGN_OR_RETURN(const bool found, rows->Next());
    if (!found) {
      return page;
    }
    const absl::StatusOr<Labels> labels = ParseLabels(rows->Text(kRoomLabelsColumn));
    if (labels.ok() && !Matches(query.labels, *labels)) {
      continue;
    }
    if (static_cast<std::int32_t>(page.rooms.size()) == query.limit) {
      page.next = last;
      return page;
    }
    last = rows->Int(0);
    absl::StatusOr<CleanRoom> room = ReadRoom(*rows);
    if (room.ok()) {
      page.rooms.push_back(*std::move(room));
    } else if (!query.skip_corrupt) {
      return room.status();
    }
  }
}

absl::StatusOr<DueRooms> SqliteReader::ListDueRooms(DueFor what, absl::Time now,
                                                    std::int32_t limit) {
  RK_ASSIGN_OR_RETURN(SqliteRows rows,
                      db_->Query(what == DueFor::kSweep ? kListForSweep : kListForLook, now));
  DueRooms due;
  while (static_cast<std::int32_t>(due.rooms.size()) < limit) {
    RK_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) {
      break;
    }
    absl::StatusOr<CleanRoom> room = ReadRoom(rows);
    if (room.ok()) {
      due.rooms.push_back(*std::move(room));
    } else if (due.corrupt.size() < kCorruptNamed) {
      due.corrupt.push_back(
          {.key = ReadRoomKey(rows), .error = std::string(room.status().message())});
    }
  }
  return due;
}

absl::StatusOr<std::vector<JobEvent>> SqliteReader::ReadEvents(const JobId& id,
                                                               std::int64_t after_seq,
                                                               std::int32_t limit) {
  std::int64_t journal_pos = 0;
  {
    RK_ASSIGN_OR_RETURN(SqliteRows row, db_->Query(kLastEvent, id));
    RK_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found) {
      return absl::NotFoundError(absl::StrCat("no job ", id.value()));
    }
    journal_pos = row.Int(0);
  }
  // The journal is append-only, so the chain read so far stays true while others write.
  return WalkBack(id, journal_pos, after_seq, limit);
}

absl::StatusOr<std::vector<JobEvent>> SqliteReader::WalkBack(const JobId& id,
                                                             std::int64_t journal_pos,
                                                             std::int64_t after_seq,
                                                             std::int32_t limit) {
  std::deque<JobEvent> events;  // the oldest `limit` of those met
  while (journal_pos != 0) {
    RK_ASSIGN_OR_RETURN(SqliteRows row, db_->Query(kGetEvent, journal_pos));
    RK_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found) {
      return absl::DataLossError(
          absl::StrCat("the history of job ", id.value(), " lacks journal row ", journal_pos));
    }
    journal_pos = row.Int(0);
    JobEvent event = ReadEvent(row, id);
    if (event.seq <= after_seq) {
      break;
    }
    events.push_front(std::move(event));
    if (static_cast<std::int64_t>(events.size()) > std::max(limit, 0)) {
      events.pop_back();
    }
  }
  return std::vector<JobEvent>(std::make_move_iterator(events.begin()),
                               std::make_move_iterator(events.end()));
}

absl::StatusOr<std::vector<Freeze>> SqliteReader::ListFreezes() {
  return ReadFreezes(*db_);
}

absl::StatusOr<Brand> SqliteReader::GetBrand(const BrandId& id) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_->Query(kGetBrand, id));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return absl::NotFoundError(absl::StrCat("no brand ", id.value()));
  }
  return ReadBrand(row);
}

absl::StatusOr<Install> SqliteReader::GetInstall(const BrandId& brand, const InstallId& install) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_->Query(kGetInstall, brand, install));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return absl::NotFoundError(
        absl::StrCat("no install ", install.value(), " of brand ", brand.value()));
  }
  return ReadInstall(row);
}

absl::StatusOr<Install> SqliteReader::FindInstall(const CallerPin& pin) {
  RK_ASSIGN_OR_RETURN(auto found, FindInstallOf(*db_, pin));
  if (!found.has_value()) {
    return absl::NotFoundError("no install has this pin");
  }
  return *std::move(found);
}

absl::StatusOr<ApiKey> SqliteReader::GetApiKey(const ApiKeyId& id) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_->Query(kGetApiKey, id));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return absl::NotFoundError(absl::StrCat("no key ", id.value()));
  }
  return ReadApiKey(row);
}

absl::StatusOr<BrandPage> SqliteReader::ListBrands(std::int64_t after, std::int32_t limit) {
  RK_ASSIGN_OR_RETURN(SqliteRows rows,
                      db_->Query(kListBrands, after, static_cast<std::int64_t>(limit) + 1));
  BrandPage page;
  for (std::int64_t last = 0;;) {
    RK_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) {
      return page;
    }
    if (static_cast<std::int32_t>(page.brands.size()) == limit) {
      page.next = last;
      return page;
    }
    last = rows.Int(0);
    RK_ASSIGN_OR_RETURN(Brand brand, ReadBrand(rows));
    page.brands.push_back(std::move(brand));
  }
}

absl::StatusOr<std::vector<Install>> SqliteReader::ListInstalls(const BrandId& brand) {
  RK_ASSIGN_OR_RETURN(SqliteRows rows, db_->Query(kListInstalls, brand));
  std::vector<Install> installs;
  for (;;) {
    RK_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) {
      return installs;
    }
    installs.push_back(ReadInstall(rows));
  }
}

absl::StatusOr<EnrollmentCode> SqliteReader::GetEnrollmentCode(const EnrollmentCodeId& id) {
  return ReadEnrollmentCode(*db_, id);
}

absl::StatusOr<EnrollmentCodePage> SqliteReader::ListEnrollmentCodes(
    const EnrollmentCodeQuery& query) {
  return ReadEnrollmentCodes(*db_, query);
}

absl::StatusOr<EnrollmentPage> SqliteReader::ListEnrollments(const EnrollmentQuery& query) {
  return ReadEnrollments(*db_, query);
}

absl::StatusOr<AuditPage> SqliteReader::ListAudit(const AuditQuery& query) {
  return ReadAuditPage(*db_, query);
}

}  // namespace roomkeeper
