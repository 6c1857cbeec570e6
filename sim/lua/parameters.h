// Parameters: scenario{ params = { rate = 200 } } gives names and defaults, -D rate=500 another
// value, param.rate reads it. The default says the type; what -D says must be of it.
#pragma once

#include <lua.hpp>

#include <map>
#include <optional>
#include <string>

namespace sim {

// Pushes the table `param` for the options of scenario{ } at stack index 1. Raises when the
// defaults themselves are wrong; answers a sentence, and pushes nothing, when `given` is: of
// several mistakes always the same one.
std::optional<std::string> push_parameters(lua_State* L,
                                           const std::map<std::string, std::string>& given,
                                           const std::string& scenario);

}  // namespace sim
