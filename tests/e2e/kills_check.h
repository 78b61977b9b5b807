#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/e2e/crowd.h"
#include "tests/e2e/world.h"

namespace roomkeeper::testing {

// What is left when all is over, looked at from every side with CHECK.

// Every customer's jobs are stored with the events that were seen, no job is stored that nobody
// asked for, and each clean room is as its customer wants it. The rooms that are to be on the
// platform, by their names there.
std::map<std::string, v1::CleanRoom> CheckJobs(World& world,
                                               const std::vector<Customer>& customers);

// What a room of the simulator's state holds, in a form that is the same for every brand.
nlohmann::json ContentOf(const nlohmann::json& room, const std::string& runner);

// The provider's metastore holds the rooms `kept`, each with `content`, and no other.
void CheckPlatform(World& world, const std::map<std::string, v1::CleanRoom>& kept,
                   const nlohmann::json& content);

// Each of `kept` was made once and never deleted, and each thing in it was written once. How many
// writes the platform refused because an earlier one had done their work already.
std::int64_t CheckWrites(World& world, const std::map<std::string, v1::CleanRoom>& kept);

}  // namespace roomkeeper::testing
