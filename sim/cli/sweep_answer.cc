#include "sim/cli/sweep_answer.h"

#include <fmt/format.h>

#include "reports/sweep.pb.h"
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

SweepAnswer answer_of_seed(RunRequest request, std::uint64_t seed) {
  request.seed = seed;
  return {.outcome = outcome_of(run_scenario(request))};
}

SweepAnswer answer_of_death(std::string_view last_words) {
  return {.outcome = fmt::format("internal: {}", first_line(last_words))};
}

titorelli::sweep::Answer message_of(const SweepAnswer& answer) {
  titorelli::sweep::Answer message;
  message.set_outcome(answer.outcome);
  return message;
}

SweepAnswer answer_of(const titorelli::sweep::Answer& message) {
  return {.outcome = message.outcome()};
}

std::string encode(const SweepAnswer& answer) { return message_of(answer).SerializeAsString(); }

std::optional<SweepAnswer> decode_answer(std::string_view bytes) {
  titorelli::sweep::Answer message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  return answer_of(message);
}

}  // namespace sim
