// How two numbers are compared in thresholds and comparisons.
#pragma once

#include <cstdint>
#include <string_view>

namespace sim {

enum class Relation : std::uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual };

constexpr bool holds(Relation relation, std::int64_t a, std::int64_t b) {
  switch (relation) {
    case Relation::kLess: return a < b;
    case Relation::kLessEqual: return a <= b;
    case Relation::kGreater: return a > b;
    case Relation::kGreaterEqual: return a >= b;
    case Relation::kEqual: return a == b;
  }
  return false;
}

inline std::string_view trimmed_blanks(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace sim
