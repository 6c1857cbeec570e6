// What is wrong with a scenario, for the person who wrote it: file, line, what was expected, the
// nearest valid name.
#pragma once

#include <lua.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/quantities.h"
#include "sim/lua/mistakes.h"

namespace sim {

// Raised by the API's C++ side; becomes a Lua error whose text the host prints. pcall may catch it.
// Adds "file:line: " of the script line that called. Does not return.
[[noreturn]] void scenario_error(lua_State* L, std::string_view message,
                                 std::string_view help = {});

// The same, with the code of the mistake.
[[noreturn]] void scenario_error(lua_State* L, Mistake mistake, std::string_view message,
                                 std::string_view help = {});

// The same, with "did you mean ..." from the candidates that are close to `name`.
[[noreturn]] void unknown_name(lua_State* L, std::string_view what, std::string_view name,
                               std::span<const std::string_view> candidates);

// "did you mean \"a\" or \"b\"?", or "" for none.
std::string suggestion(std::span<const std::string> nearest);

// A Lua error message ("file:line: text\nhelp: ...") as it is printed: with the source line under
// it.
//   scenarios/x.lua:9: error: unknown topic config "min.insync.replica"
//      9 |   local t = c:topic("orders", { min_insync_replica = 2 })
//   help: did you mean "min.insync.replicas"?
// `source` is the text of the scenario `file`. A message without a place is printed as "file:
// error: ...".
std::string render_error(std::string_view message, std::string_view file, std::string_view source);

// "200/s", "12000/m", "1/h": nanoseconds between two; nothing when it is no such thing. The rate is
// at least 1 per hour and at most 1,000,000 per second.
std::optional<std::int64_t> parse_rate(std::string_view text);

}  // namespace sim
