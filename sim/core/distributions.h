// Distributions of durations, on integers only: no floating point, no libm, the same draws on every
// machine and compiler.
//
// A Distribution is a value; it holds no state between draws. One is drawn with one Rng, and each
// kind consumes a fixed number of draws but for the rejections of a uniform range.
#pragma once

#include <cstdint>
#include <variant>

#include "broker-model/env/rng.h"

namespace sim {

// -ln(u) for u uniform over (0, 1], as fixed point with 40 fraction bits. One draw.
std::uint64_t draw_standard_exponential(env::Rng& rng);

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

class Distribution {
 public:
  Distribution() = default;  // constant 0
  // REQUIRES: durations >= 0, low <= high, means below 2^53 ns (104 days).
  Distribution(Constant shape);     // NOLINT: a shape is a distribution
  Distribution(Uniform shape);      // NOLINT
  Distribution(Exponential shape);  // NOLINT

  env::Duration draw(env::Rng& rng) const;
  env::Duration lowest() const;  // no draw is below
  env::Duration mean() const;

 private:
  std::variant<Constant, Uniform, Exponential> shape_;
};

}  // namespace sim
