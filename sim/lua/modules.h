// Modules: require("name") gives what scenarios/lib/name.lua returns. Each runs once a run, in the
// same sandbox, sets no globals and does not wait. Owned by a ScenarioRun; texts come through a
// callback (module_files.h reads files).
#pragma once

#include <lua.hpp>

#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/lua/diagnostic.h"

namespace sim {

struct ModuleText {
  std::string path;  // as it is printed
  std::string source;
};
struct ModuleRefusal {
  std::string message;             // a sentence
  std::vector<std::string> known;  // names of the modules there are
};
// `name` is checked: parts of [a-z0-9_-] with '/' between.
using ModuleReader =
    std::function<std::expected<ModuleText, ModuleRefusal>(const std::string& name)>;

class Modules {
 public:
  // `sources` gets the text of each module that is read, for complaints; it outlives this.
  Modules(ModuleReader reader, Sources& sources) : reader_(std::move(reader)), sources_(sources) {}

  // require(name), from Lua: pushes what the module returned. Raises.
  int require(lua_State* L);

 private:
  void load(lua_State* L, const std::string& name);  // pushes its result

  ModuleReader reader_;
  std::map<std::string, int> results_;  // name -> reference
  std::vector<std::string> loading_;    // outermost first
  Sources& sources_;
};

// "waits", "waits/isr" and "waits.isr" (the same): with '/' between the parts; "" for no name of a
// module.
std::string module_key(std::string_view name);

}  // namespace sim
