#include "sim/cli/sweep_reached.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "reports/csv.h"
#include "sim/lab/reachable.h"

namespace sim {
namespace {

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> kAll = reachable();
  return kAll;
}

// A word about one kind, in a column of its own.
struct Cell {
  std::string kind;
  std::string what;
};

Cell split(const std::string& name) {
  const std::size_t space = name.find(' ');
  if (space == std::string::npos) return {name, ""};
  return {name.substr(0, space), name.substr(space + 1)};
}

}  // namespace

std::vector<ReachedCount> numbered(const ReachedCounts& counts, ReachedCounts& unknown) {
  std::vector<ReachedCount> result;
  for (const auto& [name, times] : counts) {
    const auto found = std::ranges::lower_bound(kinds(), name);
    if (found != kinds().end() && *found == name) {
      result.push_back(
          {.kind = static_cast<std::uint32_t>(found - kinds().begin()), .times = times});
    } else {
      unknown[name] += times;
    }
  }
  return result;
}

ReachedTable::ReachedTable() : names_(kinds()), rows_(names_.size()) {}

void ReachedTable::add(Row& row, std::uint64_t seed, std::uint64_t times) {
  if (times == 0) return;
  if (row.seeds == 0) row.first_seed = seed;
  row.times += times;
  ++row.seeds;
}

void ReachedTable::add(std::uint64_t seed, const std::vector<ReachedCount>& counts,
                       const ReachedCounts& unknown) {
  ++seeds_;
  for (const ReachedCount& count : counts) {
    if (count.kind < rows_.size()) add(rows_[count.kind], seed, count.times);
  }
  for (const auto& [name, times] : unknown) add(unknown_[name], seed, times);
}

std::string ReachedTable::csv() const {
  std::map<std::string, Row> all = unknown_;
  for (std::size_t i = 0; i < names_.size(); ++i) all.emplace(names_[i], rows_[i]);
  std::string text = "kind,what,times,seeds,first_seed\n";
  for (const auto& [name, row] : all) {
    const Cell cell = split(name);
    text += fmt::format("{},{},{},{},{}\n", cell.kind, reports::csv_field(cell.what), row.times,
                        row.seeds, row.seeds > 0 ? fmt::format("{}", row.first_seed) : "");
  }
  return text;
}

std::string ReachedTable::render() const {
  std::string text =
      fmt::format("\n{:<60} {:>10} {:>8} {:>10}\n", "reached", "times", "seeds", "first seed");
  std::vector<std::string> never;
  const auto tell = [&text](const std::string& name, const Row& row) {
    text += fmt::format("{:<60} {:>10} {:>8} {:>10}\n", name, row.times, row.seeds, row.first_seed);
  };
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (rows_[i].seeds > 0) {
      tell(names_[i], rows_[i]);
    } else {
      never.push_back(names_[i]);
    }
  }
  for (const auto& [name, row] : unknown_) tell(name, row);
  text += fmt::format("{} kinds in {} seeds, {} of them never\n", names_.size() + unknown_.size(),
                      seeds_, never.size());
  for (const std::string& name : never) text += fmt::format("  never  {}\n", name);
  return text;
}

}  // namespace sim
