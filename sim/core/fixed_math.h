// Logarithms, powers and normal draws on integers only: the same on every machine and compiler.
//
// Logarithms are fixed point with 40 fraction bits, taken from a table with linear steps (off by
// less than 8e-6).
#pragma once

#include <cstdint>

#include "broker-model/env/rng.h"

namespace sim {

inline constexpr int kLogBits = 40;

// -ln(u) for u = word / 2^64, a uniform word making u uniform over (0, 1].
std::uint64_t minus_log(std::uint64_t word);

// ln(large / small). REQUIRES: large >= small > 0.
std::uint64_t log_of_ratio(std::uint64_t large, std::uint64_t small);

// e^x * unit for an x with kLogBits; INT64_MAX when it is more than that.
std::uint64_t exp_of(std::int64_t x, std::uint64_t unit);

// The normal distribution of mean 0 and deviation 1, with kLogBits. Two draws.
std::int64_t draw_standard_normal(env::Rng& rng);

}  // namespace sim
