#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "lib/databricks_sim/core/call.h"

namespace roomkeeper::sim {

// The privilege rules of clean rooms and of what they share, as the public documentation gives
// them.

bool IsMetastoreAdmin(const Call& call);
bool IsOwner(const std::vector<std::string>& identities, const Room& room);
bool Owns(const Call& call, const Room& room);
bool HoldsOnRoom(const Call& call, const Room& room, std::initializer_list<const char*> privileges);
bool CanViewRoom(const Call& call, const Room& room);
bool CanModifyRoom(const Call& call, const Room& room);  // owner or MODIFY_CLEAN_ROOM
bool CanManageRoom(const Call& call, const Room& room);  // owner or MANAGE: grant, delete

// "table" for tables, views and foreign tables; "volume".
std::string GrantType(const Securable& securable);
// Null if it is not there (any more).
const Securable* FindSecurable(const Metastore& metastore, const std::string& full_name,
                               absl::Time now);
// SELECT or READ_VOLUME on it or above it, with USE_SCHEMA and USE_CATALOG.
bool CanRead(const Metastore& metastore, const std::vector<std::string>& identities,
             const Securable& securable);

// 404 of the outermost part that is missing: catalog, schema, then `type`.
Reply SecurableNotFound(const Metastore& metastore, const std::string& type,
                        const std::string& full_name);

// The caller's room, of this name in any case. 404, or 403 where it may not be seen (row 49).
Or<std::shared_ptr<Room>> GetRoom(const Call& call, const std::string& name);
// The same, and it must be ACTIVE (row 33).
Or<std::shared_ptr<Room>> GetActiveRoom(const Call& call, const std::string& name);
Reply RoomNotFound(const World& world, const std::string& name);

// One party leaves: the room goes from its metastore, and for the others it is DELETED (row 18).
void RemoveRoom(Metastore& metastore, const Room& room);
// {} or nothing, as the knob has it.
Reply DeletedReply(const Call& call);

}  // namespace roomkeeper::sim
