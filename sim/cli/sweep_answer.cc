#include "sim/cli/sweep_answer.h"

#include <fmt/format.h>

#include <map>

#include "reports/sweep.pb.h"
#include "sim/cli/run_scenario.h"
#include "sim/cli/sweep_result.h"
#include "sim/cli/test_case.h"

namespace sim {
namespace {

// Numbers differ from seed to seed, but for those of a place ("s.lua:3:12") and of a code
// ("E0107"); what is left is the same failure.
std::string without_numbers(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (is_digit && !result.empty() && result.back() == '#') continue;  // more of the same number
    const bool is_kept =
        i > 0 && (text[i - 1] == ':' || std::isalnum(static_cast<unsigned char>(text[i - 1])) != 0);
    result += is_digit && !is_kept ? '#' : text[i];
  }
  return result;
}

std::string first_line(std::string_view text) {
  return without_numbers(text.substr(0, text.find('\n')));
}

// By which failures are told apart: the first cause, and where there is a sentence, that.
std::string signature(const RunReport& report) {
  std::string text = outcome_words(report);
  if (text == "error" && report.error.has_value()) return "error: " + first_line(*report.error);
  if (text == "liveness" && !report.liveness.empty())
    return "liveness: " + first_line(report.liveness.front());
  if (verdict_of(report) == RunVerdict::kViolated && report.scene.has_value())
    return fmt::format("{}, at {}", text, report.scene->state);
  return text;
}

// What a table of checks knows: the worst where a name comes twice.
class Verdicts {
 public:
  void add(std::string name, std::string_view verdict) {
    std::string& place = verdicts_[std::move(name)];
    if (place != "violated" && (verdict != "ok" || place.empty())) place = verdict;
  }
  std::vector<std::pair<std::string, std::string>> list() && {
    return {verdicts_.begin(), verdicts_.end()};
  }

 private:
  std::map<std::string, std::string> verdicts_;
};

std::string_view held(bool ok) { return ok ? "ok" : "violated"; }

std::vector<std::pair<std::string, std::string>> checks_of(const ScenarioOutcome& outcome) {
  Verdicts verdicts;
  verdicts.add(std::string(kNoErrorCheck), held(!outcome.runs.empty()));
  for (const RunOutcome& run : outcome.runs) {
    const RunReport& report = *run.report;
    const std::string lead = report.variant.empty() ? "" : report.variant + ": ";
    for (const kafka::CheckResult& check : report.checks)
      verdicts.add(lead + check.name, kafka::name(check.verdict));
    for (const ThresholdResult& threshold : report.thresholds)
      verdicts.add(lead + threshold.metric + " " + threshold.expression, held(threshold.ok));
    verdicts.add(lead + std::string(kLivenessCheck), held(report.liveness.empty()));
    verdicts.add(std::string(kNoErrorCheck), held(!report.error.has_value()));
  }
  for (const ComparisonResult& comparison : outcome.comparisons) {
    if (comparison.ok.has_value())
      verdicts.add(fmt::format("compare {} {}", comparison.metric, comparison.expression),
                   held(*comparison.ok));
  }
  return std::move(verdicts).list();
}

}  // namespace

std::string outcome_of(const ScenarioOutcome& outcome) {
  if (outcome.runs.empty()) return "error: " + first_line(outcome.complaint);
  for (const RunOutcome& run : outcome.runs) {
    const std::string text = signature(*run.report);
    if (!is_failure(text)) continue;
    return run.report->variant.empty() ? text
                                       : fmt::format("{} (variant {})", text, run.report->variant);
  }
  for (const ComparisonResult& comparison : outcome.comparisons) {
    if (comparison.ok == false)
      return fmt::format("violated: compare {} {}", comparison.metric, comparison.expression);
  }
  return "passed";
}

SweepAnswer answer_of_seed(RunRequest request, std::uint64_t seed, bool with_checks) {
  request.seed = seed;
  const ScenarioOutcome outcome = run_scenario(request);
  SweepAnswer answer{.outcome = outcome_of(outcome), .is_counted = request.counts_reached};
  ReachedCounts reached;
  for (const RunOutcome& run : outcome.runs) {
    answer.digests.push_back({.variant = run.report->variant, .digest = run.report->digest});
    for (const auto& [name, times] : run.report->reached) reached[name] += times;
  }
  answer.reached = numbered(reached, answer.others);
  if (with_checks) answer.checks = checks_of(outcome);
  return answer;
}

SweepAnswer answer_of_death(std::string_view last_words, bool with_checks) {
  // What it had come to went with it.
  SweepAnswer answer{.outcome = fmt::format("internal: {}", first_line(last_words)),
                     .is_counted = true};
  if (with_checks) answer.checks.emplace_back(kNoErrorCheck, "violated");
  return answer;
}

titorelli::sweep::Answer message_of(const SweepAnswer& answer) {
  titorelli::sweep::Answer message;
  message.set_outcome(answer.outcome);
  for (const auto& [name, verdict] : answer.checks) {
    auto* check = message.add_checks();
    check->set_name(name);
    check->set_verdict(verdict);
  }
  for (const VariantDigest& digest : answer.digests) {
    auto* said = message.add_digests();
    said->set_variant(digest.variant);
    said->set_digest(digest.digest);
  }
  message.set_is_counted(answer.is_counted);
  for (const ReachedCount& count : answer.reached) {
    message.add_reached(count.kind);
    message.add_reached(count.times);
  }
  for (const auto& [name, times] : answer.others) {
    auto* said = message.add_others();
    said->set_name(name);
    said->set_times(times);
  }
  return message;
}

SweepAnswer answer_of(const titorelli::sweep::Answer& message) {
  SweepAnswer answer{.outcome = message.outcome(), .is_counted = message.is_counted()};
  for (const auto& said : message.digests())
    answer.digests.push_back({.variant = said.variant(), .digest = said.digest()});
  for (int i = 0; i + 1 < message.reached_size(); i += 2) {
    answer.reached.push_back(
        {.kind = static_cast<std::uint32_t>(message.reached(i)), .times = message.reached(i + 1)});
  }
  for (const auto& said : message.others()) answer.others.emplace(said.name(), said.times());
  for (const auto& check : message.checks())
    answer.checks.emplace_back(check.name(), check.verdict());
  return answer;
}

std::string encode(const SweepAnswer& answer) { return message_of(answer).SerializeAsString(); }

std::optional<SweepAnswer> decode_answer(std::string_view bytes) {
  titorelli::sweep::Answer message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  return answer_of(message);
}

}  // namespace sim
