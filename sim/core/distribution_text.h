// Distributions as people write them:
//   20ms    uniform(1ms, 5ms)    exponential(mean 2ms, min 1ms)    lognormal(median 20ms, p99 80ms)
//   lognormal(median 20ms, sigma 0.6)    pareto(min 1ms, shape 1.5, max 2s)
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "sim/core/distributions.h"

namespace sim {

// An error is a sentence: what is wrong, and what would be right.
std::expected<Distribution, std::string> parse_distribution(std::string_view text);

// One duration a line, or a duration and how often it was seen: "1.5ms" or "1.5ms,12". Empty lines,
// lines that begin with # and a first line of column names are passed over.
std::expected<Distribution, std::string> parse_samples(std::string_view csv);

// What parse_distribution reads as the same; of samples, how many and from where to where.
std::string distribution_text(const Distribution&);

}  // namespace sim
