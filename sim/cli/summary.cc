// The summary of a run on a terminal: verdicts first, then what was measured, last the command that
// repeats it.
#include <fmt/format.h>

#include <algorithm>

#include "sim/cli/run_scenario.h"

namespace sim {
namespace {

struct Palette {
  std::string_view good;
  std::string_view bad;
  std::string_view dim;
  std::string_view off;
};
constexpr Palette kColour{"\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m"};
constexpr Palette kPlain{"", "", "", ""};

std::string clock(env::Instant t) {
  const std::int64_t ms = env::nanos(t) / 1'000'000;
  return fmt::format("{:02}:{:02}.{:03}", ms / 60'000, ms / 1000 % 60, ms % 1000);
}

std::string grouped(std::uint64_t n) {  // 412 883
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, " ");
  return text;
}

// Breaks at blanks, so that a line is no longer than a terminal is wide; a longer word stands
// alone.
void add_wrapped(std::string& out, std::string_view text, std::size_t indent) {
  constexpr std::size_t kColumns = 110;
  std::size_t column = 0;  // 0: at the start of a line
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    if (column > 0 && column + 1 + word.size() > kColumns) {
      out += '\n';
      column = 0;
    }
    out += column == 0 ? std::string(indent, ' ') : " ";
    out += word;
    column = (column == 0 ? indent : column + 1) + word.size();
    if (end < text.size() && text[end] == '\n') {
      out += '\n';
      column = 0;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (column > 0) out += '\n';
}

void add_timeline(std::string& text, const RunReport& run, bool is_verbose, const Palette& paint) {
  const std::size_t size_before = text.size();
  for (const EventRow& row : run.event_rows) {
    const bool is_fault = row.event == "fault" || row.event == "heal" || row.event == "halted";
    // The first leaders, of epoch 0, are no news.
    const bool is_election =
        row.event == "partition" && row.detail != "isr" && row.leader_epoch.value_or(0) > 0;
    if (!is_verbose && !is_fault && !is_election) continue;
    std::string line = row.detail;
    if (row.event == "partition") {
      std::string isr;
      for (std::int32_t id : row.isr) isr += fmt::format("{}{}", isr.empty() ? "" : ",", id);
      line = fmt::format("{}  leader {} epoch {}  isr [{}]  {}", row.partition,
                         row.leader.has_value() ? std::to_string(*row.leader) : "none",
                         row.leader_epoch.value_or(-1), isr, row.detail);
    } else if (!row.partition.empty()) {
      line = fmt::format("{}  {}", row.partition, row.detail);
    }
    text += fmt::format("  {}{}{}  {:<13} {:<16} {}\n", paint.dim, clock(row.at), paint.off,
                        row.event, row.node, line);
  }
  if (text.size() > size_before) text += "\n";
}

void add_checks(std::string& text, const RunReport& run, const Palette& paint) {
  for (const kafka::CheckResult& check : run.checks) {
    const bool is_ok = check.verdict == kafka::Verdict::kOk;
    const bool is_unknown = check.verdict == kafka::Verdict::kUnknown;
    text += fmt::format("  {}{}{} {:<40} {}{:>9} judged{}\n", is_ok ? paint.good : paint.bad,
                        is_ok        ? "✓"
                        : is_unknown ? "?"
                                     : "✗",
                        paint.off, check.name, paint.dim, grouped(check.evaluated), paint.off);
    add_wrapped(text, check.detail, 6);
  }
  for (const ThresholdResult& threshold : run.thresholds) {
    text += fmt::format(
        "  {}{}{} {:<40} {:>9}\n", threshold.ok ? paint.good : paint.bad, threshold.ok ? "✓" : "✗",
        paint.off, fmt::format("{} {}", threshold.metric, threshold.expression), threshold.value);
  }
  for (const std::string& sentence : run.liveness) {
    text += fmt::format("  {}✗{} not reached\n", paint.bad, paint.off);
    add_wrapped(text, sentence, 6);
  }
  for (const FaultRecord& fault : run.faults) {
    if (fault.affected == 0) {
      text += fmt::format("  {}!{} fault \"{}\" at {} had no effect\n", paint.bad, paint.off,
                          fault.name, clock(fault.at));
    }
  }
  if (run.nondeterminism.has_value())
    text += fmt::format("  {}✗{} {}\n", paint.bad, paint.off, *run.nondeterminism);
}

void add_metrics(std::string& text, const RunReport& run) {
  text += fmt::format("\n  {:<18} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "metric", "count", "p50",
                      "p90", "p99", "p99.9", "max");
  for (Latency which : kLatencies) {
    const Histogram& h = run.metrics.of(which).total;
    text += fmt::format("  {:<18} {:>9}", info(which).name, grouped(h.count()));
    for (env::Duration value : {h.percentile(50, 100), h.percentile(90, 100), h.percentile(99, 100),
                                h.percentile(999, 1000), h.max()})
      text += fmt::format(" {:>9}", h.count() > 0 ? human(value) : "-");
    text += "\n";
  }
  text += "  records            ";
  std::string_view separator = "";
  for (Count which : kCounts) {
    text += fmt::format("{}{} {}", separator, grouped(run.metrics.of(which).total),
                        info(which).name.substr(8));
    separator = " · ";
  }
  text += "\n";
}

}  // namespace

std::string render_summary(const RunOutcome& outcome, bool is_verbose, bool with_colour) {
  const RunReport& run = *outcome.report;
  const Palette& paint = with_colour ? kColour : kPlain;
  std::string text =
      fmt::format("\nscenario  {}\n          {}   seed {}\n\n",
                  run.title.empty() ? run.scenario : run.title, run.scenario, run.seed);
  if (!run.variant.empty()) {
    text.pop_back();  // the blank line
    text += fmt::format("variant   {}\n\n", run.variant);
  }
  add_timeline(text, run, is_verbose, paint);
  add_checks(text, run, paint);
  if (run.error.has_value()) text += *run.error + "\n";
  add_metrics(text, run);
  for (const std::string& note : run.notes) text += fmt::format("\n  note  {}", note);
  if (!run.notes.empty()) text += "\n";
  const RunVerdict verdict = verdict_of(run);
  const double wall_s = static_cast<double>(run.wall_us) / 1e6;
  const double virtual_s = static_cast<double>(run.virtual_time.count()) / 1e9;
  std::string headline(name(verdict));
  for (char& c : headline) c = static_cast<char>(c - 'a' + 'A');
  text += fmt::format(
      "\n{}{}{}  {:.1f} s virtual in {:.2f} s ({:.0f}x) · {} events · {} messages · digest "
      "{:016x}\n",
      verdict == RunVerdict::kPassed ? paint.good : paint.bad, headline, paint.off, virtual_s,
      wall_s, wall_s > 0 ? virtual_s / wall_s : 0, grouped(run.events), grouped(run.messages),
      run.digest);
  text += fmt::format("rerun   {}\n", run.rerun);
  if (!outcome.directory.empty())
    text += fmt::format("run     {}/  (plots in plots/, summary.json)\n", outcome.directory);
  return text;
}

std::string render_comparisons(const ScenarioOutcome& outcome, bool with_colour) {
  const Palette& paint = with_colour ? kColour : kPlain;
  if (outcome.unjudged > 0)
    return fmt::format("compare   {} not judged: run all variants, without --variant\n",
                       outcome.unjudged);
  if (!outcome.is_whole) return "";
  std::string text = "\nvariants\n";
  std::size_t width = 0;
  for (const DeclaredVariant& variant : outcome.variants)
    width = std::max(width, variant.name.size());
  for (const RunOutcome& run : outcome.runs) {
    const RunVerdict verdict = verdict_of(*run.report);
    text += fmt::format("  {}{}{} {:<{}}  {}\n",
                        verdict == RunVerdict::kPassed ? paint.good : paint.bad,
                        verdict == RunVerdict::kPassed ? "✓" : "✗", paint.off, run.report->variant,
                        width, name(verdict));
  }
  for (const ComparisonResult& comparison : outcome.comparisons) {
    const std::string claim = comparison.expression.empty()
                                  ? comparison.metric
                                  : fmt::format("{}: {}", comparison.metric, comparison.expression);
    if (comparison.ok.has_value()) {
      text += fmt::format("  {}{}{} {}\n", *comparison.ok ? paint.good : paint.bad,
                          *comparison.ok ? "✓" : "✗", paint.off, claim);
    } else {
      text += fmt::format("    {}\n", claim);
    }
    for (const auto& [variant, value] : comparison.values)
      text += fmt::format("      {:<{}}  {:>10}\n", variant, width, value);
  }
  if (!outcome.directory.empty())
    text += fmt::format("runs    {}/  (a folder each, and summary.json)\n", outcome.directory);
  return text;
}

}  // namespace sim
