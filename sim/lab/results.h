// What a run found, and how it is written: summary.json, metrics.csv, histograms.csv, events.csv.
//
// Everything but wall time is a function of scenario, seed and options. reports/FORMAT.md describes
// the run directory field by field.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/checkers/checker.h"
#include "sim/lab/metrics.h"

namespace sim {

enum class RunVerdict : std::uint8_t {
  kPassed,
  kViolated,
  kLiveness,
  kUnknown,
  kNondeterministic,
  kError,
  kInternal,
};
std::string_view name(RunVerdict);

struct ThresholdResult {
  std::string metric;
  std::string expression;  // "p99 < 2s", as written
  std::string value;       // what was measured, e.g. "12.3ms"
  std::int64_t value_us = 0;
  bool ok = false;
};

// What compare() came to, over all variants of a scenario.
struct ComparisonResult {
  std::string metric;      // "produce.latency p99"
  std::string expression;  // "acks=1 < acks=all"; "" for a table alone
  std::vector<std::pair<std::string, std::string>> values;  // variant, what was measured
  std::optional<bool> ok;                                   // none: nothing was claimed
};

struct FaultRecord {
  std::string name;  // "kill broker-1"
  env::Instant at;
  std::optional<env::Instant> until;  // unset: to the end of the run
  std::uint64_t affected = 0;         // what it touched: processes, connections, frames
  struct Effect {
    std::string what;  // "frames held"
    std::uint64_t amount = 0;
    bool is_time = false;  // then in nanoseconds, and not part of `affected`
  };
  std::vector<Effect> effects = {};
};

// One line of events.csv: what a person would want to see on a time line.
struct EventRow {
  env::Instant at;
  std::string event;        // "fault", "heal", "leader", "isr", "broker-state", ...
  std::string node{};       // who it happened to, may be empty
  std::string partition{};  // "orders-0", may be empty
  std::optional<std::int32_t> leader{};
  std::optional<std::int32_t> leader_epoch{};
  std::vector<std::int32_t> isr{};
  std::string detail{};
};

// A capture that the scenario saves: captures/<name>.capture in the run directory.
struct CaptureFile {
  std::string name;
  std::string bytes;
};

// The path of a run at one of its moments: where two runs part is between the last two that agree
// and the first two that do not.
struct Checkpoint {
  env::Instant at;
  std::uint64_t events = 0;  // handled so far
  std::uint64_t digest = 0;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// Where a check was first violated: the event in which it was, and the machines involved, in words
// that are the same for the same kind of failure.
struct Scene {
  std::uint64_t event = 0;
  env::Instant at;
  std::string state;  // "election of broker-*: isr 1 of 3, leader up"
};

struct RunReport {
  std::string scenario;  // path as given
  std::string title;     // scenario{ name = }
  std::uint64_t seed = 0;
  std::string variant{};  // "" when the scenario has none
  std::uint64_t digest = 0;
  env::Duration virtual_time{};
  std::uint64_t events = 0;
  std::uint64_t messages = 0;
  std::int64_t wall_us = 0;  // filled in by who called ScenarioRun::finish()
  std::vector<kafka::CheckResult> checks;
  std::vector<ThresholdResult> thresholds;
  std::vector<FaultRecord> faults;
  std::vector<std::string> liveness;  // conditions that were not reached, one sentence each
  std::vector<std::string> notes;
  std::optional<std::string> error;           // a scenario error at virtual time t, as printed
  std::optional<std::string> nondeterminism;  // the first differing event, by --verify
  std::vector<std::string> allowed_unknown;   // checks that may evaluate nothing
  std::vector<std::string> not_reached;       // of scenario{ reaches = }
  std::string rerun;                          // the exact command
  std::vector<std::string> plots{};           // kinds to draw; none: all
  Metrics metrics;
  std::vector<EventRow> event_rows;
  std::vector<CaptureFile> captures;
  std::vector<Checkpoint> checkpoints;  // one each virtual second
  std::optional<Scene> scene;           // of the first violation of a checker
  std::vector<std::string> unused_decisions;
  std::map<std::string, std::uint64_t, std::less<>> reached{};  // how often each; when asked for
};

// By the order of causes 70, 5, 3, 1, 4.
RunVerdict verdict_of(const RunReport&);
int exit_code_of(RunVerdict);

std::string summary_json(const RunReport&);

// A scenario with variants: one report each, in the order of declaration, and what was compared.
struct VariantsReport {
  std::vector<const RunReport*> runs;  // at least one
  std::vector<ComparisonResult> comparisons;
};
// The worst of the runs; a claim that does not hold is a violation.
RunVerdict verdict_of(const VariantsReport&);
std::string summary_json(const VariantsReport&);
std::string events_csv(const RunReport&);

// Files of a run, complete or not there at all: written into a free name beside `directory`
// and renamed into place. An earlier run directory (one with our summary.json) is replaced;
// anything else in the way is an error and stays untouched. `fill` may add files (plots) before the
// rename; it gets the temporary folder.
class RunDirectory {
 public:
  // Answers a sentence when the folder cannot be made or something else is in the way.
  static std::expected<RunDirectory, std::string> create(std::string directory);
  RunDirectory(RunDirectory&&) noexcept;
  RunDirectory& operator=(RunDirectory&&) = delete;
  ~RunDirectory();  // removes the temporary folder unless committed

  const std::string& working_path() const { return temporary_; }
  // A folder within it, for one of several runs; write() takes "name/file" then.
  std::expected<void, std::string> make_folder(std::string_view name);
  std::expected<void, std::string> write(std::string_view file, std::string_view content);
  std::expected<void, std::string> commit();

 private:
  RunDirectory(std::string final_path, std::string temporary)
      : final_(std::move(final_path)), temporary_(std::move(temporary)) {}
  std::string final_;
  std::string temporary_;
  int parents_made_ = 0;  // folders above it that were not there before; they go with it
};

// "1.2 ms", "10.3 s": for people.
std::string human(env::Duration);

}  // namespace sim
