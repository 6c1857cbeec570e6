#include "reports/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <vector>

#include "reports/extract.h"
#include "reports/summary_diff.h"
#include "reports/trace_diff.h"
#include "reports/trace_text.h"
#include "reports/wrap.h"

namespace reports {
namespace {

namespace fs = std::filesystem;

bool has_trace(const std::string& run) {
  std::error_code error;
  return fs::exists(run + "/trace.pb", error);
}

std::string row_text(const Table& table, std::size_t index) {
  if (index >= table.rows()) return "nothing more";
  std::string text;
  for (const std::string& cell : table.row(index)) {
    if (!cell.empty()) text += (text.empty() ? "" : "  ") + printable(cell);
  }
  return text;
}

std::expected<Table, std::string> read_table(const std::string& run, const char* file) {
  const auto text = read_file(run + "/" + file);
  if (!text.has_value()) return std::unexpected(text.error());
  return Table::parse(*text, run + "/" + file);
}

// The first row that is not the same in both.
std::expected<std::string, std::string> diff_tables(const std::string& left,
                                                    const std::string& right, const char* file) {
  const auto a = read_table(left, file);
  if (!a.has_value()) return std::unexpected(a.error());
  const auto b = read_table(right, file);
  if (!b.has_value()) return std::unexpected(b.error());
  std::size_t row = 0;
  while (row < a->rows() && row < b->rows() && a->row(row) == b->row(row)) ++row;
  if (row == a->rows() && row == b->rows()) return "";
  std::string text = fmt::format("{}, first differing row {}\n", file, row + 1);
  for (std::size_t i = row - std::min<std::size_t>(row, 2); i < row; ++i)
    text += shortened(row_text(*a, i), "           ");
  return text + wrapped(row_text(*a, row), "    left   ", "           ") +
         wrapped(row_text(*b, row), "    right  ", "           ");
}

// Where the traces part, or why that cannot be said.
std::expected<std::string, std::string> diff_of_traces(const std::string& left,
                                                       const std::string& right,
                                                       std::uint64_t& events) {
  std::string without;
  for (const std::string& run : {left, right}) {
    if (!has_trace(run)) without += fmt::format("{}'{}'", without.empty() ? "" : " and ", run);
  }
  if (!without.empty()) return without;
  const auto diff = diff_traces({.path = left + "/trace.pb", .name = "left"},
                                {.path = right + "/trace.pb", .name = "right"});
  if (!diff.has_value()) return std::unexpected(diff.error());
  events = diff->equal_events;
  return diff->is_equal ? "" : "first differing event\n" + diff->text;
}

std::string title_of(std::string_view side, const std::string& path, const RunSummary& summary) {
  return wrapped(fmt::format("{}  {} seed {}, {}", printable(path), summary.text("scenario"),
                             summary.text("seed"), summary.text("verdict")),
                 fmt::format("{:<7}", side), "       ");
}

// One run on each side.
std::expected<RunDiff, std::string> diff_single(const std::string& left, const std::string& right) {
  const auto a = RunSummary::read(left);
  if (!a.has_value()) return std::unexpected(a.error());
  const auto b = RunSummary::read(right);
  if (!b.has_value()) return std::unexpected(b.error());
  std::string differences;
  std::string untraced;
  std::uint64_t events = 0;
  const auto traces = diff_of_traces(left, right, events);
  if (!traces.has_value()) return std::unexpected(traces.error());
  if (traces->starts_with('\'')) {
    untraced = wrapped(fmt::format("no trace in {}: the first differing event is found when both "
                                   "are run with --trace all",
                                   *traces),
                       "", "");
  } else {
    differences = *traces;
  }
  for (const char* file : {"events.csv", "metrics.csv", "histograms.csv"}) {
    const auto rows = diff_tables(left, right, file);
    if (!rows.has_value()) return std::unexpected(rows.error());
    differences += *rows;
  }
  differences += diff_summaries(*a, *b);
  const std::string head = title_of("left", left, *a) + title_of("right", right, *b);
  if (!differences.empty())
    return RunDiff{.is_equal = false, .text = head + untraced + differences};
  const std::string how =
      untraced.empty()
          ? fmt::format("equal: {} events of the traces, all checks and metrics\n", events)
          : untraced + "equal: digests, checks, metrics and rows of events\n";
  return RunDiff{.is_equal = true, .text = head + how};
}

// Folders of the variants.
std::set<std::string> variants_of(const std::string& run) {
  std::set<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(run, error)) {
    if (fs::exists(entry.path() / "summary.json", error))
      names.insert(entry.path().filename().string());
  }
  return names;
}

std::string listed(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

std::expected<RunDiff, std::string> diff_runs(const std::string& left, const std::string& right) {
  const auto a = RunSummary::read(left);
  if (!a.has_value()) return std::unexpected(a.error());
  const auto b = RunSummary::read(right);
  if (!b.has_value()) return std::unexpected(b.error());
  const bool has_variants = a->has("variants");
  if (has_variants != b->has("variants")) {
    const std::string& whole = has_variants ? left : right;
    return std::unexpected(
        fmt::format("'{}' holds variants and '{}' is one run: name the folder of one variant ({})",
                    whole, has_variants ? right : left, listed(variants_of(whole))));
  }
  if (!has_variants) return diff_single(left, right);
  const std::set<std::string> of_left = variants_of(left);
  const std::set<std::string> of_right = variants_of(right);
  if (of_left != of_right || of_left.empty()) {
    return std::unexpected(fmt::format("'{}' and '{}' have other variants: {} and {}", left, right,
                                       listed(of_left), listed(of_right)));
  }
  RunDiff diff{.is_equal = true, .text = {}};
  for (const std::string& name : of_left) {
    const auto one = diff_single(left + "/" + name, right + "/" + name);
    if (!one.has_value()) return std::unexpected(one.error());
    diff.is_equal = diff.is_equal && one->is_equal;
    diff.text += one->text + "\n";
  }
  const std::string whole = diff_summaries(*a, *b);
  diff.is_equal = diff.is_equal && whole.empty();
  diff.text += whole.empty() ? "" : "of all variants\n" + whole;
  return diff;
}

}  // namespace reports
