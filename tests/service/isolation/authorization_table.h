#pragma once

#include <cstdint>
#include <string>

#include "absl/types/span.h"

namespace roomkeeper::testing {

// Who may call what, written down a second time, so that a slip in the server's own table shows.
// A new RPC needs a row here; a new role a row in authorization_test.cc.

enum class Least : std::uint8_t {
  kCi,     // and all others, for what they may see
  kBrand,  // and operators
  kOperator,
  kNobody,  // not even a key: the request proves who calls
};

enum class Does : std::uint8_t {
  kReads,
  kChanges,  // not for viewers
};

// What "$" in the request stands for, and what a brand may do with it.
enum class Named : std::uint8_t {
  kNothing,
  kRoomToSee,       // any room of the brand
  kRoomToChange,    // a room of the key's install
  kInstallToFill,   // the key's install: a room is made for it
  kParentToList,    // the brand or one of its installs; what is not there is an empty list, but
                    // for a CI key, which has no other install than its own
  kJobToSee,        // any job of the brand
  kJobToChange,     // a job of the key's install
  kBrand,           // operators only
  kApiKey,          // operators only
  kEnrollmentCode,  // operators only
  kEnrollment,      // operators only: a held exchange
  kParentOfOthers,  // a brand or install, operators only
};

struct AuthorizationRow {
  const char* method = "";  // "JobService.GetJob"
  Least least = Least::kOperator;
  Does does = Does::kChanges;
  Named named = Named::kNothing;
  const char* request = "";  // text format; "$" is the resource
};
absl::Span<const AuthorizationRow> AuthorizationTable();
// Null: no such row. Of the full name of a method.
const AuthorizationRow* FindAuthorization(const std::string& full_name);

}  // namespace roomkeeper::testing
