// docs/faults.md, written from the registries.
#pragma once

#include <string>

namespace sim {

std::string fault_manual();

}  // namespace sim
