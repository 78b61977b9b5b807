#pragma once

#include <string>

#include "lib/store/ops.h"

namespace roomkeeper::testing {

// A new clean room and the job that makes it, both named `id`.
inline SubmitJob SampleSubmit(const std::string& id) {
  const RoomKey key = {
      .brand = BrandId("acme"), .install = InstallId("web"), .id = CleanRoomId(id)};
  return {.room = {.key = key, .shard = ShardId("main")},
          .job = {.id = JobId(id), .shard = ShardId("main")}};
}

}  // namespace roomkeeper::testing
