#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/databricks/oauth/credentials.h"
#include "lib/databricks/oauth/rotation/rotation_record.h"
#include "lib/model/ids.h"

namespace roomkeeper {

// One provider workspace.
struct ShardOptions {
  ShardId id = {};
  std::string host = {};  // "https://dbc-….cloud.databricks.com", no slash at the end
  std::string client_id = {};
  std::vector<Credential> credentials = {};  // tried in turn
  RotationRecordFile rotation_record = {};   // needed to rotate their secrets only
  std::string ca_file = {};                  // PEM; instead of the system's authorities
  std::string global_metastore_id = {};      // cloud:region:uuid; checked by preflight unless empty
  double requests_per_second = 5;            // the platform publishes no rate; its Go SDK takes 15
  absl::Duration write_timeout = absl::Seconds(60);  // of one write; the engine waits it out
  std::int64_t room_limit = 100;                     // clean rooms the metastore may hold
};

}  // namespace roomkeeper
