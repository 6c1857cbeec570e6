// A sandbox of its own for one chunk of Lua, as text in and text out; and the same chunk in Lua's
// own libraries, for comparison.
#pragma once

#include <lua.hpp>

#include <string>

#include "sim/lua/sandbox.h"

namespace test {

// Runs a chunk as a coroutine of the sandbox, as an actor would be. What it returned, as text, one
// after another with a blank; "error: ..." when it failed.
inline std::string run_sandboxed(sim::Sandbox& sandbox, const std::string& source) {
  lua_State* thread = lua_newthread(sandbox.state());
  if (luaL_loadbufferx(thread, source.data(), source.size(), "@test.lua", "t") != LUA_OK)
    return std::string("error: ") + lua_tostring(thread, -1);
  sandbox.refill();
  int count = 0;
  int status = LUA_OK;
  {
    const sim::Sandbox::Running running(sandbox);
    status = lua_resume(thread, nullptr, 0, &count);
  }
  if (status != LUA_OK) {
    if (sandbox.exhausted() != sim::BudgetKind::kNone)
      return "stopped: " + std::string(sim::sentence(sandbox.exhausted()));
    return "error: " + sim::pop_text(thread);
  }
  std::string text;
  for (int i = 1; i <= count; ++i) {
    lua_pushvalue(thread, i);
    text += (i > 1 ? " " : "") + sim::pop_text(thread);
  }
  return text;
}

inline std::string run_sandboxed(const std::string& source) {
  sim::Sandbox sandbox;
  return run_sandboxed(sandbox, source);
}

// The same in Lua 5.4 as it is.
inline std::string run_stock(const std::string& source) {
  lua_State* L = luaL_newstate();
  luaL_openlibs(L);
  std::string text;
  if (luaL_loadbufferx(L, source.data(), source.size(), "@test.lua", "t") != LUA_OK ||
      lua_pcall(L, 0, LUA_MULTRET, 0) != LUA_OK) {
    text = std::string("error: ") + luaL_tolstring(L, -1, nullptr);
  } else {
    const int count = lua_gettop(L);
    for (int i = 1; i <= count; ++i) {
      text += std::string(i > 1 ? " " : "") + luaL_tolstring(L, i, nullptr);
      lua_pop(L, 1);
    }
  }
  lua_close(L);
  return text;
}

}  // namespace test
