// One scenario run as the command line means it: load, begin, run, verify, and the run directory.
// Shared by `run` and `test`.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/explore/bundle.h"
#include "sim/lua/scenario.h"

namespace sim {

enum class TraceMode : std::uint8_t { kOff, kFailures, kAll };

struct RunRequest {
  std::string path;
  std::optional<std::uint64_t> seed;
  std::map<std::string, std::string> parameters;
  std::vector<std::string> overrides;
  std::vector<std::string> planted;          // --plant, as given; checked before
  std::optional<std::string> variant;        // none: all that the scenario declares
  std::optional<std::string> out_directory;  // none: see default_directory() in run_scenario.cc
  bool writes_files = true;  // without, a trace that is asked for is written to nowhere
  TraceMode trace = TraceMode::kFailures;
  bool verify = false;
  bool check_every_event = false;
  // Instead of files: text, modules, data and decisions come from it; the rest is still said above.
  std::shared_ptr<const Bundle> bundle;
  std::string rerun;          // the command that repeats it; "": `titorelli run` does
  bool keeps_bundle = false;  // ScenarioOutcome::bundle is wanted, files or not
  // Where an assertion of our own leaves a bundle; "": beside the run directory, if there is one.
  std::string assertion_bundle;
  bool counts_reached = false;  // fills RunReport::reached
};
// The request that repeats a bundle's run, without files.
RunRequest request_of(std::shared_ptr<const Bundle> bundle);

struct RunOutcome {
  int exit_code = 0;
  std::optional<RunReport> report;  // none: it failed before the first event
  std::string complaint;            // then, ready to print
  std::string directory;            // where the run lies, "" for nowhere
  std::vector<std::string> warnings;
};

// What a scenario came to: one run, or one for each of its variants and what was compared.
struct ScenarioOutcome {
  int exit_code = 0;
  std::string complaint;  // of a failure before the first event of the first run, or of output
  std::vector<RunOutcome> runs;  // in the order of declaration; none when there is a complaint
  std::vector<DeclaredVariant> variants;  // of those that ran, in the same order; none: it has none
  std::vector<ComparisonResult> comparisons;
  bool is_whole = false;         // all variants ran, each into a folder of the run directory
  std::size_t unjudged = 0;      // comparisons, because only one variant was asked for
  std::string directory;         // where all lies, "" for nowhere
  std::optional<Bundle> bundle;  // of all runs; when it was kept or files were written
};

// Where a run goes when nobody says where: out/<file's stem>-<seed>; one variant alone (else null)
// into a folder of its own beside it, so that it never stands for the whole.
std::string default_directory(const std::string& path, std::uint64_t seed,
                              const DeclaredVariant* only = nullptr);

ScenarioOutcome run_scenario(const RunRequest& request);

// summary.json of the whole: of the one run, or of all variants. REQUIRES: runs is not empty.
std::string summary_of(const ScenarioOutcome& outcome);

// The head of a scenario file.
struct HeaderOutcome {
  std::optional<ScenarioHeader> header;
  ScenarioFailure failure;
};
HeaderOutcome read_header(const std::string& path);

// The terminal's summary of a run.
std::string render_summary(const RunOutcome& outcome, bool is_verbose, bool with_colour);
// What was compared between its variants; "" when nothing was.
std::string render_comparisons(const ScenarioOutcome& outcome, bool with_colour);

}  // namespace sim
