#include "sim/cli/sweep_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "reports/atomic_file.h"
#include "reports/csv.h"
#include "sim/cli/sweep_reached.h"

namespace sim {
namespace {

// Ascending.
std::vector<std::uint64_t> seeds_of(const SweepResult& result) {
  std::vector<std::uint64_t> seeds;
  for (const auto& [outcome, ranges] : result.points.front().outcomes) {
    for (const SeedRange& range : ranges) {
      for (std::uint64_t seed = range.low; seed <= range.high; ++seed) seeds.push_back(seed);
    }
  }
  std::ranges::sort(seeds);
  return seeds;
}

}  // namespace

std::expected<void, std::string> check_tables(const SweepTables& tables,
                                              const SweepJournal& journal) {
  const bool is_counted = std::ranges::all_of(
      journal.answers(), [](const auto& known) { return known.second.is_counted; });
  if (tables.reached.empty() || is_counted) return {};
  return std::unexpected(
      "--reached: seeds of this sweep were run without it; -o takes another folder");
}

std::expected<std::string, std::string> write_tables(const SweepTables& tables,
                                                     const SweepJournal& journal,
                                                     const SweepResult& result) {
  if (tables.is_empty()) return "";
  std::string digests = "seed,variant,digest\n";
  ReachedTable reached;
  for (const std::uint64_t seed : seeds_of(result)) {
    const SweepAnswer& answer = journal.answers().at({.seed = seed});
    for (const VariantDigest& digest : answer.digests)
      digests +=
          fmt::format("{},{},{:016x}\n", seed, reports::csv_field(digest.variant), digest.digest);
    reached.add(seed, answer.reached, answer.others);
  }
  if (!tables.digests.empty()) {
    if (const auto written = reports::write_file_atomically(tables.digests, digests);
        !written.has_value())
      return std::unexpected(written.error());
  }
  if (tables.reached.empty()) return "";
  if (const auto written = reports::write_file_atomically(tables.reached, reached.csv());
      !written.has_value())
    return std::unexpected(written.error());
  return reached.render();
}

std::expected<std::uint64_t, std::string> parse_check_every(const std::string& text) {
  if (text.empty()) return 0;
  std::uint64_t every = 0;
  const char* end = text.data() + text.size();
  const bool is_whole =
      text.starts_with("1/") && std::from_chars(text.data() + 2, end, every).ptr == end;
  if (is_whole && every > 0 && every <= INT64_MAX) return every;
  return std::unexpected(fmt::format(
      "--check-every-event expects 1/N, \"1/20\" for the seeds that 20 divides, got \"{}\"", text));
}

}  // namespace sim
