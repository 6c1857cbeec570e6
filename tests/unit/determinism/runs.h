// Runs of scenarios for the tests of determinism.
#pragma once

#include <cstdint>
#include <string>

#include "sim/lua/scenario.h"

namespace determinism {

std::string read_file(const std::string& path);  // below the source folder
sim::ScenarioOptions scenario_file(const std::string& path, std::uint64_t seed);
// A cluster of three and a leader that is killed at 4 s, in 10 s. `drive` goes into producer:drive,
// `extra` stands before the run.
sim::ScenarioOptions small_crash(std::uint64_t seed, const std::string& drive = "size = 100",
                                 const std::string& extra = "");
sim::RunReport run(sim::ScenarioOptions options);
inline std::uint64_t digest_of(sim::ScenarioOptions options) {
  return run(std::move(options)).digest;
}

}  // namespace determinism
