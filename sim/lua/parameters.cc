#include "sim/lua/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "broker-model/types/config.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/sandbox.h"

namespace sim {
namespace {

std::string shown(lua_State* L, int index) {
  push_text(L, index);
  std::string text = lua_tostring(L, -1);
  lua_pop(L, 1);
  return lua_type(L, index) == LUA_TSTRING ? fmt::format("\"{}\"", text) : text;
}

// What a default asks of a value, in words.
std::string_view expected_of(lua_State* L, int index) {
  if (lua_isboolean(L, index)) return "true or false";
  if (lua_isinteger(L, index)) return "a whole number";
  if (lua_type(L, index) == LUA_TNUMBER) return "a number";
  const char* text = lua_tostring(L, index);
  if (parse_duration(text).has_value()) return "a duration";
  if (parse_rate(text).has_value()) return "a rate";
  return "a string";
}

// Pushes the value of -D in the type of the default at `index`; false, and nothing pushed, when it
// is none of that type.
bool push_value(lua_State* L, int index, const std::string& text) {
  index = lua_absindex(L, index);
  if (lua_isboolean(L, index)) {
    if (text != "true" && text != "false") return false;
    lua_pushboolean(L, text == "true");
    return true;
  }
  if (lua_type(L, index) == LUA_TNUMBER) {
    if (lua_stringtonumber(L, text.c_str()) != text.size() + 1) return false;
    if (lua_isinteger(L, index) && lua_isinteger(L, -1)) return true;
    if (!lua_isinteger(L, index) && std::isfinite(lua_tonumber(L, -1))) {
      const lua_Number number = lua_tonumber(L, -1);
      lua_pop(L, 1);
      lua_pushnumber(L, number);
      return true;
    }
    lua_pop(L, 1);
    return false;
  }
  const std::string_view expected = expected_of(L, index);
  if (expected == "a duration" && !parse_duration(text).has_value()) return false;
  if (expected == "a rate" && !parse_rate(text).has_value()) return false;
  lua_pushlstring(L, text.data(), text.size());
  return true;
}

// __index and __newindex of param.
int refuse_parameter(lua_State* L) {
  std::vector<std::string> names;
  lua_pushnil(L);
  while (lua_next(L, 1) != 0) {
    lua_pop(L, 1);
    names.emplace_back(lua_tostring(L, -1));
  }
  std::sort(names.begin(), names.end());
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  push_text(L, 2);
  unknown_name(L, Mistake::kUnknownName, "parameter", lua_tostring(L, -1), candidates);
}

// Reading or setting what scenario{ params = } does not name is an error, not nil.
void make_strict(lua_State* L, int table) {
  lua_createtable(L, 0, 3);
  for (const char* field : {"__index", "__newindex"}) {
    lua_pushcfunction(L, &refuse_parameter);
    lua_setfield(L, -2, field);
  }
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, table);
}

std::string unknown_parameter(const std::string& name, const std::string& value,
                              const std::string& scenario, std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string help = suggestion(kafka::nearest_names(name, candidates));
  std::string known;
  for (const std::string& candidate : names) known += (known.empty() ? "" : ", ") + candidate;
  return fmt::format("-D {}={}: {} has no parameter \"{}\"; {}", name, value, scenario, name,
                     !help.empty()   ? help
                     : known.empty() ? "it has none"
                                     : "it has: " + known);
}

}  // namespace

std::optional<std::string> push_parameters(lua_State* L,
                                           const std::map<std::string, std::string>& given,
                                           const std::string& scenario) {
  std::optional<std::string> complaint;
  lua_newtable(L);
  const int result = lua_gettop(L);
  std::vector<std::string> names;
  lua_getfield(L, 1, "params");
  if (!lua_isnil(L, -1) && !lua_istable(L, -1))
    scenario_error(L, Mistake::kWrongType, "scenario{ params = } expects a table, { rate = 200 }");
  if (lua_istable(L, -1)) {
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
      if (lua_type(L, -2) != LUA_TSTRING ||
          (!lua_isnumber(L, -1) && !lua_isstring(L, -1) && !lua_isboolean(L, -1))) {
        scenario_error(L, Mistake::kWrongType,
                       "scenario{ params = } expects names with a default each: a number, a string "
                       "or true/false");
      }
      const std::string name = lua_tostring(L, -2);
      names.push_back(name);
      const auto value = given.find(name);
      if (value == given.end()) {
        lua_pushvalue(L, -1);
      } else if (!push_value(L, -1, value->second)) {
        std::string text = fmt::format("-D {}={}: the parameter is {}, its default {}", name,
                                       value->second, expected_of(L, -1), shown(L, -1));
        if (!complaint.has_value() || text < *complaint) complaint = std::move(text);
        lua_pushvalue(L, -1);
      }
      lua_setfield(L, result, name.c_str());
      lua_pop(L, 1);
    }
  }
  for (const auto& [name, value] : given) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      complaint = unknown_parameter(name, value, scenario, names);
  }
  make_strict(L, result);
  lua_settop(L, complaint.has_value() ? result - 1 : result);
  return complaint;
}

}  // namespace sim
