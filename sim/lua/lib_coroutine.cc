// The coroutine library of the sandbox: Lua's own, but errors of a spent budget pass through
// resume, wrap and close, and an actor is nobody's to resume: it waits for virtual time.
#include "sim/lua/diagnostic.h"
#include "sim/lua/sandbox.h"

namespace sim {
namespace {

constexpr std::uint64_t kCoroutineCost = 1000;  // its first instructions pass below the hook
constexpr std::uint64_t kYieldCost = 200;       // it unwinds by exception

bool is_actor(lua_State* L, lua_State* thread) {
  const int top = lua_gettop(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, kActorThreads);
  const bool result = lua_rawgetp(L, -1, thread) != LUA_TNIL;
  lua_settop(L, top);
  return result;
}

// Upvalue 1 of all: Lua's own function, called in this frame so that complaints name the script's
// line.
int call_own(lua_State* L) { return lua_tocfunction(L, lua_upvalueindex(1))(L); }

int call_and_reraise(lua_State* L) {
  if (lua_State* thread = lua_tothread(L, 1); thread != nullptr && is_actor(L, thread)) {
    scenario_error(L, Mistake::kNotAWait,
                   "a function given to at, after, every or spawn, and the main chunk, cannot "
                   "be resumed or closed: it waits for virtual time");
  }
  const int results = call_own(L);
  Sandbox::of(L).reraise(L);
  return results;
}

int coroutine_create(lua_State* L) {
  Sandbox::of(L).charge(L, kCoroutineCost);
  return call_own(L);
}

int coroutine_yield(lua_State* L) {
  if (is_actor(L, L)) {
    scenario_error(L, Mistake::kNotAWait,
                   "coroutine.yield: nobody would resume this function; wait with sleep or "
                   "wait_until");
  }
  Sandbox::of(L).charge(L, kYieldCost);
  return call_own(L);
}

}  // namespace

void open_coroutine(lua_State* L) {
  luaL_requiref(L, LUA_COLIBNAME, luaopen_coroutine, 1);
  static constexpr luaL_Reg kFunctions[] = {
      {"resume", call_and_reraise}, {"close", call_and_reraise}, {"create", coroutine_create},
      {"wrap", coroutine_create},   {"yield", coroutine_yield},
  };
  for (const luaL_Reg& function : kFunctions) {
    lua_getfield(L, -1, function.name);
    lua_pushcclosure(L, function.func, 1);
    lua_setfield(L, -2, function.name);
  }
  lua_pop(L, 1);
}

}  // namespace sim
