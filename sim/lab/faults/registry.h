// Faults in Kafka's words, and all faults together.
#pragma once

#include "sim/faults/fault.h"

namespace sim {

std::span<const FaultInfo> faults();                 // all, those of the engine first
const FaultInfo* find_fault(std::string_view name);  // null: no such fault

}  // namespace sim
