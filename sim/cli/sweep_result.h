// SweepResult: what came of many seeds of one scenario; sweep.pb (reports/sweep.proto).
//
// It is a set of seeds for each outcome and nothing else, and of a swept grid for each verdict of
// each check at each point, so merging is a union: associative, commutative, idempotent.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cli/sweep_grid.h"

namespace sim {

// What two sweeps share that may be merged.
struct SweepIdentity {
  std::uint64_t build = 0;              // xxh3 of the program
  std::string scenario;                 // path, as given
  std::uint64_t content = 0;            // xxh3 of its text and of its modules
  std::vector<std::string> parameters;  // -D, "name=value", sorted
  std::vector<std::string> overrides;   // --set, as given
  SweepGrid grid{};                     // --sweep, as given
  std::vector<std::string> planted{};   // --plant, sorted, each once
  // Seeds that it divides run with all invariants after every event; 0: none does.
  std::uint64_t check_every = 0;
  bool checks_every_event(std::uint64_t seed) const {
    return check_every > 0 && seed % check_every == 0;
  }

  friend bool operator==(const SweepIdentity&, const SweepIdentity&) = default;
};
// Why the two may not be merged; "" when they may.
std::string difference(const SweepIdentity&, const SweepIdentity&);

struct SeedRange {
  std::uint64_t low = 0;
  std::uint64_t high = 0;  // included

  friend bool operator==(const SeedRange&, const SeedRange&) = default;
};
// Ascending, disjoint, not adjacent.
using SeedRanges = std::vector<SeedRange>;
SeedRanges ranges_of(const std::vector<std::uint64_t>& ascending);
SeedRanges united(const SeedRanges&, const SeedRanges&);
std::uint64_t count_of(const SeedRanges&);

// Of "passed", or of a verdict of a check.
using SeedsByText = std::map<std::string, SeedRanges>;

struct PointResult {
  SeedsByText outcomes;
  std::map<std::string, SeedsByText> checks;  // only of a grid

  friend bool operator==(const PointResult&, const PointResult&) = default;
};

struct SweepResult {
  explicit SweepResult(SweepIdentity of)
      : identity(std::move(of)), points(identity.grid.points()) {}

  SweepIdentity identity;
  std::vector<PointResult> points;  // of the grid; without one, one

  std::uint64_t runs() const;
  bool has_grid() const { return !identity.grid.axes().empty(); }
};

struct SweepError {
  int exit_code = 2;  // or 5: the same seed had two outcomes
  std::string sentence;
};

std::expected<SweepResult, SweepError> merged(const SweepResult&, const SweepResult&);

// sweep.pb. A sentence when the bytes are none: truncated, damaged, of another version, or against
// the rules above.
std::string encode(const SweepResult&);
std::expected<SweepResult, std::string> decode_sweep(std::string_view bytes);

// "passed" is no failure.
bool is_failure(std::string_view outcome);
// Of the worst outcome, in the order 70, 5, 3, 1, 4.
int exit_code_of(const SweepResult&);
// A way to fail, over all points.
struct WayToFail {
  std::string outcome;
  std::uint64_t seed = 0;   // the lowest,
  std::uint32_t point = 0;  // at the first point of the grid that has it
  std::uint64_t count = 0;
};
std::vector<WayToFail> ways_to_fail(const SweepResult&);  // by seed

// For people: counts, and each way to fail with its lowest seed and how to see it; `bundles`: paths
// by outcome.
std::string render(const SweepResult&, const std::map<std::string, std::string>& bundles = {});

}  // namespace sim
