// nemesis{ }, as the table of globals binds it.
#pragma once

#include <lua.hpp>

namespace sim {

int nemesis_declare(lua_State* L);

}  // namespace sim
