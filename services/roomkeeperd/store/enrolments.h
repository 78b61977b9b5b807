#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "lib/commands/brands/brands.h"
#include "lib/config/config.h"

namespace roomkeeper {

// The brands and installs that an operator has on file, in the words of the API:
//
//   brands:
//     - id: acme
//       display_name: Acme Inc          # optional, as all but id of a brand
//       collaborator_alias: acme
//       jobs_in_flight_max: 20
//       labels: {tier: gold}
//       installs:
//         - id: default
//           global_metastore_id: cloud:region:uuid
//           invite_recipient_workspace_id: 1234567890123456
//           invite_recipient_email: data@acme.example
//           shard: main                 # optional, as what follows
//           packages: [packages/identity-match]
//           rooms_max: 5
//
// `roomctl brands export` writes it. The rules are those of CreateBrand and EnrollInstall. `config`
// has the shards and the defaults. kNotFound: no such file. kInvalidArgument: every problem, one a
// line, "<file>:<line>: <key> …".
absl::StatusOr<std::vector<BrandWithInstalls>> LoadEnrolments(const std::string& file,
                                                              const Config& config);
absl::StatusOr<std::vector<BrandWithInstalls>> ParseEnrolments(absl::string_view text,
                                                               absl::string_view file,
                                                               const Config& config);

}  // namespace roomkeeper
