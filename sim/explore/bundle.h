// Bundle: a run in one file. Scenario, modules and data files, options, seed and decisions, and the
// digests at checkpoints by which a replay is held against it (reports/bundle.proto).
//
// Written by `titorelli run` into each run directory, by `titorelli sweep` for each way to fail,
// and when an assertion of our own fails. Read by `titorelli replay`, from anywhere: bytes that
// are no bundle are refused with a sentence, and a path in it is never opened.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/decisions.h"
#include "sim/lab/results.h"
#include "sim/lua/scenario.h"

namespace sim {

// What came of one variant; of the only run where there are none.
struct BundledRun {
  std::string variant;
  std::string outcome;  // outcome_words()
  std::uint64_t events = 0;
  std::uint64_t digest = 0;
  std::vector<Checkpoint> checkpoints;
};

struct Bundle {
  std::string version;      // of the program that wrote it
  std::uint64_t build = 0;  // xxh3 of that program
  std::string scenario;     // path, for people
  std::string source;
  std::map<std::string, ModuleText> modules;  // by name
  std::map<std::string, std::string> files;   // by path from the scenario's folder
  std::uint64_t seed = 1;
  std::map<std::string, std::string> parameters;
  std::vector<std::string> overrides;
  std::vector<std::string> planted;  // bugs, by name
  bool check_every_event = false;
  std::optional<std::string> variant;  // the only one that ran
  Decisions decisions;
  std::vector<BundledRun> runs;  // none: it never came to an end
};

std::string encode(const Bundle&);
// A sentence when the bytes are none: truncated, damaged, of another version, or against the rules.
std::expected<Bundle, std::string> decode_bundle(std::string_view bytes);

// The scenario as the bundle tells it: path, text, modules, files, parameters, overrides, seed and
// decisions. A sentence when an override or a planted bug is none.
std::expected<ScenarioOptions, std::string> scenario_options(std::shared_ptr<const Bundle> bundle);

// Where two tellings of a run part. Nothing: they are the same.
struct Parting {
  Checkpoint before;                 // the last that both have; zero: they differ from the start
  std::optional<Checkpoint> first;   // of the bundle; none: it had ended
  std::optional<Checkpoint> second;  // of the run
};
std::optional<Parting> parting(const BundledRun& bundled, const RunReport& report);

// Keeps what a scenario reads while it runs, to be put into a bundle.
class SourceKeeper {
 public:
  // Reads through `options` and what they read with, which it replaces. Outlives the run.
  void keep(ScenarioOptions& options);
  void put_into(Bundle& bundle) const;

 private:
  std::string path_;
  std::string source_;
  std::map<std::string, ModuleText> modules_;
  std::map<std::string, std::string> files_;
};

}  // namespace sim
