#include "lib/engine/sweeps/sweep_job.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "lib/crypto/digest.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kJobIdBytes = 10;

JobId JobIdFor(absl::string_view sweep, const CleanRoom& room) {
  const std::string digest = absl::HexStringToBytes(
      Sha256Hex(absl::StrCat(sweep, " ", FormatName(room.key), " ", room.generation, " ",
                             absl::ToUnixNanos(room.created_at), " ", room.revision)));
  return JobId(Base32Crockford(digest.substr(0, kJobIdBytes)));
}

}  // namespace

SubmitJob MakeSweepJob(absl::string_view sweep, const CleanRoom& room, const std::string& owner,
                       absl::Time now) {
  SubmitJob op{.caller_scope = "roomkeeper",
               .room_rule = SubmitJob::Room::kMustExist,
               .expected_room_revision = room.revision,
               .room = room,
               .claim_for = owner,
               .audit = OwnStamp(absl::StrCat("sweep.", sweep))};
  op.job.id = JobIdFor(sweep, room);
  op.job.room = room.key;
  op.job.since = now;
  op.job.shard = room.shard;
  op.job.created_at = now;
  op.job.updated_at = now;
  op.job.wake_at = now;
  return op;
}

}  // namespace roomkeeper
