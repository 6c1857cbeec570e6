#include "sim/cli/sweep_seeds.h"

#include <fmt/format.h>

#include <charconv>

namespace sim {
namespace {

template <class T>
bool parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::expected<Seeds, std::string> parse_seeds(std::string_view range, std::string_view shard) {
  Seeds seeds;
  const std::size_t dots = range.find("..");
  if (dots == std::string_view::npos || !parse(range.substr(0, dots), seeds.first) ||
      !parse(range.substr(dots + 2), seeds.last) || seeds.last < seeds.first ||
      seeds.last > INT64_MAX) {
    return std::unexpected(
        fmt::format("--seeds expects A..B, whole numbers with A <= B, got \"{}\"", range));
  }
  const std::size_t slash = shard.find('/');
  std::uint64_t index = 0;
  if (slash == std::string_view::npos || !parse(shard.substr(0, slash), index) ||
      !parse(shard.substr(slash + 1), seeds.step) || index >= seeds.step) {
    return std::unexpected(
        fmt::format("--shard expects i/n with i from 0 to n - 1, got \"{}\"", shard));
  }
  seeds.first += index;
  return seeds;
}

}  // namespace sim
