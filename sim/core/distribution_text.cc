#include "sim/core/distribution_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sim/core/quantities.h"

namespace sim {
namespace {

using Parsed = std::expected<Distribution, std::string>;
using Failure = std::unexpected<std::string>;

constexpr env::Duration kDurationMax{std::int64_t{1} << 52};  // 52 days
constexpr std::int64_t kMillion = 1'000'000;
constexpr std::size_t kSamplesMax = 1'000'000;
constexpr std::int64_t kCountMax = 1'000'000'000;
constexpr std::int64_t kSigmaMax = 5 * kMillion;
constexpr std::int64_t kShapeMax = 1'000'000;  // thousandths

constexpr std::string_view kForms =
    "write \"20ms\", uniform(1ms, 5ms), exponential(mean 2ms, min 1ms), lognormal(median 20ms, "
    "p99 80ms) or pareto(min 1ms, shape 1.5, max 2s)";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// One of "mean 2ms, min 1ms"; the name is empty in "uniform(1ms, 5ms)".
struct Argument {
  std::string_view name;
  std::string_view value;
};

std::vector<Argument> arguments_of(std::string_view list) {
  std::vector<Argument> result;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view one = trimmed(list.substr(0, comma));
    const std::size_t blank = one.find_first_of(" \t");
    if (blank == one.npos) {
      result.push_back({.name = {}, .value = one});
    } else {
      result.push_back({.name = one.substr(0, blank), .value = trimmed(one.substr(blank))});
    }
    if (comma == list.npos) return result;
    list.remove_prefix(comma + 1);
  }
}

struct ShapeForm {
  std::string_view name;
  std::string_view form;
  std::span<const std::string_view> names;
};
constexpr std::string_view kUniformNames[] = {"min", "max"};
constexpr std::string_view kExponentialNames[] = {"mean", "min"};
constexpr std::string_view kLogNormalNames[] = {"median", "p99", "sigma"};
constexpr std::string_view kParetoNames[] = {"min", "shape", "max"};
constexpr ShapeForm kShapes[] = {
    {"uniform", "uniform(1ms, 5ms)", kUniformNames},
    {"exponential", "exponential(mean 2ms, min 1ms)", kExponentialNames},
    {"lognormal", "lognormal(median 20ms, p99 80ms)", kLogNormalNames},
    {"pareto", "pareto(min 1ms, shape 1.5, max 2s)", kParetoNames}};

// The arguments of one shape, taken by name; the first mistake is kept.
class Arguments {
 public:
  Arguments(const ShapeForm& shape, std::vector<Argument> given)
      : shape_(shape), given_(std::move(given)) {
    if (shape.name == "uniform" && given_.size() == 2 && given_[0].name.empty() &&
        given_[1].name.empty()) {
      given_[0].name = "min";
      given_[1].name = "max";
    }
    std::vector<std::string_view> seen;
    for (const Argument& argument : given_) {
      if (std::ranges::find(shape.names, argument.name) == shape.names.end())
        fail(fmt::format("{} has no \"{}\"", shape.name,
                         argument.name.empty() ? argument.value : argument.name));
      if (std::ranges::find(seen, argument.name) != seen.end())
        fail(fmt::format("{} has \"{}\" twice", shape.name, argument.name));
      seen.push_back(argument.name);
    }
  }

  bool has(std::string_view name) const { return find(name) != nullptr; }
  env::Duration duration(std::string_view name, env::Duration least) {
    const Argument* argument = require(name);
    if (argument == nullptr) return least;
    const auto nanos = parse_duration(argument->value);
    if (!nanos.has_value()) {
      fail(fmt::format("\"{}\" is no duration with a unit, such as \"20ms\"", argument->value));
      return least;
    }
    if (*nanos < least.count() || *nanos > kDurationMax.count()) {
      fail(fmt::format("{} of {} is from {} to 52 days, not {}", name, shape_.name,
                       least.count() == 0 ? "0" : duration_text(least), argument->value));
      return least;
    }
    return env::Duration(*nanos);
  }
  std::int64_t decimal(std::string_view name, std::int64_t scale, std::int64_t least,
                       std::int64_t most) {
    const Argument* argument = require(name);
    if (argument == nullptr) return least;
    const auto value = parse_decimal(argument->value, scale);
    if (value.has_value() && *value >= least && *value <= most) return *value;
    fail(fmt::format("{} of {} is a number above 0 and up to {}, not \"{}\"", name, shape_.name,
                     most / scale, argument->value));
    return least;
  }
  void fail(std::string sentence) {
    if (mistake.empty()) mistake = std::move(sentence);
  }

  std::string mistake;

 private:
  const Argument* find(std::string_view name) const {
    const auto found = std::ranges::find(given_, name, &Argument::name);
    return found == given_.end() ? nullptr : &*found;
  }
  const Argument* require(std::string_view name) {
    const Argument* found = find(name);
    if (found == nullptr) fail(fmt::format("{} needs \"{}\"", shape_.name, name));
    return found;
  }

  const ShapeForm& shape_;
  std::vector<Argument> given_;
};

Distribution shape_of(std::string_view name, Arguments& arguments) {
  constexpr env::Duration kTick{1};
  if (name == "uniform") {
    const env::Duration low = arguments.duration("min", {});
    const env::Duration high = arguments.duration("max", {});
    if (high < low) arguments.fail("the minimum of uniform is above its maximum");
    return Uniform{.low = std::min(low, high), .high = std::max(low, high)};
  }
  if (name == "exponential") {
    const env::Duration mean = arguments.duration("mean", {});
    const env::Duration low =
        arguments.has("min") ? arguments.duration("min", {}) : env::Duration{};
    return Exponential{.mean = mean, .low = low};
  }
  if (name == "lognormal") {
    const env::Duration median = arguments.duration("median", kTick);
    if (arguments.has("sigma")) {
      if (arguments.has("p99")) arguments.fail("lognormal has either a \"p99\" or a \"sigma\"");
      const std::int64_t sigma = arguments.decimal("sigma", kMillion, 1, kSigmaMax);
      return LogNormal{.median = median, .sigma_millionths = static_cast<std::uint32_t>(sigma)};
    }
    const env::Duration p99 = arguments.duration("p99", kTick);
    constexpr std::int64_t kFactorMax = 100'000;
    if (p99 < median) arguments.fail("the p99 of lognormal is below its median");
    if (p99 / kFactorMax > median)
      arguments.fail("the p99 of lognormal is more than 100,000 times its median");
    if (!arguments.mistake.empty()) return {};
    return LogNormal::of_p99(median, p99);
  }
  const env::Duration low = arguments.duration("min", kTick);
  const std::int64_t power = arguments.decimal("shape", 1000, 1, kShapeMax);
  const env::Duration high = arguments.duration("max", kTick);
  if (high < low) arguments.fail("the minimum of pareto is above its maximum");
  if (!arguments.mistake.empty()) return {};
  return Pareto{.low = low, .shape_thousandths = static_cast<std::uint32_t>(power), .high = high};
}

// "0.6" of 600,000 millionths.
std::string decimal_text(std::uint64_t value, std::uint64_t scale) {
  std::string text = std::to_string(value / scale);
  if (value % scale == 0) return text;
  std::string fraction = std::to_string(scale + value % scale).substr(1);
  while (fraction.back() == '0') fraction.pop_back();
  return text + "." + fraction;
}

}  // namespace

Parsed parse_distribution(std::string_view text) {
  text = trimmed(text);
  const std::size_t open = text.find('(');
  if (open == text.npos) {
    const auto nanos = parse_duration(text);
    if (!nanos.has_value() || *nanos > kDurationMax.count())
      return Failure(fmt::format("\"{}\" is no distribution of durations; {}", text, kForms));
    return Constant{env::Duration(*nanos)};
  }
  const std::string_view name = trimmed(text.substr(0, open));
  const auto shape = std::ranges::find(kShapes, name, &ShapeForm::name);
  if (shape == std::end(kShapes))
    return Failure(fmt::format("there is no distribution \"{}\"; {}", name, kForms));
  if (!text.ends_with(')') || text.find_first_of("()", open + 1) != text.size() - 1)
    return Failure(
        fmt::format("\"{}\" lacks its closing parenthesis, or has more behind it; "
                    "write {}",
                    text, shape->form));
  const std::string_view list = text.substr(open + 1, text.size() - open - 2);
  Arguments arguments(*shape, arguments_of(list));
  Distribution result = shape_of(name, arguments);
  if (!arguments.mistake.empty())
    return Failure(fmt::format("{}; write {}", arguments.mistake, shape->form));
  return result;
}

Parsed parse_samples(std::string_view csv) {
  std::vector<std::pair<env::Duration, std::uint64_t>> samples;
  bool may_be_header = true;
  for (int number = 1; !csv.empty(); ++number) {
    const std::size_t end = std::min(csv.find('\n'), csv.size());
    const std::string_view line = trimmed(csv.substr(0, end));
    csv.remove_prefix(std::min(end + 1, csv.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t comma = line.find(',');
    const std::string_view value = trimmed(line.substr(0, comma));
    const auto nanos = parse_duration(value);
    if (!nanos.has_value() && std::exchange(may_be_header, false) &&
        value.find_first_of("0123456789") == value.npos)
      continue;
    may_be_header = false;
    if (!nanos.has_value() || *nanos > kDurationMax.count())
      return Failure(fmt::format("line {}: \"{}\" is no duration with a unit, such as \"1.5ms\"",
                                 number, value.substr(0, 40)));
    std::optional<std::int64_t> count = 1;
    if (comma != line.npos) count = parse_decimal(trimmed(line.substr(comma + 1)), 1);
    if (!count.has_value() || *count < 1 || *count > kCountMax)
      return Failure(
          fmt::format("line {}: \"{}\" is no whole number from 1 to {}: how often it "
                      "was seen",
                      number, line.substr(comma + 1).substr(0, 40), kCountMax));
    if (samples.size() == kSamplesMax)
      return Failure(fmt::format("more than {} lines of samples", kSamplesMax));
    samples.emplace_back(env::Duration(*nanos), static_cast<std::uint64_t>(*count));
  }
  if (samples.empty()) return Failure("there are no samples in it: one duration a line");
  return Empirical::of(std::move(samples));
}

std::string distribution_text(const Distribution& distribution) {
  struct Printer {
    std::string operator()(const Constant& shape) const { return duration_text(shape.value); }
    std::string operator()(const Uniform& shape) const {
      return fmt::format("uniform({}, {})", duration_text(shape.low), duration_text(shape.high));
    }
    std::string operator()(const Exponential& shape) const {
      return fmt::format("exponential(mean {}, min {})", duration_text(shape.mean),
                         duration_text(shape.low));
    }
    std::string operator()(const LogNormal& shape) const {
      return fmt::format("lognormal(median {}, sigma {})", duration_text(shape.median),
                         decimal_text(shape.sigma_millionths, kMillion));
    }
    std::string operator()(const Pareto& shape) const {
      return fmt::format("pareto(min {}, shape {}, max {})", duration_text(shape.low),
                         decimal_text(shape.shape_thousandths, 1000), duration_text(shape.high));
    }
    std::string operator()(const Empirical& shape) const {
      return fmt::format("{} samples from {} to {}", shape.samples->back().count_up_to,
                         duration_text(shape.samples->front().value),
                         duration_text(shape.samples->back().value));
    }
  };
  return std::visit(Printer(), distribution.shape());
}

}  // namespace sim
