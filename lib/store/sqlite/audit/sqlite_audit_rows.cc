#include "lib/store/sqlite/audit/sqlite_audit_rows.h"

#include <utility>

#include "lib/base/status_macros.h"

namespace roomkeeper {
namespace {

constexpr std::int32_t kRowsLookedAtMax = 5000;  // for one page: some milliseconds
// Entries stand in the order of their commits, their times may be off by what a clock is set back.
constexpr absl::Duration kTimesAreOff = absl::Hours(1);

#define RK_AUDIT_SELECT                                                                          \
  "SELECT e.seq, e.brand, e.brand_seq, e.at, e.until, e.count, e.actor_kind, e.actor, "          \
  "e.install, e.on_behalf_of, e.method, e.resource, e.job, e.outcome, e.code, e.reason, "        \
  "e.request_id, e.trace_id, e.peer, e.brand_hash, e.hash, COALESCE("                            \
  "(SELECT p.hash FROM audit_entry p WHERE p.seq = e.seq - 1), "                                 \
  "(SELECT a.hash FROM audit_anchor a WHERE a.brand = '' AND a.seq = e.seq - 1), ''), COALESCE(" \
  "(SELECT p.brand_hash FROM audit_entry p WHERE p.brand = e.brand AND p.brand <> '' "           \
  "AND p.brand_seq = e.brand_seq - 1), "                                                         \
  "(SELECT a.hash FROM audit_anchor a WHERE a.brand = e.brand AND a.brand <> '' "                \
  "AND a.seq = e.brand_seq - 1), '') FROM audit_entry e "
constexpr char kBegin[] = "BEGIN";
constexpr char kList[] = RK_AUDIT_SELECT "WHERE e.seq > ?1 ORDER BY e.seq LIMIT ?2";
constexpr char kListOfBrand[] = RK_AUDIT_SELECT
    "WHERE e.brand = ?1 AND e.brand <> '' AND e.brand_seq > ?2 ORDER BY e.brand_seq LIMIT ?3";
constexpr char kInsert[] =
    "INSERT INTO audit_entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
    "?15, ?16, ?17, ?18, ?19, ?20, ?21)";
constexpr char kHead[] = "SELECT seq, hash FROM audit_entry ORDER BY seq DESC LIMIT 1";
constexpr char kHeadOfBrand[] =
    "SELECT brand_seq, brand_hash FROM audit_entry WHERE brand = ?1 AND brand <> '' "
    "ORDER BY brand_seq DESC LIMIT 1";
constexpr char kAnchor[] = "SELECT seq, hash FROM audit_anchor WHERE brand = ?1";
constexpr char kPutAnchor[] =
    "INSERT INTO audit_anchor VALUES (?1, ?2, ?3) "
    "ON CONFLICT (brand) DO UPDATE SET seq = ?2, hash = ?3";
constexpr char kErase[] =
    "DELETE FROM audit_entry WHERE seq <= (SELECT seq FROM audit_anchor WHERE brand = '')";
constexpr char kTimeAt[] = "SELECT until FROM audit_entry WHERE seq = ?1";
constexpr char kTimeAtOfBrand[] =
    "SELECT until FROM audit_entry WHERE brand = ?1 AND brand <> '' AND brand_seq = ?2";

AuditEntry ReadEntry(const SqliteRows& row) {
  return {.seq = row.Int(0),
          .brand = BrandId(row.Text(1)),
          .brand_seq = row.Int(2),
          .at = row.Time(3),
          .until = row.Time(4),
          .count = row.Int(5),
          .actor_kind = row.As<ActorKind>(6),
          .actor = row.Text(7),
          .install = InstallId(row.Text(8)),
          .on_behalf_of = row.Text(9),
          .method = row.Text(10),
          .resource = row.Text(11),
          .job = row.Text(12),
          .outcome = row.As<AuditOutcome>(13),
          .code = row.Text(14),
          .reason = row.Text(15),
          .request_id = row.Text(16),
          .trace_id = row.Text(17),
          .peer = row.Text(18),
          .previous_hash = row.Text(21),
          .hash = row.Text(20),
          .brand_previous_hash = row.Text(22),
          .brand_hash = row.Text(19)};
}

// Nothing: no such row.
absl::StatusOr<std::optional<AuditHead>> OneHead(absl::StatusOr<SqliteRows> rows) {
  RK_RETURN_IF_ERROR(rows.status());
  RK_ASSIGN_OR_RETURN(const bool found, rows->Next());
  if (!found) {
    return std::nullopt;
  }
  return AuditHead{.seq = rows->Int(0), .hash = rows->Text(1)};
}

absl::StatusOr<AuditHead> ReadAnchor(SqliteDb& db, const BrandId& brand) {
  RK_ASSIGN_OR_RETURN(const auto anchor, OneHead(db.Query(kAnchor, brand)));
  return anchor.value_or(AuditHead());
}

// The last entry, or what was erased if nothing is left.
absl::StatusOr<AuditHead> ReadHead(SqliteDb& db, const BrandId& brand) {
  RK_ASSIGN_OR_RETURN(auto last,
                      OneHead(brand.empty() ? db.Query(kHead) : db.Query(kHeadOfBrand, brand)));
  if (last.has_value()) {
    return *std::move(last);
  }
  return ReadAnchor(db, brand);
}

absl::StatusOr<bool> IsBefore(SqliteDb& db, const BrandId& brand, std::int64_t place,
                              absl::Time time) {
  RK_ASSIGN_OR_RETURN(SqliteRows rows, brand.empty() ? db.Query(kTimeAt, place)
                                                     : db.Query(kTimeAtOfBrand, brand, place));
  RK_ASSIGN_OR_RETURN(const bool found, rows.Next());
  return found && rows.Time(0) < time;
}

// A place before which no entry is younger than `since`: by halves, because nothing else is indexed
// by time.
absl::StatusOr<std::int64_t> PlaceBefore(SqliteDb& db, const BrandId& brand, absl::Time since,
                                         const AuditPage& page) {
  std::int64_t low = page.anchor.seq;
  std::int64_t high = page.head.seq + 1;
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    RK_ASSIGN_OR_RETURN(const bool before, IsBefore(db, brand, middle, since - kTimesAreOff));
    (before ? low : high) = middle;
  }
  return low;
}

absl::StatusOr<AuditPage> ReadPage(SqliteDb& db, const AuditQuery& query) {
  const BrandId chain = query.brand.value_or(BrandId());
  AuditPage page;
  RK_ASSIGN_OR_RETURN(page.anchor, ReadAnchor(db, chain));
  RK_ASSIGN_OR_RETURN(page.head, ReadHead(db, chain));
  std::int64_t after = query.after;
  if (after == 0 && query.since.has_value()) {
    RK_ASSIGN_OR_RETURN(after, PlaceBefore(db, chain, *query.since, page));
  }
  RK_ASSIGN_OR_RETURN(SqliteRows rows, query.brand.has_value()
                                           ? db.Query(kListOfBrand, chain, after, kRowsLookedAtMax)
                                           : db.Query(kList, after, kRowsLookedAtMax));
  std::int64_t last = after;
  for (std::int32_t looked_at = 0;; ++looked_at) {
    RK_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) {
      page.next = looked_at == kRowsLookedAtMax ? last : 0;
      return page;
    }
    AuditEntry entry = ReadEntry(rows);
    const std::int64_t place = query.brand.has_value() ? entry.brand_seq : entry.seq;
    if (Matches(query, entry)) {
      if (static_cast<std::int32_t>(page.entries.size()) == query.limit) {
        page.next = last;
        return page;
      }
      page.entries.push_back(std::move(entry));
    }
    last = place;
  }
}

}  // namespace

absl::StatusOr<AuditHead> SqliteAuditRows::Head(const BrandId& brand) {
  const auto known = heads_.find(brand);
  if (known != heads_.end()) {
    return known->second;
  }
  RK_ASSIGN_OR_RETURN(AuditHead head, ReadHead(db_, brand));
  heads_[brand] = head;
  return head;
}

absl::Status SqliteAuditRows::Append(const AuditEntry& entry) {
  RK_RETURN_IF_ERROR(db_.Run(kInsert, entry.seq, entry.brand, entry.brand_seq, entry.at,
                             entry.until, entry.count, entry.actor_kind, entry.actor, entry.install,
                             entry.on_behalf_of, entry.method, entry.resource, entry.job,
                             entry.outcome, entry.code, entry.reason, entry.request_id,
                             entry.trace_id, entry.peer, entry.brand_hash, entry.hash)
                         .status());
  heads_[BrandId()] = {.seq = entry.seq, .hash = entry.hash};
  if (!entry.brand.empty()) {
    heads_[entry.brand] = {.seq = entry.brand_seq, .hash = entry.brand_hash};
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<AuditEntry>> SqliteAuditRows::Oldest(std::int32_t n) {
  RK_ASSIGN_OR_RETURN(SqliteRows rows, db_.Query(kList, 0, n));
  std::vector<AuditEntry> entries;
  for (;;) {
    RK_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) {
      return entries;
    }
    entries.push_back(ReadEntry(rows));
  }
}

absl::Status SqliteAuditRows::PutAnchor(const BrandId& brand, const AuditHead& anchor) {
  return db_.Run(kPutAnchor, brand, anchor.seq, anchor.hash).status();
}

absl::Status SqliteAuditRows::EraseToAnchor() {
  return db_.Run(kErase).status();
}

absl::StatusOr<AuditPage> ReadAuditPage(SqliteDb& db, const AuditQuery& query) {
  // One snapshot: what is erased between two reads would seem to be missing.
  RK_RETURN_IF_ERROR(db.Run(kBegin).status());
  absl::StatusOr<AuditPage> page = ReadPage(db, query);
  db.RollBack();
  return page;
}

}  // namespace roomkeeper
