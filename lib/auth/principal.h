#pragma once

#include <string>

#include "lib/model/audit.h"
#include "lib/model/brand.h"
#include "lib/model/clean_room.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {

// Who is calling, as its credential proved, and in which trace.
struct Principal {
  Role role = Role::kBrand;
  BrandId brand = {};         // empty for operators
  InstallId install = {};     // empty: reads for all installs of the brand, changes nothing
  CiScope ci = {};            // of a CI key
  ApiKeyId key = {};          // empty: it proved itself otherwise
  std::string identity = {};  // how, for people: "tokens of <client id>", "certificate <name>"
  std::string trace_id = {};  // of the present call: 32 hex digits
  AuditStampPtr stamp = {};   // of the present call, if it may change something: for its ops

  // What it called with, for people and records.
  std::string Credential() const { return identity.empty() ? FormatName(key) : identity; }
  bool IsOperator() const { return roomkeeper::IsOperator(role); }
  // It sees the rooms under the label of `ci` only, and makes no others:
  // lib/commands/ci/ci_scope.h.
  bool IsCi() const { return role == Role::kCi; }
  // A brand sees all its own rows, whichever of its installs they belong to.
  bool MaySee(const BrandId& owner) const { return IsOperator() || owner == brand; }
  // A caller acts only for the install it is bound to.
  bool MayActFor(const BrandId& owner, const InstallId& of) const {
    return IsOperator() || (owner == brand && !install.empty() && of == install);
  }
  bool MayChange(const RoomKey& room) const {
    return role != Role::kViewer && MayActFor(room.brand, room.install);
  }
};

}  // namespace roomkeeper
