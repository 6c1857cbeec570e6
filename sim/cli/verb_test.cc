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

void report_failure(const RunOutcome& outcome) {
  for (const kafka::CheckResult& check : outcome.report->checks) {
    if (check.verdict != kafka::Verdict::kOk) fmt::print("     {}: {}\n", check.name, check.detail);
  }
  for (const std::string& sentence : outcome.report->liveness) fmt::print("     {}\n", sentence);
  if (outcome.report->error.has_value()) fmt::print("{}\n", *outcome.report->error);
  fmt::print("     rerun {}\n", outcome.report->rerun);
}

// One seed, with all variants and what is compared between them: a line each.
void run_one(const std::string& path, const ScenarioHeader& header, std::uint64_t seed,
             Tally& tally) {
  RunRequest request;
  request.path = path;
  request.seed = seed;
  request.writes_files = false;
  request.trace = TraceMode::kOff;
  const ScenarioOutcome outcome = run_scenario(request);
  if (interrupted() != 0) return;
  if (outcome.runs.empty()) {
    ++tally.failed;
    fmt::print("FAIL {} seed {}  error\n     expected {}\n{}\n", path, seed, header.expect,
               outcome.complaint);
    return;
  }
  for (std::size_t i = 0; i < outcome.runs.size(); ++i) {
    const RunOutcome& run = outcome.runs[i];
    const bool has_variants = !outcome.variants.empty();
    const std::string expected =
        has_variants ? outcome.variants[i].expect.value_or(header.expect) : header.expect;
    const std::string got = outcome_of(*run.report);
    const bool is_expected = got == expected;
    ++(is_expected ? tally.passed : tally.failed);
    fmt::print("{} {} seed {}{}  {}\n", is_expected ? "ok  " : "FAIL", path, seed,
               has_variants ? fmt::format(" variant {}", run.report->variant) : "", got);
    if (is_expected) continue;
    fmt::print("     expected {}\n", expected);
    report_failure(run);
  }
  for (const ComparisonResult& comparison : outcome.comparisons) {
    if (!comparison.ok.has_value()) continue;
    ++(*comparison.ok ? tally.passed : tally.failed);
    fmt::print("{} {} seed {} compare {}: {}\n", *comparison.ok ? "ok  " : "FAIL", path, seed,
               comparison.metric, comparison.expression);
    if (*comparison.ok) continue;
    for (const auto& [variant, value] : comparison.values)
      fmt::print("     {}: {}\n", variant, value);
  }
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
