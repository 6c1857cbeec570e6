// What is wrong with a scenario, for the person who wrote it: place, code, what was expected, the
// nearest valid name.
#pragma once

#include <lua.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "sim/core/quantities.h"
#include "sim/lua/mistakes.h"

namespace sim {

// Raised by the API's C++ side; becomes a Lua error whose text the host prints. pcall may catch it.
// Its value is a string, "file:line: message [E0107]\nhelp: ...", of the script line that called.
// What the message quotes ("like this") is what the caret is put under. Does not return.
[[noreturn]] void scenario_error(lua_State* L, Mistake mistake, std::string_view message,
                                 std::string_view help = {});

// The same, with "did you mean ..." from the candidates that are close to `name`. `list` says where
// all of them are to be found: "titorelli list faults".
[[noreturn]] void unknown_name(lua_State* L, Mistake mistake, std::string_view what,
                               std::string_view name, std::span<const std::string_view> candidates,
                               std::string_view list = {});

// "did you mean \"a\" or \"b\"?", or "" for none.
std::string suggestion(std::span<const std::string> nearest);

// The help of an unknown name: what is close, else all names if they are few, else `list`.
std::string help_for_unknown(std::string_view name, std::span<const std::string_view> candidates,
                             std::string_view list = {});

// A sentence with the code of its mistake behind it, as it travels in a Lua error.
std::string coded(Mistake mistake, std::string_view message);

// What is wrong, where.
struct Diagnosis {
  std::string file = {};
  int line = 0;    // 0: in no line
  int column = 0;  // from 1, in characters; 0: unknown
  int width = 1;   // characters under which the carets stand
  Mistake mistake = Mistake::kOther;
  std::string message = {};
  std::string help = {};
  std::vector<std::string> callers = {};  // "file:line", the innermost first
};

// By which mistakes of one file are put in order: where they are, then what they say.
inline std::tuple<int, int, std::string_view> place_of(const Diagnosis& diagnosis) {
  return {diagnosis.line, diagnosis.column, diagnosis.message};
}

// Texts by the name under which their lines are reported: the scenario, and modules it requires.
using Sources = std::map<std::string, std::string, std::less<>>;

// Reads a Lua error ("file:line: text [E0107]\nhelp: ...\ncalled from ..."). `file` is where a text
// without a place belongs to; `otherwise` is the mistake of one without a code: Lua's own.
Diagnosis diagnose(std::string_view text, std::string_view file, const Sources& sources,
                   Mistake otherwise = Mistake::kRuntime);

// As it is printed.
//   scenarios/x.lua:9:31: error[E0107]: unknown topic config "min.insync.replica"
//      9 |   local t = c:topic("orders", { min_insync_replica = 2 })
//        |                                 ^^^^^^^^^^^^^^^^^^
//   help: did you mean "min.insync.replicas"?
//   called from scenarios/x.lua:20
// Without a line "file: error[E0107]: ...".
std::string render(const Diagnosis& diagnosis, const Sources& sources);

// "200/s", "12000/m", "1/h": nanoseconds between two; nothing when it is no such thing. The rate is
// at least 1 per hour and at most 1,000,000 per second.
std::optional<std::int64_t> parse_rate(std::string_view text);

}  // namespace sim
