// Quantities as people write them, with their units, as exact integers. Nothing for what is no such
// quantity, is not whole in the unit it becomes, or does not fit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker-model/env/basics.h"

namespace sim {

// "250ms", "1.5s", "2m", "1h", "10us", "5ns" as nanoseconds; never negative.
std::optional<std::int64_t> parse_duration(std::string_view text);
// The same, or with a sign: "-250ms".
std::optional<std::int64_t> parse_offset(std::string_view text);
// "1MB/s", "500kB/s" (1 kB = 1,000 bytes), "10Mbit/s", "1Gbit/s" as bytes per second, at least 1.
std::optional<std::int64_t> parse_bandwidth(std::string_view text);
// "0.5%", "100%" as parts per million.
std::optional<std::int64_t> parse_ratio(std::string_view text);
// A decimal number without sign or exponent, times `scale`, exactly.
std::optional<std::int64_t> parse_decimal(std::string_view text, std::int64_t scale);

// "250ms", "1.5s": the shortest exact form that parse_duration reads.
std::string duration_text(env::Duration duration);

}  // namespace sim
