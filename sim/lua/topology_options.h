// cluster{ network = ... }: a preset by name, a GraphML file, or links one by one.
#pragma once

#include <optional>

#include "sim/lab/lab.h"
#include "sim/lua/options.h"

namespace sim {

class ScenarioRun;

// Reads the option and raises for whatever is wrong in it; the rest of `cluster` is known already,
// so that names can be checked. Nothing when it is not given.
std::optional<NetworkSpec> network_option(lua_State* L, ScenarioRun& run, Options& options,
                                          const ClusterSpec& cluster);

}  // namespace sim
