// SweepAnswer: what a sweep learns of one run. A worker answers with it, and the journal keeps it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/cli/sweep_reached.h"

namespace titorelli::sweep {
class Answer;
}

namespace sim {

struct RunRequest;
struct ScenarioOutcome;

struct VariantDigest {
  std::string variant;  // "" when the scenario has none
  std::uint64_t digest = 0;

  friend bool operator==(const VariantDigest&, const VariantDigest&) = default;
};

// A new field: here, in reports/sweep.proto, and in the two conversions of sweep_answer.cc.
struct SweepAnswer {
  std::string outcome;  // "passed", "violated: no_lost_acks": by which failures are told apart
  // Of a grid alone: name and verdict ("ok", "violated", "unknown") of each check.
  std::vector<std::pair<std::string, std::string>> checks = {};
  std::vector<VariantDigest> digests = {};  // of each variant that ran, in their order
  // What it reached, of all variants together; when it was asked for.
  bool is_counted = false;
  std::vector<ReachedCount> reached = {};
  ReachedCounts others = {};  // that reachable() lacks

  friend bool operator==(const SweepAnswer&, const SweepAnswer&) = default;
};

// In the words of a result: the first failure of all variants and of what is compared between them,
// with the scene of a violation.
std::string outcome_of(const ScenarioOutcome&);

// Two that every run of a grid has: whether it came to what it waited for, and to its end.
inline constexpr std::string_view kLivenessCheck = "liveness";
inline constexpr std::string_view kNoErrorCheck = "no error";

// Runs the scenario with that seed; its first failure of all variants and comparisons.
SweepAnswer answer_of_seed(RunRequest request, std::uint64_t seed, bool with_checks);
// Of a worker that died, by what it had written to stderr.
SweepAnswer answer_of_death(std::string_view last_words, bool with_checks);

// reports/sweep.proto.
titorelli::sweep::Answer message_of(const SweepAnswer&);
SweepAnswer answer_of(const titorelli::sweep::Answer&);
std::string encode(const SweepAnswer&);
std::optional<SweepAnswer> decode_answer(std::string_view bytes);  // nothing: they are none

}  // namespace sim
