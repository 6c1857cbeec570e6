// What sim/faults/registry.cc lists: one function a file, which describes the fault of that file.
#pragma once

#include "sim/faults/fault.h"

namespace sim {}  // namespace sim
