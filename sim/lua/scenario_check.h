// What is wrong with a scenario, found without running it.
#pragma once

#include <vector>

#include "sim/lua/lint.h"
#include "sim/lua/scenario.h"

namespace sim {

// What reading finds, in handlers too, and what the declarations say when they are executed up to
// the first wait, with each variant in turn: nothing of virtual time runs. In the order of the
// text; a mistake in a module that the scenario requires names the module's file. A module itself
// declares nothing and is only read.
std::vector<Diagnosis> check_scenario(const ScenarioOptions& options, const LintWorld& world,
                                      bool is_module);

}  // namespace sim
