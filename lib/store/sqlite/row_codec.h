#pragma once

#include "absl/status/statusor.h"

#include "lib/store/ops.h"
#include "lib/store/sqlite/sqlite_db.h"

namespace roomkeeper {

// How rows become values. Each column list goes with the function that reads it, from column 0 on,
// or from the number after it. kDataLoss: a document in the row cannot be read.

// Of "job j LEFT JOIN live_job l ON l.pos = j.pos": while a job lives its lease has the epoch.
#define RK_JOB_COLUMNS                                                                         \
  "j.pos, j.id, j.brand, j.install, j.clean_room, j.kind, j.state, j.step, j.move, "           \
  "j.waiting_for, j.since, j.shard, j.request_id, j.progress, j.problem, j.cancel_requested, " \
  "j.created_at, j.updated_at, j.wake_at, j.deadline_at, j.finished_at, "                      \
  "COALESCE(l.epoch, j.epoch), j.last_seq, j.retry_of, j.trace_id, j.repair, j.moves_from"
#define RK_JOB_TABLES "job j LEFT JOIN live_job l ON l.pos = j.pos"
absl::StatusOr<Job> ReadJob(const SqliteRows& row);

// Of "room r JOIN room_spec s ON s.room = r.pos".
#define RK_ROOM_COLUMNS                                                                           \
  "r.pos, r.brand, r.install, r.id, r.shard, r.state, r.move, r.state_since, r.generation, "      \
  "r.central_clean_room_id, r.notebooks, r.problem, r.job, r.labels, r.created_at, "              \
  "r.updated_at, r.ready_at, r.revision, s.spec, r.notebook_versions, r.expires_at, r.sweep_at, " \
  "r.purge_at, r.look_at, s.leaving"
#define RK_ROOM_TABLES "room r JOIN room_spec s ON s.room = r.pos"
inline constexpr int kRoomLabelsColumn = 13;
absl::StatusOr<CleanRoom> ReadRoom(const SqliteRows& row);
// Of a row that ReadRoom cannot read as well.
RoomKey ReadRoomKey(const SqliteRows& row);

// All but the job's id, which the journal does not repeat.
#define RK_EVENT_COLUMNS \
  "previous, seq, at, type, job_state, step, room_state, move, message, epoch"
JobEvent ReadEvent(const SqliteRows& row, const JobId& job);

#define RK_BRAND_COLUMNS                                                                \
  "pos, id, display_name, collaborator_alias, labels, jobs_in_flight_max, created_at, " \
  "updated_at, revision"
absl::StatusOr<Brand> ReadBrand(const SqliteRows& row);

#define RK_INSTALL_COLUMNS                                                                    \
  "brand, id, global_metastore_id, workspace_id, invite_recipient_email, shard, created_at, " \
  "revision, token_issuer, token_subject, token_audience, token_accept_all_apis, "            \
  "certificate_san, packages, rooms_max"
Install ReadInstall(const SqliteRows& row);
// Packages as one text.
std::string JoinPackages(const std::vector<PackageName>& packages);
std::vector<PackageName> SplitPackages(const std::string& text);
// The install that has the pin.
absl::StatusOr<std::optional<Install>> FindInstallOf(SqliteDb& db, const CallerPin& pin);

// Whether the room that has the name now does; a row that cannot be read carries none.
absl::StatusOr<bool> CarriesLabels(SqliteDb& db, const RoomKey& key, const Labels& labels);

#define RK_API_KEY_COLUMNS                                                                      \
  "id, role, brand, install, display_name, secret_sha256, created_at, expires_at, revoked_at, " \
  "ci_label_key, ci_label_value, ci_rooms_max, ci_ttl_max"
ApiKey ReadApiKey(const SqliteRows& row);

// The whole table.
absl::StatusOr<std::vector<Freeze>> ReadFreezes(SqliteDb& db);

}  // namespace roomkeeper
