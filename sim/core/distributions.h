// Distributions of durations, on integers only: no floating point, no libm, the same draws on every
// machine and compiler.
//
// A Distribution is a value; it holds no state between draws. One is drawn with one Rng, and each
// kind consumes a fixed number of draws but for the rejections of a uniform range.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "broker-model/env/rng.h"

namespace sim {

struct Constant {
  env::Duration value{};
};
struct Uniform {  // both ends included
  env::Duration low{};
  env::Duration high{};
};
struct Exponential {     // shifted: never below `low`
  env::Duration mean{};  // of the part above `low`
  env::Duration low{};
};
struct LogNormal {
  env::Duration median{};
  std::uint32_t sigma_millionths = 0;  // of the logarithm; at most 5
  // Half of the draws are below the median, one in a hundred is above p99. REQUIRES: p99 >= median
  // > 0, and not so far above that sigma is more than 5 (a factor of 112,000).
  static LogNormal of_p99(env::Duration median, env::Duration p99);
};
struct Pareto {  // a power law between two ends: above x come (low / x)^shape of the draws, about
  env::Duration low{};
  std::uint32_t shape_thousandths = 0;  // 1500: 1.5
  env::Duration high{};
};
struct Empirical {  // what was measured: each draw is one of the samples
  struct Sample {
    env::Duration value{};
    std::uint64_t count_up_to = 0;  // of this one and all below
  };
  std::shared_ptr<const std::vector<Sample>> samples;  // by value; shared by all copies
  // Values and how often they were seen. REQUIRES: some; counts above 0.
  static Empirical of(std::vector<std::pair<env::Duration, std::uint64_t>> samples);
};

class Distribution {
 public:
  using Shape = std::variant<Constant, Uniform, Exponential, LogNormal, Pareto, Empirical>;

  Distribution() = default;  // constant 0
  // REQUIRES: durations >= 0, low <= high, means below 2^53 ns (104 days); of a log-normal and a
  // Pareto distribution all durations above 0.
  Distribution(Constant shape);     // NOLINT: a shape is a distribution
  Distribution(Uniform shape);      // NOLINT
  Distribution(Exponential shape);  // NOLINT
  Distribution(LogNormal shape);    // NOLINT
  Distribution(Pareto shape);       // NOLINT
  Distribution(Empirical shape);    // NOLINT

  env::Duration draw(env::Rng& rng) const;
  env::Duration lowest() const;  // no draw is below
  env::Duration mean() const;
  const Shape& shape() const { return shape_; }

 private:
  Shape shape_;
};

}  // namespace sim
