// What an editor needs to know of the language, written from the table of words: a LuaCATS stub for
// the Lua language server, and the globals for luacheck.
#pragma once

#include <string>

namespace sim {

std::string editor_stub();        // .titorelli/library/titorelli.lua
std::string editor_settings();    // .luarc.json
std::string luacheck_settings();  // .luacheckrc

}  // namespace sim
