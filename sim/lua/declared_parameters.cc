#include "sim/lua/declared_parameters.h"

#include <algorithm>
#include <lua.hpp>

namespace sim {

std::expected<std::vector<std::string>, ScenarioFailure> declared_parameters(
    ScenarioOptions options) {
  options.declarations_only = true;
  options.variant.reset();
  const std::unique_ptr<ScenarioRun> run = ScenarioRun::create(std::move(options));
  if (auto failure = run->begin(); failure.has_value()) return std::unexpected(std::move(*failure));
  std::vector<std::string> names;
  lua_State* L = run->sandbox().state();
  const int top = lua_gettop(L);
  lua_pushglobaltable(L);
  lua_pushliteral(L, "param");
  lua_rawget(L, -2);
  if (lua_istable(L, -1)) {
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
      if (lua_type(L, -2) == LUA_TSTRING) names.emplace_back(lua_tostring(L, -2));
      lua_pop(L, 1);
    }
  }
  lua_settop(L, top);
  std::ranges::sort(names);
  return names;
}

}  // namespace sim
