#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/model/json/clean_room_json.h"
#include "lib/model/json/room_spec_json.h"
#include "lib/store/queries.h"
#include "lib/store/sqlite/row_codec.h"
#include "lib/store/sqlite/sqlite_job_rows.h"

namespace roomkeeper {
namespace {

constexpr char kFindRoom[] =
    "SELECT pos, shard, state, generation, revision, job FROM room "
    "WHERE brand = ?1 AND install = ?2 AND id = ?3";
constexpr char kLoadRoom[] = "SELECT " RK_ROOM_COLUMNS " FROM " RK_ROOM_TABLES
                             " WHERE r.brand = ?1 AND r.install = ?2 AND r.id = ?3";
constexpr char kLabelsOfInstall[] =
    "SELECT labels FROM room INDEXED BY room_by_brand "
    "WHERE brand = ?1 AND install = ?2 AND state NOT IN (9, 10)";
constexpr char kInsertRoom[] =
    "INSERT INTO room (brand, install, id, shard, state, move, state_since, generation, package, "
    "package_version, central_clean_room_id, notebooks, problem, job, labels, created_at, "
    "updated_at, ready_at, revision, notebook_versions, expires_at, sweep_at) VALUES (?1, ?2, ?3, "
    "?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)";
constexpr char kInsertSpec[] = "INSERT INTO room_spec (room, spec, leaving) VALUES (?1, ?2, ?3)";
constexpr char kUpdateRoom[] =
    "UPDATE room SET shard = ?2, state = ?3, move = ?4, state_since = ?5, generation = ?6, "
    "central_clean_room_id = ?7, notebooks = ?8, problem = ?9, job = ?10, updated_at = ?11, "
    "ready_at = ?12, revision = ?13, notebook_versions = ?14, purge_at = ?15, look_at = ?16 "
    "WHERE pos = ?1";
constexpr char kUpdatePackage[] =
    "UPDATE room SET package = ?2, package_version = ?3 WHERE pos = ?1";
constexpr char kUpdateExpiry[] =
    "UPDATE room SET expires_at = ?2, sweep_at = ?3, updated_at = ?4, revision = ?5 WHERE pos = ?1";
constexpr char kUpdateSpec[] = "UPDATE room_spec SET spec = ?2, leaving = ?3 WHERE room = ?1";
constexpr char kDeleteRoom[] = "DELETE FROM room WHERE pos = ?1";
constexpr char kDeleteSpec[] = "DELETE FROM room_spec WHERE room = ?1";

std::optional<std::string> FormatOptionalProblem(const CleanRoom& room) {
  return room.problem.has_value() ? std::optional(FormatProblem(*room.problem)) : std::nullopt;
}

std::optional<std::string> FormatLeaving(const CleanRoom& room) {
  return room.leaving.has_value() ? std::optional(FormatRoomSpec(*room.leaving)) : std::nullopt;
}

}  // namespace

absl::StatusOr<std::optional<RoomHead>> SqliteJobRows::FindRoom(const RoomKey& key) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_.Query(kFindRoom, key.brand, key.install, key.id));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return std::nullopt;
  }
  return RoomHead{.pos = row.Int(0),
                  .shard = ShardId(row.Text(1)),
                  .state = row.As<RoomState>(2),
                  .generation = row.Int32(3),
                  .revision = row.Int(4),
                  .job = JobId(row.Text(5))};
}

absl::StatusOr<CleanRoom> SqliteJobRows::LoadRoom(const RoomKey& key) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_.Query(kLoadRoom, key.brand, key.install, key.id));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return absl::DataLossError(absl::StrCat("clean room ", key.id.value(), " is not stored"));
  }
  return ReadRoom(row);
}

absl::StatusOr<std::int64_t> SqliteJobRows::CountRooms(const BrandId& brand,
                                                       const InstallId& install,
                                                       const Labels& labels) {
  RK_ASSIGN_OR_RETURN(SqliteRows rows, db_.Query(kLabelsOfInstall, brand, install));
  for (std::int64_t count = 0;;) {
    RK_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) {
      return count;
    }
    // A row whose labels cannot be read counts: it may be one, and a limit must hold.
    const absl::StatusOr<Labels> stored = ParseLabels(rows.Text(0));
    count += !stored.ok() || Matches(labels, *stored) ? 1 : 0;
  }
}

absl::Status SqliteJobRows::InsertRoom(const CleanRoom& room) {
  RK_RETURN_IF_ERROR(db_.Run(kInsertRoom, room.key.brand, room.key.install, room.key.id, room.shard,
                             room.state, room.move, room.state_since, room.generation,
                             room.spec.package, room.spec.package_version,
                             room.central_clean_room_id, FormatNotebooks(room.notebooks),
                             FormatOptionalProblem(room), room.job, FormatLabels(room.labels),
                             room.created_at, room.updated_at, room.ready_at, room.revision,
                             FormatNotebookVersions(room.notebook_versions), room.expires_at,
                             room.sweep_at)
                         .status());
  return db_.Run(kInsertSpec, db_.last_insert_pos(), FormatRoomSpec(room.spec), FormatLeaving(room))
      .status();
}

absl::Status SqliteJobRows::EraseRoom(const RoomHead& head) {
  RK_RETURN_IF_ERROR(db_.Run(kDeleteSpec, head.pos).status());
  return db_.Run(kDeleteRoom, head.pos).status();
}

absl::Status SqliteJobRows::UpdateExpiry(const RoomHead& head, const CleanRoom& room) {
  return db_
      .Run(kUpdateExpiry, head.pos, room.expires_at, room.sweep_at, room.updated_at, room.revision)
      .status();
}

absl::Status SqliteJobRows::UpdateRoom(const RoomHead& head, const CleanRoom& room, bool new_spec) {
  RK_RETURN_IF_ERROR(
      db_.Run(kUpdateRoom, head.pos, room.shard, room.state, room.move, room.state_since,
              room.generation, room.central_clean_room_id, FormatNotebooks(room.notebooks),
              FormatOptionalProblem(room), room.job, room.updated_at, room.ready_at, room.revision,
              FormatNotebookVersions(room.notebook_versions), room.purge_at, room.look_at)
          .status());
  if (!new_spec) {
    return absl::OkStatus();
  }
  RK_RETURN_IF_ERROR(
      db_.Run(kUpdatePackage, head.pos, room.spec.package, room.spec.package_version).status());
  return db_.Run(kUpdateSpec, head.pos, FormatRoomSpec(room.spec), FormatLeaving(room)).status();
}

}  // namespace roomkeeper
