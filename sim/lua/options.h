// Options: reads a table of named options ({ partitions = 3, min_insync_replicas = 2 }), checks
// every type and unit, and refuses what nobody asked for. Made on the C++ stack of one API call.
#pragma once

#include <lua.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/types/config.h"

namespace sim {

class Options {
 public:
  // `call` names the API for messages ("cluster"). An absent table (nil, none) counts as empty.
  // REQUIRES: what is at `index` stays there while this lives.
  Options(lua_State* L, int index, std::string_view call);

  // Each answers nothing when the option is absent and raises when it has the wrong type.
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t low, std::int64_t high);
  std::optional<std::string> string(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  std::optional<std::int64_t> duration(std::string_view name);  // nanoseconds
  std::optional<std::int64_t> rate(std::string_view name);      // nanoseconds between two
  std::vector<std::string> strings(std::string_view name);      // an array of strings
  // Pushes the value and answers true, or pushes nothing.
  bool push(std::string_view name);

  // Every remaining string key goes into the configuration; unknown ones, with what finish() knows
  // as further candidates, raise.
  void configure(kafka::Config& config);

  // Raises for any key that was not taken.
  void finish();

 private:
  std::string what(std::string_view name) const;
  bool take(std::string_view name);  // pushes the value unless absent

  lua_State* L_;
  int index_;
  std::string call_;
  std::vector<std::string> known_;
};

// The text that a configuration value has in Lua (string, number or boolean) as Kafka writes it;
// raises otherwise.
std::string config_text(lua_State* L, int index, std::string_view key);

// Sets one key, raising with the nearest names when it is wrong. `further` are other valid names at
// this place.
void set_config(lua_State* L, kafka::Config& config, std::string_view key, std::string_view value,
                std::span<const std::string> further = {});

// Checks a duration argument: a string with a unit. Nanoseconds.
std::int64_t check_duration(lua_State* L, int index, std::string_view what);

}  // namespace sim
