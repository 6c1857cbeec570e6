// The CSV files that a sweep writes besides its result: what was reached, and the digest of each
// run. Made at the end from what each seed answered, so that a sweep that was killed and resumed
// counts nothing twice.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "sim/cli/sweep_journal.h"

namespace sim {

struct SweepTables {
  std::string reached;  // where to; "" for nowhere
  std::string digests;

  bool is_empty() const { return reached.empty() && digests.empty(); }
};

// A sentence when seeds in the journal ran without counting what they reached, which cannot be made
// up for.
std::expected<void, std::string> check_tables(const SweepTables&, const SweepJournal&);

// Of the seeds that are in the result. Answers the table of what was reached as it is printed, ""
// for none; a sentence when a file cannot be written. REQUIRES: the sweep is of one point.
std::expected<std::string, std::string> write_tables(const SweepTables&, const SweepJournal&,
                                                     const SweepResult&);

// "1/20" of --check-every-event as 20; 0 for "". A sentence when it is neither.
std::expected<std::uint64_t, std::string> parse_check_every(const std::string& text);

}  // namespace sim
