// Puts faults of the registry into force for the scenario language: fault.NAME{ }, and the shorter
// words node:kill(), net:partition(a, b) that mean the same.
#pragma once

#include <lua.hpp>

#include <string_view>

#include "sim/lab/fault_args.h"
#include "sim/lua/api.h"

namespace sim {

// Injects and pushes the handle; raises with the fault's own sentence when it cannot be.
int inject_fault(lua_State* L, std::string_view name, const FaultArgs& args,
                 std::optional<env::Duration> duration = std::nullopt);

// Raises with the place and the nearest names.
[[noreturn]] void raise(lua_State* L, const FaultArgError& error);

// Nodes written at `index`: a node, a selector or a list of both. Raises otherwise.
std::vector<HostId> check_nodes(lua_State* L, int index, std::string_view what);

}  // namespace sim
