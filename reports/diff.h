// Two runs beside each other: the first event that differs, then verdicts, checks, thresholds,
// faults and metrics, and the tables. Run directories are all it reads, and it trusts none of them.
#pragma once

#include <expected>
#include <string>

namespace reports {

struct RunDiff {
  bool is_equal = false;
  std::string text;  // for people, 100 columns
};

// Paths of run directories, of one run each or with the same variants. A sentence when one cannot
// be read or the two cannot be compared.
std::expected<RunDiff, std::string> diff_runs(const std::string& left, const std::string& right);

}  // namespace reports
