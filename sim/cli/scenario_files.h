// The scenario files that a command line names.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "sim/lua/scenario.h"

namespace sim {

// Files, and *.lua below folders (without those of folders "lib", which are modules), sorted. A
// sentence when one cannot be read.
std::expected<std::vector<std::string>, std::string> find_scenarios(
    const std::vector<std::string>& paths);

// The text of a file; exit code 2 and a sentence when it cannot be read.
std::expected<std::string, ScenarioFailure> read_source(const std::string& path);

// Of a scenario in a file: its path and text, and how it reads modules and files beside it.
ScenarioOptions scenario_options(const std::string& path, std::string source);

// Whether a file is a module for scenarios: it lies in a folder named lib.
bool is_module(const std::string& path);

}  // namespace sim
