// Which seeds a sweep runs: --seeds A..B, and of those --shard i/n.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace sim {

// first, first + step, ... up to last.
struct Seeds {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t step = 1;

  std::uint64_t count() const { return first > last ? 0 : (last - first) / step + 1; }
  std::uint64_t at(std::uint64_t index) const { return first + index * step; }
  bool contains(std::uint64_t seed) const {
    return seed >= first && seed <= last && (seed - first) % step == 0;
  }
};

// A sentence when the words are none.
std::expected<Seeds, std::string> parse_seeds(std::string_view range, std::string_view shard);

}  // namespace sim
