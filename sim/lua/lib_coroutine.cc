// The coroutine library of the sandbox: Lua's own, but errors of a spent budget pass through resume
// and wrap.
#include "sim/lua/sandbox.h"

namespace sim {
namespace {

// Upvalue 1: Lua's own function.
int call_and_reraise(lua_State* L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  Sandbox::of(L).reraise(L);
  return lua_gettop(L);
}

}  // namespace

void open_coroutine(lua_State* L) {
  luaL_requiref(L, LUA_COLIBNAME, luaopen_coroutine, 1);
  for (const char* name : {"resume", "close"}) {  // wrap raises by itself
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, &call_and_reraise, 1);
    lua_setfield(L, -2, name);
  }
  lua_pop(L, 1);
}

}  // namespace sim
