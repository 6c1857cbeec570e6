#include "sim/cli/sweep_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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
  return message;
}

SweepIdentity identity_of(const titorelli::sweep::Identity& message) {
  return {.build = message.build(),
          .scenario = message.scenario(),
          .content = message.content(),
          .parameters = {message.parameters().begin(), message.parameters().end()},
          .overrides = {message.overrides().begin(), message.overrides().end()}};
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

// A seed with two outcomes.
std::optional<SweepError> contradiction(const std::map<std::string, SeedRanges>& outcomes) {
  for (auto one = outcomes.begin(); one != outcomes.end(); ++one) {
    for (auto two = std::next(one); two != outcomes.end(); ++two) {
      if (const auto seed = common(one->second, two->second); seed.has_value()) {
        return SweepError{.exit_code = 5,
                          .sentence = fmt::format("seed {} has two outcomes, \"{}\" and \"{}\"",
                                                  *seed, one->first, two->first)};
      }
    }
  }
  return std::nullopt;
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

std::uint64_t SweepResult::seeds() const {
  std::uint64_t count = 0;
  for (const auto& [text, ranges] : outcomes) count += count_of(ranges);
  return count;
}

std::expected<SweepResult, SweepError> merged(const SweepResult& a, const SweepResult& b) {
  if (std::string why = difference(a.identity, b.identity); !why.empty())
    return std::unexpected(SweepError{.exit_code = 2, .sentence = std::move(why)});
  SweepResult result = a;
  for (const auto& [text, ranges] : b.outcomes) {
    SeedRanges& place = result.outcomes[text];
    place = united(place, ranges);
  }
  if (auto wrong = contradiction(result.outcomes); wrong.has_value())
    return std::unexpected(std::move(*wrong));
  return result;
}

std::string encode(const SweepResult& result) {
  titorelli::sweep::Sweep sweep;
  *sweep.mutable_identity() = message_of(result.identity);
  for (const auto& [text, ranges] : result.outcomes) {
    auto* outcome = sweep.add_outcomes();
    outcome->set_text(text);
    for (const SeedRange& range : ranges) {
      auto* seeds = outcome->add_seeds();
      seeds->set_low(range.low);
      seeds->set_high(range.high);
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
  SweepResult result{.identity = identity_of(sweep.identity()), .outcomes = {}};
  for (const auto& outcome : sweep.outcomes()) {
    SeedRanges ranges;
    for (const auto& seeds : outcome.seeds())
      ranges.push_back({.low = seeds.low(), .high = seeds.high()});
    if (!are_well_formed(ranges) || !result.outcomes.emplace(outcome.text(), ranges).second)
      return std::unexpected("its seeds are in disorder");
  }
  if (const auto wrong = contradiction(result.outcomes); wrong.has_value())
    return std::unexpected(wrong->sentence);
  return result;
}

bool is_failure(std::string_view outcome) { return outcome != kPassed; }

int exit_code_of(const SweepResult& result) {
  for (const Rank& rank : kRanks) {
    for (const auto& [text, ranges] : result.outcomes) {
      if (text.starts_with(rank.word)) return rank.exit_code;
    }
  }
  return 0;
}

std::string render(const SweepResult& result, const std::map<std::string, std::string>& bundles) {
  std::vector<std::pair<std::uint64_t, std::string_view>> failures;  // by lowest seed
  std::uint64_t failed = 0;
  for (const auto& [text, ranges] : result.outcomes) {
    if (!is_failure(text)) continue;
    failures.emplace_back(ranges.front().low, text);
    failed += count_of(ranges);
  }
  std::ranges::sort(failures);
  std::string options;
  for (const std::string& parameter : result.identity.parameters)
    options += " -D " + shell_word(parameter);
  for (const std::string& assignment : result.identity.overrides)
    options += " --set " + shell_word(assignment);
  std::string text;
  for (const auto& [seed, outcome] : failures) {
    text += fmt::format("FAIL {:>8} seeds  {}\n     lowest  titorelli run {} --seed {}{}\n",
                        count_of(result.outcomes.find(std::string(outcome))->second), outcome,
                        shell_word(result.identity.scenario), seed, options);
    if (const auto bundle = bundles.find(std::string(outcome)); bundle != bundles.end())
      text += fmt::format("     bundle  titorelli replay {}\n", shell_word(bundle->second));
  }
  return text + fmt::format("{} seeds, {} passed, {} failed{}\n", result.seeds(),
                            result.seeds() - failed, failed,
                            failures.empty() ? ""
                                             : fmt::format(" in {} way{}", failures.size(),
                                                           failures.size() == 1 ? "" : "s"));
}

}  // namespace sim
