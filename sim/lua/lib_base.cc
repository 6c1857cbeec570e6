// The base library of the sandbox: what is safe of Lua's own, ordered pairs, errors that budgets
// outlive.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/lua/diagnostic.h"
#include "sim/lua/sandbox.h"

namespace sim {
namespace {

constexpr std::uint64_t kThrowCost = 200;  // in instructions: an error unwinds by exception

constexpr const char* kNumbersSeen = "titorelli.printed";  // registry: object -> number, weak keys

// --- text without addresses ------------------------------------------------------------------

// Pushes a table of the registry that keeps none of its keys alive; makes it when there is none.
void push_weak_table(lua_State* L, const char* name) {
  if (luaL_getsubtable(L, LUA_REGISTRYINDEX, name) != 0) return;
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
}

lua_Integer printed_number(lua_State* L, int index) {
  index = lua_absindex(L, index);
  push_weak_table(L, kNumbersSeen);
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) != LUA_TNUMBER) {
    lua_pop(L, 1);
    lua_getfield(L, -1, "next");
    const lua_Integer number = lua_tointeger(L, -1) + 1;
    lua_pop(L, 1);
    lua_pushinteger(L, number);
    lua_setfield(L, -2, "next");
    lua_pushvalue(L, index);
    lua_pushinteger(L, number);
    lua_rawset(L, -3);
    lua_pushinteger(L, number);
  }
  const lua_Integer number = lua_tointeger(L, -1);
  lua_pop(L, 2);
  return number;
}

int base_tostring(lua_State* L) {
  luaL_checkany(L, 1);
  push_text(L, 1);
  return 1;
}

// --- ordered pairs -----------------------------------------------------------------------------

// Rank of a key's type, or -1 when the type has no order that repeats.
int rank_of(lua_State* L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TNUMBER: return 0;
    case LUA_TSTRING: return 1;
    case LUA_TBOOLEAN: return 2;
    case LUA_TUSERDATA:
      return luaL_getmetafield(L, index, "__order") != LUA_TNIL ? (lua_pop(L, 1), 3) : -1;
    default: return -1;
  }
}

// Compares the keys at two stack indices; both have a rank.
bool key_less(lua_State* L, int a, int b) {
  a = lua_absindex(L, a);
  b = lua_absindex(L, b);
  const int rank_a = rank_of(L, a);
  const int rank_b = rank_of(L, b);
  if (rank_a != rank_b) return rank_a < rank_b;
  if (rank_a == 2) return lua_toboolean(L, a) < lua_toboolean(L, b);
  if (rank_a == 3) {  // our objects: by the string that __order gives
    const auto order = [L](int index) {
      luaL_getmetafield(L, index, "__order");
      lua_pushvalue(L, index);
      lua_call(L, 1, 1);
      std::string text = luaL_checkstring(L, -1);
      lua_pop(L, 1);
      return text;
    };
    const std::string text_a = order(a);
    return text_a < order(b);
  }
  if (rank_a == 1) {  // bytes, not the locale's opinion
    std::size_t size_a = 0;
    std::size_t size_b = 0;
    const char* text_a = lua_tolstring(L, a, &size_a);
    const char* text_b = lua_tolstring(L, b, &size_b);
    return std::string_view(text_a, size_a) < std::string_view(text_b, size_b);
  }
  return lua_compare(L, a, b, LUA_OPLT) != 0;
}

// Pushes an array of the table's keys in order.
void push_sorted_keys(lua_State* L, int table) {
  table = lua_absindex(L, table);
  luaL_checkstack(L, 16, "pairs");
  lua_newtable(L);
  const int keys = lua_gettop(L);
  lua_Integer count = 0;
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    lua_pop(L, 1);
    if (rank_of(L, -1) < 0) {
      scenario_error(
          L, Mistake::kSandbox,
          fmt::format("pairs: a {} used as a key has no order that is the same in every run; use "
                      "strings or numbers",
                      luaL_typename(L, -1)));
    }
    lua_pushvalue(L, -1);
    lua_rawseti(L, keys, ++count);
  }
  Sandbox::of(L).charge(L, static_cast<std::uint64_t>(count) * 8);
  // Heap-free for the usual case of few keys would be a merge in C++; the keys must stay on the Lua
  // side (they may be collected), so positions are sorted and looked up through the array.
  std::vector<lua_Integer> order(static_cast<std::size_t>(count));
  for (lua_Integer i = 0; i < count; ++i) order[static_cast<std::size_t>(i)] = i + 1;
  std::sort(order.begin(), order.end(), [L, keys](lua_Integer a, lua_Integer b) {
    lua_rawgeti(L, keys, a);
    lua_rawgeti(L, keys, b);
    const bool less = key_less(L, -2, -1);
    lua_pop(L, 2);
    return less;
  });
  lua_createtable(L, static_cast<int>(count), 0);
  for (lua_Integer i = 0; i < count; ++i) {
    lua_rawgeti(L, keys, order[static_cast<std::size_t>(i)]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_remove(L, keys);
}

// Upvalues: table, keys, position.
int pairs_step(lua_State* L) {
  lua_Integer position = lua_tointeger(L, lua_upvalueindex(3));
  while (true) {
    ++position;
    if (lua_rawgeti(L, lua_upvalueindex(2), position) == LUA_TNIL) return 1;
    lua_pushvalue(L, -1);
    lua_rawget(L, lua_upvalueindex(1));
    if (!lua_isnil(L, -1)) break;  // removed while walking
    lua_pop(L, 2);
  }
  lua_pushinteger(L, position);
  lua_replace(L, lua_upvalueindex(3));
  return 2;
}

int base_pairs(lua_State* L) {
  luaL_checkany(L, 1);
  if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
    lua_pushvalue(L, 1);
    lua_call(L, 1, 3);
    return 3;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_pushvalue(L, 1);
  push_sorted_keys(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, &pairs_step, 3);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

int base_next(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  if (!lua_isnil(L, 2) && rank_of(L, 2) < 0)
    scenario_error(L, Mistake::kSandbox,
                   fmt::format("next: a {} is no key of the table", luaL_typename(L, 2)));
  push_sorted_keys(L, 1);
  const auto count = static_cast<lua_Integer>(lua_rawlen(L, 3));
  for (lua_Integer i = 1; i <= count; ++i) {
    lua_rawgeti(L, 3, i);
    if (lua_isnil(L, 2) || key_less(L, 2, 4)) {
      lua_pushvalue(L, -1);
      lua_rawget(L, 1);
      return 2;
    }
    lua_pop(L, 1);
  }
  lua_pushnil(L);
  return 1;
}

int ipairs_step(lua_State* L) {
  const lua_Integer i = luaL_checkinteger(L, 2) + 1;
  lua_pushinteger(L, i);
  return lua_geti(L, 1, i) == LUA_TNIL ? 1 : 2;
}

int base_ipairs(lua_State* L) {
  luaL_checkany(L, 1);
  lua_pushcfunction(L, &ipairs_step);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  return 3;
}

// --- errors: caught as usual, unless a budget is gone -----------------------------------------

int finish_pcall(lua_State* L, int status, lua_KContext extra) {
  const bool is_ok = status == LUA_OK || status == LUA_YIELD;
  if (!is_ok) {
    Sandbox::of(L).reraise(L);
    Sandbox::of(L).charge(L, kThrowCost);
    lua_pushboolean(L, 0);
    lua_pushvalue(L, -2);
    return 2;
  }
  return lua_gettop(L) - static_cast<int>(extra);
}

int base_pcall(lua_State* L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  const int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, &finish_pcall);
  return finish_pcall(L, status, 0);
}

// The script's message handler is upvalue 1. It runs where the error was raised: for a spent budget
// that is inside the hook, where no hook would stop an endless handler.
int guarded_handler(lua_State* L) {
  lua_settop(L, 1);
  if (Sandbox::of(L).exhausted() != BudgetKind::kNone) return 1;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

int base_xpcall(lua_State* L) {
  const int arguments = lua_gettop(L);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, &guarded_handler, 1);
  lua_replace(L, 2);
  lua_pushboolean(L, 1);
  lua_pushvalue(L, 1);
  lua_rotate(L, 3, 2);
  const int status = lua_pcallk(L, arguments - 2, LUA_MULTRET, 2, 2, &finish_pcall);
  return finish_pcall(L, status, 2);
}

int base_error(lua_State* L) {
  const int level = static_cast<int>(luaL_optinteger(L, 2, 1));
  lua_settop(L, 1);
  if (lua_type(L, 1) == LUA_TSTRING && level > 0) {
    luaL_where(L, level);
    lua_pushvalue(L, 1);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

int base_assert(lua_State* L) {
  if (lua_toboolean(L, 1)) return lua_gettop(L);
  luaL_checkany(L, 1);
  lua_remove(L, 1);
  lua_pushliteral(L, "assertion failed!");
  lua_settop(L, 1);
  if (lua_type(L, 1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, 1);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

// --- the rest ------------------------------------------------------------------------------------

constexpr std::uint64_t kMetatableCost = 20;  // in instructions: it is entered in a list
constexpr const char* kForbiddenFields[] = {"__gc", "__mode", "__close"};

int base_setmetatable(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
    return luaL_error(L, "cannot change a protected metatable");
  }
  if (lua_istable(L, 2)) {
    for (const char* forbidden : kForbiddenFields) {
      lua_pushstring(L, forbidden);
      if (lua_rawget(L, 2) != LUA_TNIL) {
        scenario_error(
            L, Mistake::kSandbox,
            fmt::format(
                "{} is not available: when it takes effect depends on the garbage collector",
                forbidden));
      }
      lua_pop(L, 1);
    }
    Sandbox::of(L).charge(L, kMetatableCost);
    push_weak_table(L, kMetatables);
    lua_pushvalue(L, 2);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
  }
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

int base_getmetatable(lua_State* L) {
  luaL_checkany(L, 1);
  if (lua_type(L, 1) != LUA_TTABLE) {  // no hands on the metatables of strings and of our objects
    lua_pushnil(L);
    return 1;
  }
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return 1;
  if (lua_getmetatable(L, 1) == 0) lua_pushnil(L);
  return 1;
}

int base_select(lua_State* L) {
  const int count = lua_gettop(L);
  if (lua_type(L, 1) == LUA_TSTRING && *lua_tostring(L, 1) == '#') {
    lua_pushinteger(L, count - 1);
    return 1;
  }
  lua_Integer i = luaL_checkinteger(L, 1);
  if (i < 0) {
    i = count + i;
  } else if (i > count) {
    i = count;
  }
  luaL_argcheck(L, i >= 1, 1, "index out of range");
  return count - static_cast<int>(i);
}

int base_rawget(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  lua_settop(L, 2);
  lua_rawget(L, 1);
  return 1;
}

int base_rawset(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 3);
  lua_settop(L, 3);
  lua_rawset(L, 1);
  return 1;
}

int base_rawequal(lua_State* L) {
  luaL_checkany(L, 2);
  lua_pushboolean(L, lua_rawequal(L, 1, 2));
  return 1;
}

int base_rawlen(lua_State* L) {
  luaL_argcheck(L, lua_istable(L, 1) || lua_isstring(L, 1), 1, "table or string expected");
  lua_pushinteger(L, static_cast<lua_Integer>(lua_rawlen(L, 1)));
  return 1;
}

// Lua's own (upvalue 1), after the reading has been paid for.
int base_tonumber(lua_State* L) {
  constexpr std::size_t kBytesPerInstruction = 16;
  std::size_t size = 0;
  if (lua_type(L, 1) == LUA_TSTRING) lua_tolstring(L, 1, &size);
  Sandbox::of(L).charge(L, size / kBytesPerInstruction);
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

int base_type(lua_State* L) {
  luaL_checkany(L, 1);
  lua_pushstring(L, luaL_typename(L, 1));
  return 1;
}

}  // namespace

void push_text(lua_State* L, int index) {
  index = lua_absindex(L, index);
  if (luaL_callmeta(L, index, "__tostring") != 0) {
    if (!lua_isstring(L, -1)) luaL_error(L, "'__tostring' must return a string");
    return;
  }
  switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING: luaL_tolstring(L, index, nullptr); return;
    default: break;
  }
  const lua_Integer number = printed_number(L, index);
  lua_pushfstring(L, "%s: %I", luaL_typename(L, index), static_cast<LUAI_UACINT>(number));
}

std::string pop_text(lua_State* L) {
  lua_pushcfunction(L, &base_tostring);
  lua_insert(L, -2);
  std::string text;
  if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
    text = lua_tostring(L, -1);
  } else {
    text = "(an error whose own text is an error)";
  }
  lua_pop(L, 1);
  return text;
}

std::string pop_error(lua_State* L) {
  const int type = lua_type(L, -1);
  const bool has_text =
      type == LUA_TSTRING || type == LUA_TNUMBER ||
      (luaL_getmetafield(L, -1, "__tostring") != LUA_TNIL && (lua_pop(L, 1), true));
  if (has_text) return pop_text(L);
  lua_pop(L, 1);
  return fmt::format("an error without a text: error() was given a {}", lua_typename(L, type));
}

bool has_forbidden_metafield(lua_State* L) {
  const int top = lua_gettop(L);
  bool found = false;
  push_weak_table(L, kMetatables);
  lua_pushnil(L);
  while (!found && lua_next(L, top + 1) != 0) {  // in any order: the answer is one for all
    lua_pop(L, 1);
    for (const char* forbidden : kForbiddenFields) {
      lua_pushstring(L, forbidden);
      found = lua_rawget(L, top + 2) != LUA_TNIL || found;
      lua_pop(L, 1);
    }
  }
  lua_settop(L, top);
  return found;
}

void open_base(lua_State* L) {
  // tonumber is Lua's own, taken before the rest of its library is dropped.
  luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
  lua_getfield(L, -1, "tonumber");
  lua_setfield(L, LUA_REGISTRYINDEX, "titorelli.tonumber");
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);  // where complaints look up names
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, LUA_GNAME);
  lua_pop(L, 1);
  static constexpr luaL_Reg kFunctions[] = {
      {"assert", base_assert},
      {"error", base_error},
      {"getmetatable", base_getmetatable},
      {"ipairs", base_ipairs},
      {"next", base_next},
      {"pairs", base_pairs},
      {"pcall", base_pcall},
      {"rawequal", base_rawequal},
      {"rawget", base_rawget},
      {"rawlen", base_rawlen},
      {"rawset", base_rawset},
      {"select", base_select},
      {"setmetatable", base_setmetatable},
      {"tostring", base_tostring},
      {"type", base_type},
      {"xpcall", base_xpcall},
      {nullptr, nullptr},
  };
  luaL_setfuncs(L, kFunctions, 0);
  lua_getfield(L, LUA_REGISTRYINDEX, "titorelli.tonumber");
  lua_pushcclosure(L, &base_tonumber, 1);
  lua_setfield(L, -2, "tonumber");
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "_G");
  lua_pushliteral(L, LUA_VERSION);
  lua_setfield(L, -2, "_VERSION");
  lua_pop(L, 1);
}

}  // namespace sim
