// titorelli test: every scenario below the paths, with its declared seeds, against its declared
// expectation.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "sim/cli/interrupt.h"
#include "sim/cli/run_scenario.h"
#include "sim/cli/scenario_files.h"
#include "sim/cli/verbs.h"

namespace sim {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitNothingRan = 6;

// What came out, in the words of scenario{ expect = }: the first cause.
std::string outcome_of(const RunReport& report) {
  const RunVerdict verdict = verdict_of(report);
  if (verdict != RunVerdict::kViolated && verdict != RunVerdict::kUnknown)
    return std::string(name(verdict));
  std::string names;
  for (const kafka::CheckResult& check : report.checks) {
    const kafka::Verdict bad =
        verdict == RunVerdict::kViolated ? kafka::Verdict::kViolated : kafka::Verdict::kUnknown;
    if (check.verdict == bad)
      names += (names.empty() ? "" : ", ") + check.name.substr(0, check.name.find('('));
  }
  for (const ThresholdResult& threshold : report.thresholds) {
    if (!threshold.ok && verdict == RunVerdict::kViolated)
      names += (names.empty() ? "" : ", ") + threshold.metric;
  }
  return fmt::format("{}: {}", name(verdict), names);
}

struct Tally {
  int passed = 0;
  int failed = 0;
};

void run_one(const std::string& path, const ScenarioHeader& header, std::uint64_t seed,
             Tally& tally) {
  RunRequest request;
  request.path = path;
  request.seed = seed;
  request.writes_files = false;
  request.trace = TraceMode::kOff;
  const RunOutcome outcome = run_scenario(request);
  if (interrupted() != 0) return;
  const std::string got = outcome.report.has_value() ? outcome_of(*outcome.report) : "error";
  const bool is_expected = got == header.expect;
  ++(is_expected ? tally.passed : tally.failed);
  fmt::print("{} {} seed {}  {}\n", is_expected ? "ok  " : "FAIL", path, seed, got);
  if (is_expected) return;
  fmt::print("     expected {}\n", header.expect);
  if (!outcome.report.has_value()) {
    fmt::print("{}\n", outcome.complaint);
    return;
  }
  for (const kafka::CheckResult& check : outcome.report->checks) {
    if (check.verdict != kafka::Verdict::kOk) fmt::print("     {}: {}\n", check.name, check.detail);
  }
  for (const std::string& sentence : outcome.report->liveness) fmt::print("     {}\n", sentence);
  if (outcome.report->error.has_value()) fmt::print("{}\n", *outcome.report->error);
  fmt::print("     rerun {}\n", outcome.report->rerun);
}

int test(const std::vector<std::string>& given) {
  const std::vector<std::string> paths =
      given.empty() ? std::vector<std::string>{"scenarios"} : given;
  const auto scenarios = find_scenarios(paths);
  if (!scenarios.has_value()) {
    fmt::print(stderr, "titorelli test: {}\n", scenarios.error());
    return kExitUsage;
  }
  Tally tally;
  bool has_scenario_error = false;
  for (const std::string& path : *scenarios) {
    const HeaderOutcome head = read_header(path);
    if (!head.header.has_value()) {
      fmt::print("FAIL {}\n{}\n", path, head.failure.text);
      ++tally.failed;
      has_scenario_error = true;
      continue;
    }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> seeds = head.header->seeds;
    if (seeds.empty()) {
      const std::uint64_t seed = head.header->seed.value_or(1);
      seeds.emplace_back(seed, seed);
    }
    for (const auto& [low, high] : seeds) {
      for (std::uint64_t seed = low; seed <= high; ++seed) {
        run_one(path, *head.header, seed, tally);
        if (interrupted() != 0) return interrupted();
      }
    }
  }
  if (tally.passed + tally.failed == 0) {
    std::string text;
    for (const std::string& path : paths) text += (text.empty() ? "" : ", ") + path;
    fmt::print(stderr, "titorelli test: no scenario (*.lua) below {}\n", text);
    return kExitNothingRan;
  }
  fmt::print("{} passed, {} failed\n", tally.passed, tally.failed);
  if (has_scenario_error) return 3;
  return tally.failed == 0 ? 0 : 1;
}

}  // namespace

VerbAction add_test(CLI::App& command) {
  auto paths = std::make_shared<std::vector<std::string>>();
  command.add_option("path", *paths, "Files, or folders with *.lua below them; default: scenarios");
  command.footer(
      "Examples:\n  titorelli test\n  titorelli test scenarios/tour\n\n"
      "A scenario says what it expects: scenario{ seeds = \"1..20\", expect = \"violated: "
      "no_lost_acks\" }.\n"
      "Exit codes: 0 all as expected, 1 not, 2 usage, 3 a scenario cannot be read, 6 none was "
      "found.");
  return [paths] { return test(*paths); };
}

}  // namespace sim
