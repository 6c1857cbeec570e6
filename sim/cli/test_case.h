// What `titorelli test` learns of one scenario with one seed. It is learnt in a worker and judged
// there; what is told about it comes from here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/cli/run_scenario.h"

namespace sim {

struct TestedCheck {
  std::string name;  // of a check, or of a threshold with its expression
  std::string verdict;
  std::string detail;
};

// One run: one variant of the scenario.
struct TestedRun {
  std::string variant;  // "" when the scenario has none
  std::string expected;
  std::string got;  // in the words of scenario{ expect = }, or "vacuous: PLACE, ..."
  std::uint64_t digest = 0;
  std::int64_t wall_us = 0;
  std::string rerun;
  std::vector<TestedCheck> checks;
  std::vector<std::string> liveness;
  std::string error;
  std::string drift;  // of a run that is not the one on record: where the two part, lines

  bool is_as_expected() const { return got == expected; }
};

struct TestedComparison {
  std::string metric;
  std::string expression;
  bool ok = false;
  std::vector<std::pair<std::string, std::string>> values;  // variant, what was measured
};

struct TestedCase {
  std::string complaint;  // of a scenario that could not begin; then there are no runs
  std::vector<TestedRun> runs;
  std::vector<TestedComparison> comparisons;
};

// The verdict in the words of scenario{ expect = }: "passed", "violated: no_lost_acks", the first
// cause alone.
std::string outcome_words(const RunReport& report);

// The digest on record of a variant, if there is one.
using DigestOnRecord = std::function<std::optional<std::uint64_t>(const std::string& variant)>;
TestedCase test_case(const std::string& path, const ScenarioHeader& header, std::uint64_t seed,
                     const DigestOnRecord& on_record);

// Between processes of one program: JSON.
std::string encode(const TestedCase&);
TestedCase decode(std::string_view);

}  // namespace sim
