#include "sim/cli/sweep_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "reports/sweep.pb.h"
#include "sim/core/hash.h"
#include "sim/lab/shell_word.h"

namespace sim {
namespace {

constexpr std::uint32_t kSchemaVersion = 2;
constexpr std::string_view kPassed = "passed";

titorelli::sweep::Identity message_of(const SweepIdentity& identity) {
  titorelli::sweep::Identity message;
  message.set_build(identity.build);
  message.set_scenario(identity.scenario);
  message.set_content(identity.content);
  for (const std::string& parameter : identity.parameters) message.add_parameters(parameter);
  for (const std::string& assignment : identity.overrides) message.add_overrides(assignment);
  for (const SweepAxis& axis : identity.grid.axes()) {
    auto* one = message.add_axes();
    one->set_name(axis.name);
    one->set_is_parameter(axis.is_parameter);
    for (const std::string& value : axis.values) one->add_values(value);
  }
  for (const std::string& bug : identity.planted) message.add_planted(bug);
  message.set_check_every(identity.check_every);
  return message;
}

SweepIdentity identity_of(const titorelli::sweep::Identity& message) {
  std::vector<SweepAxis> axes;
  for (const auto& axis : message.axes()) {
    axes.push_back({.name = axis.name(),
                    .is_parameter = axis.is_parameter(),
                    .values = {axis.values().begin(), axis.values().end()}});
  }
  return {.build = message.build(),
          .scenario = message.scenario(),
          .content = message.content(),
          .parameters = {message.parameters().begin(), message.parameters().end()},
          .overrides = {message.overrides().begin(), message.overrides().end()},
          .grid = SweepGrid(std::move(axes)),
          .planted = {message.planted().begin(), message.planted().end()},
          .check_every = message.check_every()};
}

bool are_well_formed(const SeedRanges& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].low > ranges[i].high || ranges[i].high > INT64_MAX) return false;
    if (i > 0 && ranges[i].low <= ranges[i - 1].high + 1) return false;
  }
  return !ranges.empty();
}

// The first seed that is in both, or nothing.
std::optional<std::uint64_t> common(const SeedRanges& a, const SeedRanges& b) {
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const std::uint64_t low = std::max(a[i].low, b[j].low);
    if (low <= std::min(a[i].high, b[j].high)) return low;
    a[i].high < b[j].high ? ++i : ++j;
  }
  return std::nullopt;
}

// A seed with two outcomes, or with two verdicts of a check.
std::optional<SweepError> contradiction(const SeedsByText& outcomes, std::string_view noun) {
  for (auto one = outcomes.begin(); one != outcomes.end(); ++one) {
    for (auto two = std::next(one); two != outcomes.end(); ++two) {
      if (const auto seed = common(one->second, two->second); seed.has_value()) {
        return SweepError{.exit_code = 5,
                          .sentence = fmt::format("seed {} has two {}, \"{}\" and \"{}\"", *seed,
                                                  noun, one->first, two->first)};
      }
    }
  }
  return std::nullopt;
}

std::optional<SweepError> contradiction(const SweepResult& result) {
  for (std::size_t i = 0; i < result.points.size(); ++i) {
    auto wrong = contradiction(result.points[i].outcomes, "outcomes");
    for (const auto& [check, verdicts] : result.points[i].checks) {
      if (!wrong.has_value()) wrong = contradiction(verdicts, "verdicts of " + check);
    }
    if (!wrong.has_value()) continue;
    const std::string options = result.identity.grid.options(static_cast<std::uint32_t>(i));
    if (!options.empty()) wrong->sentence += " with" + options;
    return wrong;
  }
  return std::nullopt;
}

void unite(SeedsByText& into, const SeedsByText& other) {
  for (const auto& [text, ranges] : other) {
    SeedRanges& place = into[text];
    place = united(place, ranges);
  }
}

void write(const std::string& text, const SeedRanges& ranges, titorelli::sweep::Outcome& outcome) {
  outcome.set_text(text);
  for (const SeedRange& range : ranges) {
    auto* seeds = outcome.add_seeds();
    seeds->set_low(range.low);
    seeds->set_high(range.high);
  }
}

// False when its seeds are in disorder, or a text comes twice.
bool read(const titorelli::sweep::Outcome& outcome, SeedsByText& into) {
  SeedRanges ranges;
  for (const auto& seeds : outcome.seeds())
    ranges.push_back({.low = seeds.low(), .high = seeds.high()});
  return are_well_formed(ranges) && into.emplace(outcome.text(), std::move(ranges)).second;
}

bool read(const titorelli::sweep::Point& message, PointResult& point) {
  SeedRanges all;
  for (const auto& outcome : message.outcomes()) {
    if (!read(outcome, point.outcomes)) return false;
    all = united(all, point.outcomes.at(outcome.text()));
  }
  for (const auto& check : message.checks()) {
    SeedsByText& verdicts = point.checks[check.name()];
    if (!verdicts.empty() || check.verdicts().empty()) return false;
    for (const auto& verdict : check.verdicts()) {
      // Of seeds that were run.
      if (!read(verdict, verdicts) || united(all, verdicts.at(verdict.text())) != all) return false;
    }
  }
  return true;
}

struct Rank {
  std::string_view word;
  int exit_code;
};
constexpr std::array kRanks = {
    Rank{"internal", 70}, Rank{"nondeterministic", 5}, Rank{"error", 3},
    Rank{"violated", 1},  Rank{"unknown", 1},          Rank{"liveness", 4},
};

}  // namespace

std::string difference(const SweepIdentity& a, const SweepIdentity& b) {
  if (a.scenario != b.scenario)
    return fmt::format("they are of different scenarios, {} and {}", a.scenario, b.scenario);
  if (a.content != b.content)
    return fmt::format("{} or a module of it has changed between them", a.scenario);
  if (a.build != b.build) return "they come from different builds of titorelli";
  if (a.parameters != b.parameters) return "their parameters (-D) differ";
  if (a.overrides != b.overrides) return "their overrides (--set) differ";
  if (a.grid != b.grid) return "their grids (--sweep) differ";
  if (a.planted != b.planted) return "their planted bugs (--plant) differ";
  if (a.check_every != b.check_every) return "their --check-every-event differ";
  return "";
}

SeedRanges ranges_of(const std::vector<std::uint64_t>& ascending) {
  SeedRanges ranges;
  for (const std::uint64_t seed : ascending) {
    if (!ranges.empty() && ranges.back().high + 1 == seed) {
      ranges.back().high = seed;
    } else {
      ranges.push_back({.low = seed, .high = seed});
    }
  }
  return ranges;
}

SeedRanges united(const SeedRanges& a, const SeedRanges& b) {
  SeedRanges all;
  all.reserve(a.size() + b.size());
  std::ranges::merge(a, b, std::back_inserter(all), {}, &SeedRange::low, &SeedRange::low);
  SeedRanges result;
  for (const SeedRange& range : all) {
    if (!result.empty() && range.low <= result.back().high + 1) {
      result.back().high = std::max(result.back().high, range.high);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

std::uint64_t count_of(const SeedRanges& ranges) {
  std::uint64_t count = 0;
  for (const SeedRange& range : ranges) count += range.high - range.low + 1;
  return count;
}

std::uint64_t SweepResult::runs() const {
  std::uint64_t count = 0;
  for (const PointResult& point : points) {
    for (const auto& [text, ranges] : point.outcomes) count += count_of(ranges);
  }
  return count;
}

std::expected<SweepResult, SweepError> merged(const SweepResult& a, const SweepResult& b) {
  if (std::string why = difference(a.identity, b.identity); !why.empty())
    return std::unexpected(SweepError{.exit_code = 2, .sentence = std::move(why)});
  SweepResult result = a;
  for (std::size_t i = 0; i < result.points.size(); ++i) {
    unite(result.points[i].outcomes, b.points[i].outcomes);
    for (const auto& [check, verdicts] : b.points[i].checks)
      unite(result.points[i].checks[check], verdicts);
  }
  if (auto wrong = contradiction(result); wrong.has_value())
    return std::unexpected(std::move(*wrong));
  return result;
}

std::string encode(const SweepResult& result) {
  titorelli::sweep::Sweep sweep;
  *sweep.mutable_identity() = message_of(result.identity);
  for (const PointResult& point : result.points) {
    auto* message = sweep.add_points();
    for (const auto& [text, ranges] : point.outcomes) write(text, ranges, *message->add_outcomes());
    for (const auto& [name, verdicts] : point.checks) {
      auto* check = message->add_checks();
      check->set_name(name);
      for (const auto& [verdict, ranges] : verdicts) write(verdict, ranges, *check->add_verdicts());
    }
  }
  titorelli::sweep::File file;
  file.set_schema_version(kSchemaVersion);
  file.set_content(sweep.SerializeAsString());
  file.set_checksum(hash_text(file.content()));
  return file.SerializeAsString();
}

std::expected<SweepResult, std::string> decode_sweep(std::string_view bytes) {
  titorelli::sweep::File file;
  if (!file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      file.schema_version() == 0)
    return std::unexpected("it is no result of a sweep, or only a part of one");
  if (file.schema_version() != kSchemaVersion) {
    return std::unexpected(fmt::format("it has version {} of the format, this program reads {}",
                                       file.schema_version(), kSchemaVersion));
  }
  if (file.checksum() != hash_text(file.content()))
    return std::unexpected("it is damaged: its checksum does not fit");
  titorelli::sweep::Sweep sweep;
  if (!sweep.ParseFromString(file.content())) return std::unexpected("its content is damaged");
  SweepIdentity identity = identity_of(sweep.identity());
  if (!identity.grid.is_well_formed() ||
      identity.grid.points() != static_cast<std::uint32_t>(sweep.points().size()))
    return std::unexpected("its grid is in disorder");
  SweepResult result(std::move(identity));
  for (std::size_t i = 0; i < result.points.size(); ++i) {
    if (!read(sweep.points(static_cast<int>(i)), result.points[i]))
      return std::unexpected("its seeds are in disorder");
  }
  if (const auto wrong = contradiction(result); wrong.has_value())
    return std::unexpected(wrong->sentence);
  return result;
}

bool is_failure(std::string_view outcome) { return outcome != kPassed; }

int exit_code_of(const SweepResult& result) {
  for (const Rank& rank : kRanks) {
    for (const PointResult& point : result.points) {
      for (const auto& [text, ranges] : point.outcomes) {
        if (text.starts_with(rank.word)) return rank.exit_code;
      }
    }
  }
  return 0;
}

std::vector<WayToFail> ways_to_fail(const SweepResult& result) {
  std::map<std::string_view, WayToFail> by_outcome;
  for (std::uint32_t point = 0; point < result.points.size(); ++point) {
    for (const auto& [outcome, ranges] : result.points[point].outcomes) {
      if (!is_failure(outcome)) continue;
      const std::uint64_t seed = ranges.front().low;
      WayToFail& way =
          by_outcome
              .try_emplace(outcome, WayToFail{.outcome = outcome, .seed = seed, .point = point})
              .first->second;
      way.count += count_of(ranges);
      if (seed < way.seed) {
        way.seed = seed;
        way.point = point;
      }
    }
  }
  std::vector<WayToFail> ways;
  for (auto& [outcome, way] : by_outcome) ways.push_back(std::move(way));
  std::ranges::sort(ways, {},
                    [](const WayToFail& w) { return std::tie(w.seed, w.point, w.outcome); });
  return ways;
}

std::string render(const SweepResult& result, const std::map<std::string, std::string>& bundles) {
  const std::string_view noun = result.has_grid() ? "runs" : "seeds";
  const std::vector<WayToFail> failures = ways_to_fail(result);
  std::uint64_t failed = 0;
  std::string options;
  for (const std::string& parameter : result.identity.parameters)
    options += " -D " + shell_word(parameter);
  for (const std::string& assignment : result.identity.overrides)
    options += " --set " + shell_word(assignment);
  for (const std::string& bug : result.identity.planted) options += " --plant " + shell_word(bug);
  std::string text;
  for (const WayToFail& failure : failures) {
    failed += failure.count;
    text +=
        fmt::format("FAIL {:>8} {}  {}\n     lowest  titorelli run {} --seed {}{}{}{}\n",
                    failure.count, noun, failure.outcome, shell_word(result.identity.scenario),
                    failure.seed, options, result.identity.grid.options(failure.point),
                    result.identity.checks_every_event(failure.seed) ? " --check-every-event" : "");
    if (const auto bundle = bundles.find(failure.outcome); bundle != bundles.end())
      text += fmt::format("     bundle  titorelli replay {}\n", shell_word(bundle->second));
  }
  const std::uint64_t runs = result.runs();
  return text +
         fmt::format("{} {}, {}{} passed, {} failed{}\n", runs, noun,
                     result.has_grid() ? fmt::format("{} points, ", result.points.size()) : "",
                     runs - failed, failed,
                     failures.empty() ? ""
                                      : fmt::format(" in {} way{}", failures.size(),
                                                    failures.size() == 1 ? "" : "s"));
}

}  // namespace sim
