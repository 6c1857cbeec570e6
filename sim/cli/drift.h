// Drift: a run whose digest is not the one on record. Where a traced run of the digest on record is
// still at hand, the run is made again with a trace, and the two say where they part.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/lua/scenario.h"

namespace sim {

struct DriftedRun {
  std::string path;
  std::uint64_t seed = 0;
  std::vector<DeclaredVariant> variants;  // of the scenario
  std::string variant;                    // "" when it has none
  std::uint64_t on_record = 0;            // the digest
};

// Lines for people: the first differing event, or what it would take to know it.
std::string describe_drift(const DriftedRun& run);

}  // namespace sim
