// The table of a swept grid: at which point which check held, and how sure that is.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "sim/cli/sweep_result.h"

namespace sim {

// Wilson's score interval at 95 % for a share, from `count` of `all`: between which values the true
// share lies. REQUIRES: count <= all.
struct Share {
  double low = 0;
  double high = 1;
};
Share wilson(std::uint64_t count, std::uint64_t all);

// For a terminal of 100 columns: a row for each point, a column for each check; below one another
// when they do not fit beside each other.
std::string render_table(const SweepResult& result);
// sweep.csv: a row for each point and check.
std::string table_csv(const SweepResult& result);
// That, beside a result that is written to `result_path`: "out/all.pb", "out/all.csv". Nothing
// without a grid.
std::expected<void, std::string> write_table(const std::string& result_path,
                                             const SweepResult& result);

}  // namespace sim
