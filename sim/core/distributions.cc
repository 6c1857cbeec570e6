#include "sim/core/distributions.h"

#include <algorithm>
#include <limits>

#include "sim/core/fixed_math.h"

namespace sim {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

constexpr std::int64_t kMeanMax = std::int64_t{1} << 53;
constexpr std::uint32_t kMillion = 1'000'000;
constexpr std::uint32_t kSigmaMax = 5 * kMillion;
constexpr std::uint32_t kShapeMax = 1'000'000;
constexpr std::uint64_t kNormalP99 = 2'557'846'537'760;  // round(2.3263478740 * 2^40)
constexpr std::uint64_t kLogOne = std::uint64_t{1} << kLogBits;

std::uint64_t count(env::Duration d) { return static_cast<std::uint64_t>(d.count()); }
env::Duration nanos(std::uint64_t count) { return env::Duration(static_cast<std::int64_t>(count)); }

// x * numerator / denominator for an x with kLogBits, or anything else.
std::int64_t scaled(std::int64_t x, std::uint64_t numerator, std::uint64_t denominator) {
  const bool is_negative = x < 0;
  const auto size = static_cast<std::uint64_t>(is_negative ? -x : x);
  const auto result =
      static_cast<std::int64_t>(static_cast<env::Uint128>(size) * numerator / denominator);
  return is_negative ? -result : result;
}

env::Duration draw_log_normal(const LogNormal& shape, env::Rng& rng) {
  const std::int64_t normal = draw_standard_normal(rng);
  const std::uint64_t value =
      exp_of(scaled(normal, shape.sigma_millionths, kMillion), count(shape.median));
  return nanos(std::min<std::uint64_t>(value, kMeanMax));
}

// (low / high)^power of a Pareto distribution, of `unit`.
std::uint64_t power_of_range(const Pareto& shape, std::int64_t power_thousandths,
                             std::uint64_t unit) {
  const auto log = static_cast<std::int64_t>(log_of_ratio(count(shape.high), count(shape.low)));
  const std::int64_t sign = power_thousandths < 0 ? -1 : 1;
  return exp_of(-sign * scaled(log, static_cast<std::uint64_t>(sign * power_thousandths), 1000),
                unit);
}

// low * u^(-1 / shape), with u from where the result is `high` up to 1.
env::Duration draw_pareto(const Pareto& shape, env::Rng& rng) {
  const std::uint64_t least = power_of_range(shape, shape.shape_thousandths, INT64_MAX) * 2;
  const std::uint64_t word = rng.next();
  const std::uint64_t spread = static_cast<std::uint64_t>(
      static_cast<env::Uint128>(word) * (std::numeric_limits<std::uint64_t>::max() - least) >> 64);
  const auto log = static_cast<std::int64_t>(minus_log(least + spread));
  const std::uint64_t value = exp_of(scaled(log, 1000, shape.shape_thousandths), count(shape.low));
  return std::clamp(nanos(value), shape.low, shape.high);
}

// With r = low / high and a the shape: low * a/(a-1) * (1 - r^(a-1)) / (1 - r^a); with a = 1,
// low * ln(1/r) / (1 - r).
env::Duration mean_of(const Pareto& shape) {
  if (shape.low == shape.high) return shape.low;
  const std::int64_t a = shape.shape_thousandths;
  const std::uint64_t rest =
      std::max<std::uint64_t>(kLogOne - power_of_range(shape, a, kLogOne), 1);
  env::Uint128 mean = count(shape.low);
  if (a == 1000) {
    mean = mean * log_of_ratio(count(shape.high), count(shape.low)) / rest;
  } else {
    // A power below 0 may be as large as high / low.
    const std::uint64_t one = a > 1000 ? kLogOne : 512;
    const std::uint64_t power = power_of_range(shape, a - 1000, one);
    const std::uint64_t difference = power < one ? one - power : power - one;
    const auto factor = static_cast<std::uint64_t>(a > 1000 ? a - 1000 : 1000 - a);
    mean = (mean * difference / one << kLogBits) / rest * static_cast<std::uint64_t>(a) / factor;
  }
  return std::clamp(nanos(static_cast<std::uint64_t>(mean)), shape.low, shape.high);
}

env::Duration draw_empirical(const Empirical& shape, env::Rng& rng) {
  const std::uint64_t rank = rng.below(shape.samples->back().count_up_to);
  const auto found =
      std::ranges::upper_bound(*shape.samples, rank, {}, &Empirical::Sample::count_up_to);
  return found->value;
}

env::Duration mean_of(const Empirical& shape) {
  env::Uint128 sum = 0;
  std::uint64_t before = 0;
  for (const Empirical::Sample& sample : *shape.samples) {
    sum += static_cast<env::Uint128>(count(sample.value)) * (sample.count_up_to - before);
    before = sample.count_up_to;
  }
  return nanos(static_cast<std::uint64_t>(sum / before));
}

}  // namespace

LogNormal LogNormal::of_p99(env::Duration median, env::Duration p99) {
  TIT_ASSERT(median.count() > 0 && p99 >= median, "the 99th percentile is no less than the median");
  const std::uint64_t log = log_of_ratio(count(p99), count(median));
  const env::Uint128 sigma = static_cast<env::Uint128>(log) * kMillion + kNormalP99 / 2;
  return {.median = median, .sigma_millionths = static_cast<std::uint32_t>(sigma / kNormalP99)};
}

Empirical Empirical::of(std::vector<std::pair<env::Duration, std::uint64_t>> samples) {
  TIT_ASSERT(!samples.empty(), "a distribution of no samples");
  std::ranges::sort(samples);
  auto sorted = std::make_shared<std::vector<Sample>>();
  std::uint64_t sum = 0;
  for (const auto& [value, count] : samples) {
    TIT_ASSERT(value.count() >= 0 && value.count() < kMeanMax, "durations are below 104 days");
    TIT_ASSERT(count > 0 && count < kMeanMax, "each sample counts");
    sum += count;
    if (!sorted->empty() && sorted->back().value == value) {
      sorted->back().count_up_to = sum;
    } else {
      sorted->push_back({.value = value, .count_up_to = sum});
    }
  }
  return {.samples = std::move(sorted)};
}

Distribution::Distribution(Constant shape) : shape_(shape) {
  TIT_ASSERT(shape.value.count() >= 0, "a distribution of durations is not negative");
}

Distribution::Distribution(Uniform shape) : shape_(shape) {
  TIT_ASSERT(shape.low.count() >= 0, "a distribution of durations is not negative");
  TIT_ASSERT(shape.low <= shape.high, "a uniform distribution has low <= high");
}

Distribution::Distribution(Exponential shape) : shape_(shape) {
  TIT_ASSERT(shape.low.count() >= 0, "a distribution of durations is not negative");
  TIT_ASSERT(shape.mean.count() >= 0 && shape.mean.count() < kMeanMax, "a mean is below 104 days");
}

Distribution::Distribution(LogNormal shape) : shape_(shape) {
  TIT_ASSERT(shape.median.count() > 0 && shape.median.count() < kMeanMax,
             "a median is above 0 and below 104 days");
  TIT_ASSERT(shape.sigma_millionths <= kSigmaMax, "a sigma is at most 5");
}

Distribution::Distribution(Pareto shape) : shape_(shape) {
  TIT_ASSERT(shape.low.count() > 0 && shape.low <= shape.high, "a range above 0");
  TIT_ASSERT(shape.high.count() < kMeanMax, "a maximum is below 104 days");
  TIT_ASSERT(shape.shape_thousandths > 0 && shape.shape_thousandths <= kShapeMax,
             "a shape is above 0 and at most 1000");
}

Distribution::Distribution(Empirical shape) : shape_(std::move(shape)) {
  TIT_ASSERT(std::get<Empirical>(shape_).samples != nullptr, "made by Empirical::of");
}

env::Duration Distribution::draw(env::Rng& rng) const {
  return std::visit(
      Overloaded{
          [](const Constant& shape) { return shape.value; },
          [&](const Uniform& shape) { return rng.between(shape.low, shape.high); },
          [&](const Exponential& shape) {
            const env::Uint128 product = static_cast<env::Uint128>(minus_log(rng.next())) *
                                         static_cast<std::uint64_t>(shape.mean.count());
            return shape.low + env::Duration(static_cast<std::int64_t>(product >> kLogBits));
          },
          [&](const LogNormal& shape) { return draw_log_normal(shape, rng); },
          [&](const Pareto& shape) { return draw_pareto(shape, rng); },
          [&](const Empirical& shape) { return draw_empirical(shape, rng); },
      },
      shape_);
}

env::Duration Distribution::lowest() const {
  return std::visit(Overloaded{
                        [](const Constant& shape) { return shape.value; },
                        [](const Uniform& shape) { return shape.low; },
                        [](const Exponential& shape) { return shape.low; },
                        [](const LogNormal&) { return env::Duration::zero(); },
                        [](const Pareto& shape) { return shape.low; },
                        [](const Empirical& shape) { return shape.samples->front().value; },
                    },
                    shape_);
}

env::Duration Distribution::mean() const {
  return std::visit(
      Overloaded{
          [](const Constant& shape) { return shape.value; },
          [](const Uniform& s) { return s.low + (s.high - s.low) / 2; },
          [](const Exponential& shape) { return shape.low + shape.mean; },
          [](const LogNormal& shape) {  // median * e^(sigma^2 / 2)
            const std::uint64_t square =
                std::uint64_t{shape.sigma_millionths} * shape.sigma_millionths;
            const env::Uint128 half = (static_cast<env::Uint128>(square) << kLogBits) /
                                      (std::uint64_t{2} * kMillion * kMillion);
            const std::uint64_t mean = exp_of(static_cast<std::int64_t>(half), count(shape.median));
            return nanos(std::min<std::uint64_t>(mean, kMeanMax));
          },
          [](const Pareto& shape) { return mean_of(shape); },
          [](const Empirical& shape) { return mean_of(shape); },
      },
      shape_);
}

}  // namespace sim
