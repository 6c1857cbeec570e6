#include "sim/core/decisions.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "broker-model/env/rng.h"

namespace sim {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::size_t kFractionDigits = 12;
// Added to a fraction. What lies exactly between two outcomes is what a draw among n rejects, to be
// fair, and draws again.
constexpr std::uint64_t kOffTheEdge = std::uint64_t{1} << 24;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Takes the last word off `line`.
std::string_view take_last_word(std::string_view& line) {
  const std::size_t blank = line.find_last_of(kBlanks);
  const std::string_view word = blank == std::string_view::npos ? line : line.substr(blank + 1);
  line = trimmed(line.substr(0, line.size() - word.size()));
  return word;
}

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "0x..." or "0.25", rounded down: no floating point, so the same on every machine.
std::optional<std::uint64_t> parse_value(std::string_view text) {
  if (text.starts_with("0x")) return parse_number(text.substr(2), 16);
  if (text == "0") return kOffTheEdge;
  if (!text.starts_with("0.")) return std::nullopt;
  const std::string_view digits = text.substr(2);
  if (digits.size() > kFractionDigits) return std::nullopt;
  const auto numerator = parse_number(digits, 10);
  if (!numerator.has_value()) return std::nullopt;
  std::uint64_t denominator = 1;
  for (std::size_t i = 0; i < digits.size(); ++i) denominator *= 10;
  return static_cast<std::uint64_t>((static_cast<env::Uint128>(*numerator) << 64) / denominator) |
         kOffTheEdge;
}

}  // namespace

const Decisions::Draws* Decisions::find(std::string_view stream) const {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? nullptr : &found->second;
}

std::string decision_line(std::string_view stream, std::uint64_t index, std::uint64_t value) {
  return fmt::format("{} {} {:#018x}", stream, index, value);
}

std::string Decisions::text() const {
  std::string text;
  for (const auto& [stream, draws] : streams_) {
    for (const auto& [index, value] : draws) text += decision_line(stream, index, value) + "\n";
  }
  return text;
}

std::expected<Decisions, std::string> Decisions::parse(std::string_view text) {
  Decisions decisions;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const std::string_view value_text = take_last_word(line);
    const std::string_view index_text = take_last_word(line);
    const auto value = parse_value(value_text);
    const auto index = parse_number(index_text, 10);
    if (line.empty()) {
      return std::unexpected(fmt::format(
          "line {}: expected a stream, the number of a draw and a value, \"disk/broker-1 17 0.5\"",
          number));
    }
    if (!index.has_value() || *index == UINT64_MAX) {
      return std::unexpected(fmt::format(
          "line {}: the number of a draw is a whole one from 0, not \"{}\"", number, index_text));
    }
    if (!value.has_value()) {
      return std::unexpected(
          fmt::format("line {}: a value is 0x and up to 16 hex digits, or a fraction from 0 to "
                      "below 1 with up to {} digits, not \"{}\"",
                      number, kFractionDigits, value_text));
    }
    Draws& draws = decisions.streams_[std::string(line)];
    if (!draws.emplace(*index, *value).second) {
      return std::unexpected(
          fmt::format("line {}: draw {} of {} is decided twice", number, *index, line));
    }
  }
  return decisions;
}

}  // namespace sim
