// SweepAnswer: what a sweep learns of one run. A worker answers with it, and the journal keeps it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/cli/run_scenario.h"

namespace titorelli::sweep {
class Answer;
}

namespace sim {

// A new field: here, in reports/sweep.proto, and in the two conversions of sweep_answer.cc.
struct SweepAnswer {
  std::string outcome;  // "passed", "violated: no_lost_acks": by which failures are told apart

  friend bool operator==(const SweepAnswer&, const SweepAnswer&) = default;
};

// In the words of a result: the first failure of all variants and of what is compared between them,
// with the scene of a violation.
std::string outcome_of(const ScenarioOutcome&);
// Runs the scenario with that seed; its first failure of all variants and comparisons.
SweepAnswer answer_of_seed(RunRequest request, std::uint64_t seed);
// Of a worker that died, by what it had written to stderr.
SweepAnswer answer_of_death(std::string_view last_words);

// reports/sweep.proto.
titorelli::sweep::Answer message_of(const SweepAnswer&);
SweepAnswer answer_of(const titorelli::sweep::Answer&);
std::string encode(const SweepAnswer&);
std::optional<SweepAnswer> decode_answer(std::string_view bytes);  // nothing: they are none

}  // namespace sim
