#include "sim/cli/sweep_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <set>
#include <vector>

#include "reports/atomic_file.h"
#include "reports/csv.h"
#include "reports/wrap.h"
#include "sim/cli/sweep_answer.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

constexpr double kZ = 1.959963984540054;  // of a normal distribution, 95 % within

struct Tally {
  std::uint64_t held = 0;
  std::uint64_t violated = 0;
  std::uint64_t unknown = 0;
  std::optional<std::uint64_t> lowest_violated;  // seed

  std::uint64_t judged() const { return held + violated; }
};

Tally tally_of(const SeedsByText& check) {
  Tally tally;
  for (const auto& [verdict, ranges] : check) {
    const std::uint64_t count = count_of(ranges);
    if (verdict == "ok") tally.held = count;
    if (verdict == "unknown") tally.unknown = count;
    if (verdict != "violated") continue;
    tally.violated = count;
    tally.lowest_violated = ranges.front().low;
  }
  return tally;
}

// Percent with as many decimals as say something: "0.04", "3.7", "28". A bound is rounded outwards.
std::string percent(double share, bool upwards) {
  const double value = share * 100;
  int decimals = 0;
  for (double step = 10; decimals < 6 && value < step && value > 0; step /= 10) ++decimals;
  double scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  const double scaled = value * scale;
  // What is a whole number but for its last bits stays one.
  const double rounded = std::abs(scaled - std::round(scaled)) < 1e-9 ? std::round(scaled)
                         : upwards                                    ? std::ceil(scaled)
                                                                      : std::floor(scaled);
  return fmt::format("{:.{}f}", rounded / scale, decimals);
}

// "100/100, ≤ 3.7 %": held in all, and at most so often violated. "37/100 violated, 28-47 %".
std::string cell(const PointResult& point, const std::string& check) {
  const auto found = point.checks.find(check);
  if (found == point.checks.end()) return "-";
  const Tally tally = tally_of(found->second);
  std::string text;
  if (tally.judged() > 0) {
    const Share share = wilson(tally.violated, tally.judged());
    const std::uint64_t shown = tally.violated > 0 ? tally.violated : tally.held;
    text = fmt::format("{}/{}{}, ", shown, tally.judged(), tally.violated > 0 ? " violated" : "");
    if (tally.violated == 0) {
      text += fmt::format("≤ {} %", percent(share.high, true));
    } else if (tally.held == 0) {
      text += fmt::format("≥ {} %", percent(share.low, false));
    } else {
      text += fmt::format("{}-{} %", percent(share.low, false), percent(share.high, true));
    }
  }
  if (tally.unknown == 0) return text;
  return text + fmt::format("{}{} unknown", text.empty() ? "" : ", ", tally.unknown);
}

struct Column {
  std::string title;
  std::vector<std::string> cells;  // by point

  std::size_t width() const {
    std::size_t width = reports::columns_of(title);
    for (const std::string& text : cells) width = std::max(width, reports::columns_of(text));
    return width;
  }
  std::string padded(const std::string& text) const {
    return text + std::string(width() - reports::columns_of(text), ' ');
  }
};

// That runs come to their ends: told where they do not.
bool is_of_whole_run(std::string_view check) {
  return check == kNoErrorCheck || check == kLivenessCheck ||
         check.ends_with(fmt::format(": {}", kLivenessCheck));
}

// By name; those that stand for a run as a whole at the end.
std::vector<std::string> checks_of(const SweepResult& result) {
  std::set<std::string> names;
  for (const PointResult& point : result.points) {
    for (const auto& [name, seeds] : point.checks) names.insert(name);
  }
  std::vector<std::string> ordered;
  for (const std::string& name : names) {
    if (!is_of_whole_run(name)) ordered.push_back(name);
  }
  for (const std::string& name : names) {
    if (is_of_whole_run(name)) ordered.push_back(name);
  }
  return ordered;
}

// Judged at each point, and never anything but ok.
std::vector<std::string> held_everywhere(const SweepResult& result) {
  std::vector<std::string> names = checks_of(result);
  std::erase_if(names, [&result](const std::string& name) {
    return std::ranges::any_of(result.points, [&name](const PointResult& point) {
      const auto found = point.checks.find(name);
      return found == point.checks.end() || found->second.size() != 1 ||
             !found->second.contains("ok");
    });
  });
  return names;
}

// Of all their cells.
double highest_bound(const SweepResult& result, const std::vector<std::string>& checks) {
  double high = 0;
  for (const PointResult& point : result.points) {
    for (const std::string& name : checks)
      high = std::max(high, wilson(0, tally_of(point.checks.at(name)).held).high);
  }
  return high;
}

std::string block(const std::vector<const Column*>& columns, std::size_t rows) {
  std::string text;
  for (std::size_t row = 0; row <= rows; ++row) {
    std::string line;
    for (const Column* column : columns)
      line += column->padded(row == 0 ? column->title : column->cells[row - 1]) + "  ";
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace

Share wilson(std::uint64_t count, std::uint64_t all) {
  if (all == 0) return {};
  const double n = static_cast<double>(all);
  const double p = static_cast<double>(count) / n;
  const double z2 = kZ * kZ;
  const double middle = p + z2 / (2 * n);
  const double spread = kZ * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  const double whole = 1 + z2 / n;
  return {.low = count == 0 ? 0 : std::max(0.0, (middle - spread) / whole),
          .high = count == all ? 1 : std::min(1.0, (middle + spread) / whole)};
}

std::string render_table(const SweepResult& result) {
  const SweepGrid& grid = result.identity.grid;
  const std::uint32_t points = grid.points();
  std::vector<Column> keys;
  for (std::size_t axis = 0; axis < grid.axes().size(); ++axis) {
    Column column{.title = grid.axes()[axis].name, .cells = {}};
    for (std::uint32_t point = 0; point < points; ++point)
      column.cells.push_back(grid.value(point, axis));
    keys.push_back(std::move(column));
  }
  std::vector<Column> checks;
  std::vector<std::string> held = held_everywhere(result);
  // Where nothing ever failed, that is the table.
  if (held.size() == checks_of(result).size())
    std::erase_if(held, [](const std::string& name) { return !is_of_whole_run(name); });
  for (const std::string& name : checks_of(result)) {
    if (std::ranges::find(held, name) != held.end()) continue;
    Column column{.title = name, .cells = {}};
    for (const PointResult& point : result.points) column.cells.push_back(cell(point, name));
    checks.push_back(std::move(column));
  }
  std::size_t lead = 0;
  for (const Column& key : keys) lead += key.width() + 2;
  std::string text;
  for (std::size_t next = 0; next < checks.size();) {
    std::vector<const Column*> columns;
    for (const Column& key : keys) columns.push_back(&key);
    std::size_t width = lead;
    do {
      columns.push_back(&checks[next]);
      width += checks[next].width() + 2;
      ++next;
    } while (next < checks.size() && width + checks[next].width() <= reports::kColumns);
    text += block(columns, points) + "\n";
  }
  std::string names;
  std::erase_if(held, is_of_whole_run);  // told where it is not so
  for (const std::string& name : held) names += (names.empty() ? "" : ", ") + name;
  if (!names.empty()) {
    text += reports::wrapped(fmt::format("held in all runs at every point, each ≤ {} %: {}",
                                         percent(highest_bound(result, held), true), names),
                             "", "  ") +
            "\n";
  }
  return text +
         "n/n: held in all n runs, and at most that share of runs violates it; n/m violated: so "
         "many of m,\nand between which bounds the share lies. At 95 %, by Wilson's score "
         "interval.\n";
}

std::string table_csv(const SweepResult& result) {
  const SweepGrid& grid = result.identity.grid;
  std::string text;
  for (const SweepAxis& axis : grid.axes()) text += reports::csv_field(axis.name) + ",";
  text += "check,judged,violated,unknown,violated_low,violated_high,lowest_violated_seed\n";
  for (std::uint32_t point = 0; point < grid.points(); ++point) {
    const PointResult& of_point = result.points[point];
    for (const std::string& check : checks_of(result)) {
      const auto found = of_point.checks.find(check);
      const Tally tally = found == of_point.checks.end() ? Tally{} : tally_of(found->second);
      const Share share = wilson(tally.violated, tally.judged());
      for (std::size_t axis = 0; axis < grid.axes().size(); ++axis)
        text += reports::csv_field(grid.value(point, axis)) + ",";
      text += fmt::format(
          "{},{},{},{},{:.6f},{:.6f},{}\n", reports::csv_field(check), tally.judged(),
          tally.violated, tally.unknown, share.low, share.high,
          tally.lowest_violated.has_value() ? std::to_string(*tally.lowest_violated) : "");
    }
  }
  return text;
}

std::expected<void, std::string> write_table(const std::string& result_path,
                                             const SweepResult& result) {
  if (!result.has_grid()) return {};
  return reports::write_file_atomically(fs::path(result_path).replace_extension(".csv").string(),
                                        table_csv(result));
}

}  // namespace sim
