// Mistakes in a scenario's text that are certain without running it, also in handlers that a run
// may never reach: unknown names, functions of the language's objects, options, configuration keys,
// metrics, durations without a unit.
//
// What is not certain is not told: an object of the scenario's own may have any function, a value
// that is computed may be anything.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/lua/diagnostic.h"

namespace sim {

// The names that exist before a scenario's first line.
struct LintWorld {
  std::set<std::string, std::less<>> globals;
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> libraries;  // string, math
};
LintWorld lint_world();

// In the order of the text. A text that cannot be read has one finding: where the reading ended.
std::vector<Diagnosis> lint(std::string_view file, std::string_view source, const LintWorld& world);

}  // namespace sim
