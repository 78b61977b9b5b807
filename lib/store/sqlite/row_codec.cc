#include "lib/store/sqlite/row_codec.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "lib/base/status_macros.h"
#include "lib/model/json/clean_room_json.h"
#include "lib/model/json/job_json.h"
#include "lib/model/json/room_spec_json.h"
#include "lib/store/queries.h"

namespace roomkeeper {
namespace {

absl::StatusOr<std::optional<Problem>> ReadOptionalProblem(const SqliteRows& row, int column) {
  if (row.IsNull(column)) {
    return std::nullopt;
  }
  return ParseProblem(row.Text(column));
}

// A spec is written once and read with every look at its room; parsing it was a third of the CPU
// of GetCleanRoom. Found by its whole text, so it is never stale. Of the present thread.
absl::StatusOr<RoomSpec> ParseSpecOnce(std::int64_t pos, std::string text) {
  struct Parsed {
    std::string text = {};
    RoomSpec spec = {};
  };
  constexpr std::size_t kKept = 128;  // some KB each
  thread_local std::array<Parsed, kKept> memo;
  Parsed& last = memo[static_cast<std::size_t>(pos) % kKept];
  if (last.text.empty() || last.text != text) {
    RK_ASSIGN_OR_RETURN(RoomSpec spec, ParseRoomSpec(text));
    last = {.text = std::move(text), .spec = std::move(spec)};
  }
  return last.spec;
}

}  // namespace

absl::StatusOr<Job> ReadJob(const SqliteRows& row) {
  Job job = {.id = JobId(row.Text(1)),
             .room = {.brand = BrandId(row.Text(2)),
                      .install = InstallId(row.Text(3)),
                      .id = CleanRoomId(row.Text(4))},
             .kind = row.As<JobKind>(5),
             .state = row.As<JobState>(6),
             .step = row.As<Step>(7),
             .move = row.As<Move>(8),
             .waiting_for = row.Text(9),
             .since = row.Time(10),
             .shard = ShardId(row.Text(11)),
             .request_id = row.Text(12),
             .trace_id = row.Text(24),
             .cancel_requested = row.Int(15) != 0,
             .created_at = row.Time(16),
             .updated_at = row.Time(17),
             .wake_at = row.Time(18),
             .deadline_at = row.Time(19),
             .finished_at = row.OptionalTime(20),
             .epoch = row.Int(21),
             .last_seq = row.Int(22),
             .retry_of = JobId(row.Text(23)),
             .repair = row.Int32(25),
             .moves_from = row.Text(26)};
  RK_ASSIGN_OR_RETURN(job.progress, ParseJobProgress(row.Text(13)));
  RK_ASSIGN_OR_RETURN(job.problem, ReadOptionalProblem(row, 14));
  return job;
}

RoomKey ReadRoomKey(const SqliteRows& row) {
  return {.brand = BrandId(row.Text(1)),
          .install = InstallId(row.Text(2)),
          .id = CleanRoomId(row.Text(3))};
}

absl::StatusOr<CleanRoom> ReadRoom(const SqliteRows& row) {
  CleanRoom room = {.key = ReadRoomKey(row),
                    .shard = ShardId(row.Text(4)),
                    .state = row.As<RoomState>(5),
                    .move = row.As<Move>(6),
                    .state_since = row.Time(7),
                    .generation = row.Int32(8),
                    .central_clean_room_id = row.Text(9),
                    .job = JobId(row.Text(12)),
                    .created_at = row.Time(14),
                    .updated_at = row.Time(15),
                    .ready_at = row.OptionalTime(16),
                    .expires_at = row.OptionalTime(20),
                    .sweep_at = row.OptionalTime(21),
                    .purge_at = row.OptionalTime(22),
                    .look_at = row.OptionalTime(23),
                    .revision = row.Int(17)};
  RK_ASSIGN_OR_RETURN(room.notebooks, ParseNotebooks(row.Text(10)));
  RK_ASSIGN_OR_RETURN(room.notebook_versions, ParseNotebookVersions(row.Text(19)));
  RK_ASSIGN_OR_RETURN(room.problem, ReadOptionalProblem(row, 11));
  RK_ASSIGN_OR_RETURN(room.labels, ParseLabels(row.Text(kRoomLabelsColumn)));
  RK_ASSIGN_OR_RETURN(room.spec, ParseSpecOnce(row.Int(0), row.Text(18)));
  if (!row.IsNull(24)) {
    RK_ASSIGN_OR_RETURN(room.leaving, ParseRoomSpec(row.Text(24)));
  }
  return room;
}

JobEvent ReadEvent(const SqliteRows& row, const JobId& job) {
  return {.job = job,
          .seq = row.Int(1),
          .at = row.Time(2),
          .type = row.Text(3),
          .job_state = row.As<JobState>(4),
          .step = row.As<Step>(5),
          .room_state = row.As<RoomState>(6),
          .move = row.As<Move>(7),
          .message = row.Text(8),
          .epoch = row.Int(9)};
}

absl::StatusOr<Brand> ReadBrand(const SqliteRows& row) {
  Brand brand = {.id = BrandId(row.Text(1)),
                 .display_name = row.Text(2),
                 .collaborator_alias = row.Text(3),
                 .jobs_in_flight_max = row.Int32(5),
                 .created_at = row.Time(6),
                 .updated_at = row.Time(7),
                 .revision = row.Int(8)};
  RK_ASSIGN_OR_RETURN(brand.labels, ParseLabels(row.Text(4)));
  return brand;
}

Install ReadInstall(const SqliteRows& row) {
  return {.brand = BrandId(row.Text(0)),
          .id = InstallId(row.Text(1)),
          .global_metastore_id = row.Text(2),
          .workspace_id = row.Int(3),
          .invite_recipient_email = row.Text(4),
          .shard = ShardId(row.Text(5)),
          .token = {.issuer = row.Text(8),
                    .subject = row.Text(9),
                    .audience = row.Text(10),
                    .accept_all_apis = row.Int(11) != 0},
          .certificate_san = row.Text(12),
          .packages = SplitPackages(row.Text(13)),
          .rooms_max = row.Int32(14),
          .created_at = row.Time(6),
          .revision = row.Int(7)};
}

std::string JoinPackages(const std::vector<PackageName>& packages) {
  return absl::StrJoin(packages, ",", [](std::string* out, const PackageName& package) {
    out->append(package.value());
  });
}

std::vector<PackageName> SplitPackages(const std::string& text) {
  std::vector<PackageName> packages;
  for (const absl::string_view package : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    packages.emplace_back(package);
  }
  return packages;
}

absl::StatusOr<std::optional<Install>> FindInstallOf(SqliteDb& db, const CallerPin& pin) {
  // As the indexes say it: a pin that is not set is no pin.
  RK_ASSIGN_OR_RETURN(
      SqliteRows row,
      pin.certificate_san.empty()
          ? db.Query("SELECT " RK_INSTALL_COLUMNS " FROM install WHERE token_issuer = ?1 AND "
                     "token_subject = ?2 AND token_issuer <> ''",
                     pin.issuer, pin.subject)
          : db.Query("SELECT " RK_INSTALL_COLUMNS " FROM install WHERE certificate_san = ?1 AND "
                     "certificate_san <> ''",
                     pin.certificate_san));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return std::nullopt;
  }
  return ReadInstall(row);
}

absl::StatusOr<bool> CarriesLabels(SqliteDb& db, const RoomKey& key, const Labels& labels) {
  if (labels.empty()) {
    return true;
  }
  RK_ASSIGN_OR_RETURN(
      SqliteRows row,
      db.Query("SELECT labels FROM room WHERE brand = ?1 AND install = ?2 AND id = ?3", key.brand,
               key.install, key.id));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return false;
  }
  const absl::StatusOr<Labels> stored = ParseLabels(row.Text(0));
  return stored.ok() && Matches(labels, *stored);
}

ApiKey ReadApiKey(const SqliteRows& row) {
  return {.id = ApiKeyId(row.Text(0)),
          .role = row.As<Role>(1),
          .brand = BrandId(row.Text(2)),
          .install = InstallId(row.Text(3)),
          .ci = {.label_key = row.Text(9),
                 .label_value = row.Text(10),
                 .rooms_max = static_cast<std::int32_t>(row.Int(11)),
                 .ttl_max = absl::Nanoseconds(row.Int(12))},
          .display_name = row.Text(4),
          .secret_sha256 = row.Text(5),
          .created_at = row.Time(6),
          .expires_at = row.OptionalTime(7),
          .revoked_at = row.OptionalTime(8)};
}

absl::StatusOr<std::vector<Freeze>> ReadFreezes(SqliteDb& db) {
  RK_ASSIGN_OR_RETURN(
      SqliteRows row,
      db.Query("SELECT scope, reason, frozen_by, since FROM freeze ORDER BY scope"));
  std::vector<Freeze> freezes;
  for (;;) {
    RK_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found) {
      return freezes;
    }
    freezes.push_back(
        {.scope = row.Text(0), .reason = row.Text(1), .by = row.Text(2), .since = row.Time(3)});
  }
}

}  // namespace roomkeeper
