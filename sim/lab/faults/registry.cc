// Faults that need Kafka's words, one line each; and all faults of both registries.
#include "sim/lab/faults/registry.h"

namespace sim {

std::span<const FaultInfo> faults() {
  static const std::vector<FaultInfo> kAll = [] {
    std::vector<FaultInfo> all(engine_faults().begin(), engine_faults().end());
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
