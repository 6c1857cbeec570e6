// The table library of the sandbox: Lua's own, but for sort (stable, no clock), and
// loops over made-up lengths count against the budget.
#include <algorithm>

#include "sim/lua/sandbox.h"

namespace sim {
namespace {

bool value_less(lua_State* L, int a, int b) {
  if (lua_isnil(L, 2)) return lua_compare(L, a, b, LUA_OPLT) != 0;
  lua_pushvalue(L, 2);
  lua_pushvalue(L, a);
  lua_pushvalue(L, b);
  lua_call(L, 2, 1);
  const bool less = lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return less;
}

// Merges [low, middle) and [middle, high) of the table at `from` into the table at `to`; 1-based
// positions.
void merge_runs(lua_State* L, int from, int to, lua_Integer low, lua_Integer middle,
                lua_Integer high) {
  lua_Integer left = low;
  lua_Integer right = middle;
  for (lua_Integer out = low; out < high; ++out) {
    bool take_left = right >= high;
    if (left < middle && right < high) {
      lua_rawgeti(L, from, left);
      lua_rawgeti(L, from, right);
      take_left =
          !value_less(L, lua_absindex(L, -1), lua_absindex(L, -2));  // equal ones keep their order
      lua_pop(L, 2);
    }
    lua_rawgeti(L, from, take_left ? left++ : right++);
    lua_rawseti(L, to, out);
  }
}

// A bottom-up merge sort. Lua's quicksort draws its pivot from the clock; this one asks nothing.
int table_sort(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  const lua_Integer count = luaL_len(L, 1);
  luaL_argcheck(L, count < (lua_Integer{1} << 30), 1, "array too big");
  lua_createtable(L, static_cast<int>(std::min<lua_Integer>(count, 1 << 20)), 0);  // index 3
  lua_createtable(L, static_cast<int>(std::min<lua_Integer>(count, 1 << 20)), 0);  // index 4
  Sandbox::of(L).charge(L, static_cast<std::uint64_t>(std::max<lua_Integer>(count, 0)));
  for (lua_Integer i = 1; i <= count; ++i) {
    lua_geti(L, 1, i);
    lua_rawseti(L, 3, i);
  }
  int from = 3;
  int to = 4;
  for (lua_Integer width = 1; width < count; width *= 2) {
    for (lua_Integer low = 1; low <= count; low += 2 * width) {
      merge_runs(L, from, to, low, std::min(low + width, count + 1),
                 std::min(low + 2 * width, count + 1));
    }
    std::swap(from, to);
    Sandbox::of(L).charge(L, static_cast<std::uint64_t>(count) * 4);
  }
  for (lua_Integer i = 1; i <= count; ++i) {
    lua_rawgeti(L, from, i);
    lua_seti(L, 1, i);
  }
  return 0;
}

// Lua's own (upvalue 1), after its loop has been paid for: a __len or a range may be any number.
int call_charged(lua_State* L, lua_Integer steps) {
  if (steps > 0) Sandbox::of(L).charge(L, static_cast<std::uint64_t>(steps));
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

int table_insert(lua_State* L) {
  const bool shifts = lua_gettop(L) == 3 && lua_istable(L, 1) && lua_isinteger(L, 2);
  return call_charged(L,
                      shifts ? luaL_len(L, 1) - std::max<lua_Integer>(lua_tointeger(L, 2), 0) : 0);
}

int table_remove(lua_State* L) {
  const bool shifts = lua_gettop(L) == 2 && lua_istable(L, 1) && lua_isinteger(L, 2);
  return call_charged(L,
                      shifts ? luaL_len(L, 1) - std::max<lua_Integer>(lua_tointeger(L, 2), 0) : 0);
}

int table_move(lua_State* L) {
  const lua_Integer from = luaL_checkinteger(L, 2);
  const lua_Integer to = luaL_checkinteger(L, 3);
  // As unsigned: the difference of any two is a count; one that is too large is refused by Lua.
  const std::uint64_t count =
      to < from ? 0 : static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  return call_charged(L, static_cast<lua_Integer>(std::min<std::uint64_t>(count, INT64_MAX)));
}

constexpr std::uint64_t kSpanMax = 1 << 22;  // what memory allows; Lua refuses most of the rest

// How many values i..j of the table at index 1 are, with the defaults of concat and unpack.
lua_Integer span_of(lua_State* L, int from, int to) {
  const lua_Integer low = luaL_optinteger(L, from, 1);
  const lua_Integer high = lua_isnoneornil(L, to) ? luaL_len(L, 1) : luaL_checkinteger(L, to);
  if (high < low) return 0;
  const std::uint64_t count = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  return static_cast<lua_Integer>(std::min(count, kSpanMax));
}

int table_concat(lua_State* L) {
  const bool is_table = lua_istable(L, 1);
  return call_charged(L, is_table ? span_of(L, 3, 4) : 0);
}

int table_unpack(lua_State* L) {
  const bool is_table = lua_istable(L, 1);
  return call_charged(L, is_table ? span_of(L, 2, 3) : 0);
}

}  // namespace

void open_table(lua_State* L) {
  luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
  lua_pushcfunction(L, &table_sort);
  lua_setfield(L, -2, "sort");
  static constexpr luaL_Reg kCharged[] = {{"insert", table_insert},
                                          {"remove", table_remove},
                                          {"move", table_move},
                                          {"concat", table_concat},
                                          {"unpack", table_unpack}};
  for (const luaL_Reg& function : kCharged) {
    lua_getfield(L, -1, function.name);
    lua_pushcclosure(L, function.func, 1);
    lua_setfield(L, -2, function.name);
  }
  lua_pop(L, 1);
}

}  // namespace sim
