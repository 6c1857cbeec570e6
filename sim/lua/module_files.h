// Where modules come from: the files of one folder called lib. It is the first of DIR/lib, with DIR
// the scenario's own folder and then the folders above it up to the one called scenarios; a
// scenario that lies below no folder of that name has its own DIR/lib alone.
#pragma once

#include <string>

#include "sim/lua/modules.h"

namespace sim {

ModuleReader module_reader(const std::string& scenario);

}  // namespace sim
