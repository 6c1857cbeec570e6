// The math library of the sandbox: Lua's own, but for random, which draws from a stream of the run.
#include "sim/lua/diagnostic.h"
#include "sim/lua/sandbox.h"

namespace sim {
namespace {

int math_random(lua_State* L) {
  if (Sandbox::of(L).random() == nullptr)
    scenario_error(L, Mistake::kOutOfOrder,
                   "math.random draws from the run's seed: scenario{ } comes first");
  env::Rng& random = *Sandbox::of(L).random();
  lua_Integer low = 1;
  lua_Integer high = 0;
  switch (lua_gettop(L)) {
    case 0: {  // 53 bits over [0, 1): exact in a double
      lua_pushnumber(L, static_cast<lua_Number>(random.next() >> 11) * 0x1p-53);
      return 1;
    }
    case 1:
      high = luaL_checkinteger(L, 1);
      if (high == 0) {  // all bits
        lua_pushinteger(L, static_cast<lua_Integer>(random.next()));
        return 1;
      }
      break;
    case 2:
      low = luaL_checkinteger(L, 1);
      high = luaL_checkinteger(L, 2);
      break;
    default: return luaL_error(L, "wrong number of arguments");
  }
  luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
  lua_pushinteger(L,
                  random.between(static_cast<std::int64_t>(low), static_cast<std::int64_t>(high)));
  return 1;
}

int math_randomseed(lua_State* L) {
  scenario_error(
      L, Mistake::kSandbox,
      "math.randomseed is not available: the run's seed decides (--seed, or scenario{ seed = })");
}

}  // namespace

void open_math(lua_State* L) {
  luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
  lua_pushcfunction(L, &math_random);
  lua_setfield(L, -2, "random");
  lua_pushcfunction(L, &math_randomseed);
  lua_setfield(L, -2, "randomseed");
  lua_pop(L, 1);
}

}  // namespace sim
