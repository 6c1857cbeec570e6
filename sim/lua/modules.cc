#include "sim/lua/modules.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim {
namespace {

constexpr std::size_t kNameMax = 100;
constexpr std::size_t kDepthMax = 32;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// __newindex of a module's environment. Upvalue: the module's name.
int refuse_global(lua_State* L) {
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
  scenario_error(L, Mistake::kModule,
                 fmt::format("module \"{}\" sets the global \"{}\"",
                             lua_tostring(L, lua_upvalueindex(1)), key),
                 fmt::format("write local {}, and return it in the module's table", key));
}

// The globals of a module: it sees the language and the scenario's own, and sets none.
void push_environment(lua_State* L, const std::string& name) {
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "_G");
  lua_createtable(L, 0, 3);
  lua_pushglobaltable(L);
  lua_setfield(L, -2, "__index");
  lua_pushlstring(L, name.data(), name.size());
  lua_pushcclosure(L, &refuse_global, 1);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}

}  // namespace

std::string module_key(std::string_view name) {
  std::string key(name);
  std::replace(key.begin(), key.end(), '.', '/');
  if (key.empty() || key.size() > kNameMax || key.front() == '/' || key.back() == '/' ||
      key.find("//") != std::string::npos)
    return {};
  const bool is_plain =
      std::all_of(key.begin(), key.end(), [](char c) { return is_name_character(c) || c == '/'; });
  return is_plain ? key : std::string();
}

int Modules::require(lua_State* L) {
  if (lua_type(L, 1) != LUA_TSTRING)
    scenario_error(L, Mistake::kWrongType, "require(name) expects the name of a module",
                   "require(\"waits\") reads scenarios/lib/waits.lua");
  const std::string name = lua_tostring(L, 1);
  const std::string key = module_key(name);
  if (key.empty()) {
    scenario_error(L, Mistake::kModule, fmt::format("\"{}\" is no name of a module", name),
                   "a module is a file below the lib folder, named without .lua: small letters, "
                   "digits, '_' and '-', parts with '.' or '/' between");
  }
  if (std::find(loading_.begin(), loading_.end(), key) != loading_.end()) {
    std::string cycle;
    for (const std::string& outer : loading_) {
      if (!cycle.empty() || outer == key) cycle += outer + " -> ";
    }
    scenario_error(L, Mistake::kModule,
                   fmt::format("module \"{}\" requires itself: {}{}", key, cycle, key),
                   "move what both need into a third module");
  }
  if (const auto found = results_.find(key); found != results_.end()) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, found->second);
    return 1;
  }
  if (loading_.size() >= kDepthMax)
    scenario_error(L, Mistake::kModule, fmt::format("modules nest deeper than {}", kDepthMax));
  load(L, key);
  lua_pushvalue(L, -1);
  results_[key] = luaL_ref(L, LUA_REGISTRYINDEX);
  return 1;
}

void Modules::load(lua_State* L, const std::string& name) {
  struct Loading {  // an error, which pcall may catch, ends it too
    std::vector<std::string>& names;
    ~Loading() { names.pop_back(); }
  };
  loading_.push_back(name);
  const Loading guard{loading_};
  auto text = reader_ ? reader_(name)
                      : std::expected<ModuleText, ModuleRefusal>(std::unexpected(
                            ModuleRefusal{fmt::format("module \"{}\" is not there", name), {}}));
  if (!text.has_value()) {
    const std::vector<std::string_view> known(text.error().known.begin(), text.error().known.end());
    scenario_error(L, Mistake::kModule, text.error().message, help_for_unknown(name, known));
  }
  if (text->source.starts_with(LUA_SIGNATURE)) {
    scenario_error(L, Mistake::kModule,
                   fmt::format("module \"{}\": {} is compiled Lua, not text", name, text->path),
                   "a scenario is its text, and so are its modules");
  }
  sources_[text->path] = text->source;
  const std::string chunk = "@" + text->path;
  if (luaL_loadbufferx(L, text->source.data(), text->source.size(), chunk.c_str(), "t") != LUA_OK) {
    const std::string complaint = coded(Mistake::kSyntax, lua_tostring(L, -1));
    lua_pushlstring(L, complaint.data(), complaint.size());
    lua_error(L);
  }
  push_environment(L, name);
  lua_setupvalue(L, -2, 1);  // _ENV
  lua_call(L, 0, 1);         // without a continuation: a module cannot wait while it is loaded
  if (!lua_istable(L, -1)) {
    const std::string got = luaL_typename(L, -1);
    scenario_error(L, Mistake::kModule,
                   fmt::format("module \"{}\" ({}) returns {}, not a table", name, text->path,
                               got == "nil" ? "nothing" : "a " + got),
                   "end it with: return { name = function }");
  }
}

}  // namespace sim
