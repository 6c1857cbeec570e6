#include "sim/core/quantities.h"

#include <fmt/format.h>

#include <span>
#include <utility>

namespace sim {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t scale;
};
constexpr Unit kTimes[] = {{"ns", 1},
                           {"us", 1'000},
                           {"ms", 1'000'000},
                           {"s", 1'000'000'000},
                           {"m", 60'000'000'000},
                           {"h", 3'600'000'000'000}};
constexpr Unit kBits[] = {
    {"B/s", 8},   {"kB/s", 8'000},   {"MB/s", 8'000'000},   {"GB/s", 8'000'000'000},
    {"bit/s", 1}, {"kbit/s", 1'000}, {"Mbit/s", 1'000'000}, {"Gbit/s", 1'000'000'000}};

// The number and what stands behind it.
std::pair<std::string_view, std::string_view> split_unit(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && ((text[i] >= '0' && text[i] <= '9') || text[i] == '.')) ++i;
  return {text.substr(0, i), text.substr(i)};
}

std::optional<std::int64_t> parse_with(std::span<const Unit> units, std::string_view text) {
  const auto [number, unit] = split_unit(text);
  for (const Unit& known : units) {
    if (known.name == unit) return parse_decimal(number, known.scale);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_decimal(std::string_view text, std::int64_t scale) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (whole.empty() || (point != std::string_view::npos && fraction.empty())) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : whole) {
    if (c < '0' || c > '9') return std::nullopt;
    if (value > (INT64_MAX / 2 / scale - (c - '0')) / 10) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  std::int64_t result = value * scale;
  for (const char c : fraction) {
    if (c < '0' || c > '9' || scale % 10 != 0) return std::nullopt;
    scale /= 10;
    result += (c - '0') * scale;
  }
  return result;
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  return parse_with(kTimes, text);
}

std::optional<std::int64_t> parse_offset(std::string_view text) {
  const bool is_negative = text.starts_with("-");
  if (is_negative || text.starts_with("+")) text.remove_prefix(1);
  const std::optional<std::int64_t> size = parse_duration(text);
  if (!size.has_value()) return std::nullopt;
  return is_negative ? -*size : *size;
}

std::optional<std::int64_t> parse_bandwidth(std::string_view text) {
  const std::optional<std::int64_t> bits = parse_with(kBits, text);
  if (!bits.has_value() || *bits < 8) return std::nullopt;
  return *bits / 8;
}

std::optional<std::int64_t> parse_ratio(std::string_view text) {
  if (!text.ends_with("%")) return std::nullopt;
  const std::optional<std::int64_t> parts = parse_decimal(text.substr(0, text.size() - 1), 10'000);
  if (!parts.has_value() || *parts > 1'000'000) return std::nullopt;
  return parts;
}

std::string duration_text(env::Duration duration) {
  const std::int64_t nanos = duration.count();
  if (nanos < 0) return "-" + duration_text(-duration);
  if (nanos == 0) return "0ms";
  // The largest unit in which at most three decimals are needed; minutes and hours only when whole.
  for (const Unit& unit : {kTimes[5], kTimes[4]}) {
    if (nanos % unit.scale == 0) return fmt::format("{}{}", nanos / unit.scale, unit.name);
  }
  for (const Unit& unit : {kTimes[3], kTimes[2], kTimes[1]}) {
    if (nanos < unit.scale || nanos % (unit.scale / 1000) != 0) continue;
    std::string text = std::to_string(nanos / unit.scale);
    const std::int64_t thousandths = nanos % unit.scale / (unit.scale / 1000);
    if (thousandths != 0) {
      text += fmt::format(".{:03}", thousandths);
      while (text.ends_with('0')) text.pop_back();
    }
    return text + std::string(unit.name);
  }
  return fmt::format("{}ns", nanos);
}

}  // namespace sim
