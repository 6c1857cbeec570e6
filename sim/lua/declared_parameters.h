// The parameters that a scenario has, learnt without virtual time.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "sim/lua/scenario.h"

namespace sim {

// Names, in order: what -D may give a value. The scenario is read up to its first wait.
std::expected<std::vector<std::string>, ScenarioFailure> declared_parameters(
    ScenarioOptions options);

}  // namespace sim
