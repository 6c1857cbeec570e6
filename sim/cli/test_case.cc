#include "sim/cli/test_case.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "sim/cli/drift.h"

namespace sim {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TestedCheck, name, verdict, detail)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TestedRun, variant, expected, got, digest, wall_us, rerun,
                                   checks, liveness, error, drift)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TestedComparison, metric, expression, ok, values)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TestedCase, complaint, runs, comparisons)

std::string outcome_words(const RunReport& report) {
  const RunVerdict verdict = verdict_of(report);
  if (verdict != RunVerdict::kViolated && verdict != RunVerdict::kUnknown)
    return std::string(name(verdict));
  const kafka::Verdict bad =
      verdict == RunVerdict::kViolated ? kafka::Verdict::kViolated : kafka::Verdict::kUnknown;
  std::vector<std::string> names;
  for (const kafka::CheckResult& check : report.checks) {
    if (check.verdict == bad) names.push_back(check.name.substr(0, check.name.find('(')));
  }
  for (const ThresholdResult& threshold : report.thresholds) {
    if (!threshold.ok && verdict == RunVerdict::kViolated) names.push_back(threshold.metric);
  }
  return fmt::format("{}: {}", name(verdict), fmt::join(names, ", "));
}

namespace {

TestedRun tested(const RunReport& report, const std::string& expected) {
  TestedRun run{.variant = report.variant,
                .expected = expected,
                .got = outcome_words(report),
                .digest = report.digest,
                .wall_us = report.wall_us,
                .rerun = report.rerun,
                .checks = {},
                .liveness = report.liveness,
                .error = report.error.value_or(""),
                .drift = {}};
  // It ended as it should and never came to what it is there to show.
  if (run.is_as_expected() && !report.not_reached.empty())
    run.got = fmt::format("vacuous: {}", fmt::join(report.not_reached, ", "));
  for (const kafka::CheckResult& check : report.checks) {
    run.checks.push_back(
        {.name = check.name,
         .verdict = std::string(kafka::name(check.verdict)),
         .detail = check.verdict == kafka::Verdict::kUnknown && check.detail.empty()
                       ? "it had nothing to judge"
                       : check.detail});
  }
  for (const ThresholdResult& threshold : report.thresholds) {
    run.checks.push_back({.name = fmt::format("{} {}", threshold.metric, threshold.expression),
                          .verdict = threshold.ok ? "ok" : "violated",
                          .detail = fmt::format("measured {}", threshold.value)});
  }
  return run;
}

}  // namespace

TestedCase test_case(const std::string& path, const ScenarioHeader& header, std::uint64_t seed,
                     const DigestOnRecord& on_record) {
  RunRequest request;
  request.path = path;
  request.seed = seed;
  request.writes_files = false;
  request.trace = TraceMode::kOff;
  request.assertion_bundle = default_directory(path, seed) + ".bundle";
  const ScenarioOutcome outcome = run_scenario(request);
  TestedCase result;
  if (outcome.runs.empty()) {
    result.complaint = outcome.complaint;
    return result;
  }
  for (std::size_t i = 0; i < outcome.runs.size(); ++i) {
    const std::string expected = outcome.variants.empty()
                                     ? header.expect
                                     : outcome.variants[i].expect.value_or(header.expect);
    TestedRun run = tested(*outcome.runs[i].report, expected);
    const std::optional<std::uint64_t> digest = on_record(run.variant);
    if (run.is_as_expected() && digest.has_value() && *digest != run.digest) {
      run.drift = describe_drift({.path = path,
                                  .seed = seed,
                                  .variants = outcome.variants,
                                  .variant = run.variant,
                                  .on_record = *digest});
    }
    result.runs.push_back(std::move(run));
  }
  for (const ComparisonResult& comparison : outcome.comparisons) {
    if (!comparison.ok.has_value()) continue;
    result.comparisons.push_back({.metric = comparison.metric,
                                  .expression = comparison.expression,
                                  .ok = *comparison.ok,
                                  .values = comparison.values});
  }
  return result;
}

std::string encode(const TestedCase& result) {
  // Whatever bytes a scenario puts into its words, they arrive.
  return nlohmann::json(result).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

TestedCase decode(std::string_view text) { return nlohmann::json::parse(text).get<TestedCase>(); }

}  // namespace sim
