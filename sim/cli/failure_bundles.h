// A bundle for each way to fail that a sweep found: its lowest seed is run once more, in a process
// of its own, and must fail in the same way.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "sim/cli/run_scenario.h"
#include "sim/cli/sweep_result.h"

namespace sim {

struct FailureBundles {
  std::map<std::string, std::string> paths;  // by outcome
  std::optional<SweepError> error;           // a seed with two outcomes, a file not written
};

// Files `folder`/<words of the outcome>-<seed>.bundle; other bundles there go.
FailureBundles write_failure_bundles(const SweepResult& result, const RunRequest& request,
                                     const std::string& folder, int jobs);

}  // namespace sim
