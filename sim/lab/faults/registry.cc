// Faults that need Kafka's words, one line each; and all faults of both registries.
#include "sim/lab/faults/registry.h"

// One line serves as declaration and as entry: a fault is a function <name>_fault() in the file of
// that name.
#define TITORELLI_LAB_FAULTS(X) \
  X(isolate_leader)             \
  X(isolate_controller)         \
  X(bit_rot)                    \
  X(shutdown)                   \
  X(rolling_restart)            \
  X(scale_out)                  \
  X(scale_in)

namespace sim {

#define X(name) FaultInfo name##_fault();
TITORELLI_LAB_FAULTS(X)
#undef X

std::span<const FaultInfo> faults() {
  static const std::vector<FaultInfo> kAll = [] {
    std::vector<FaultInfo> all(engine_faults().begin(), engine_faults().end());
#define X(name) all.push_back(name##_fault());
    TITORELLI_LAB_FAULTS(X)
#undef X
    return all;
  }();
  return kAll;
}

const FaultInfo* find_fault(std::string_view name) {
  for (const FaultInfo& info : faults()) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

}  // namespace sim
