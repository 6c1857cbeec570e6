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
  explicit Modules(ModuleReader reader) : reader_(std::move(reader)) {}

  // require(name), from Lua: pushes what the module returned. Raises.
  int require(lua_State* L);

  // Paths and texts of the modules that were read, for complaints.
  const std::map<std::string, std::string>& sources() const { return sources_; }

 private:
  void load(lua_State* L, const std::string& name);  // pushes its result

  ModuleReader reader_;
  std::map<std::string, int> results_;  // name -> reference
  std::vector<std::string> loading_;    // outermost first
  std::map<std::string, std::string> sources_;
};

// "waits", "waits/isr" and "waits.isr" (the same): with '/' between the parts; "" for no name of a
// module.
std::string module_key(std::string_view name);

}  // namespace sim
