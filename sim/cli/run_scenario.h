// One scenario run as the command line means it: load, begin, run, verify, and the run directory.
// Shared by `run` and `test`.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/lua/scenario.h"

namespace sim {

enum class TraceMode : std::uint8_t { kOff, kFailures, kAll };

struct RunRequest {
  std::string path;
  std::optional<std::uint64_t> seed;
  std::map<std::string, std::string> parameters;
  std::vector<std::string> overrides;
  std::optional<std::string> out_directory;  // none: out/<stem>-<seed>
  bool writes_files = true;
  TraceMode trace = TraceMode::kFailures;
  bool verify = false;
  bool check_every_event = false;
};

struct RunOutcome {
  int exit_code = 0;
  std::optional<RunReport> report;  // none: it failed before the first event
  std::string complaint;            // then, ready to print
  std::string directory;            // where the run lies, "" for nowhere
  std::vector<std::string> warnings;
};

RunOutcome run_scenario(const RunRequest& request);

// The head of a scenario file.
struct HeaderOutcome {
  std::optional<ScenarioHeader> header;
  ScenarioFailure failure;
};
HeaderOutcome read_header(const std::string& path);

// The terminal's summary of a run.
std::string render_summary(const RunOutcome& outcome, bool is_verbose, bool with_colour);

}  // namespace sim
