#include "sim/core/hash.h"

#define XXH_STATIC_LINKING_ONLY  // the streaming state on the stack
#include <xxhash.h>

#include <cstring>

namespace sim {

std::uint64_t hash_bytes(std::span<const std::uint8_t> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint64_t hash_text(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

std::uint64_t hash_rope(const env::Rope& rope) {
  constexpr std::size_t kCopyMax = 1024;  // up to here a copy is cheaper than a streaming state
  if (rope.part_count() == 0) return hash_bytes({});
  if (rope.part_count() == 1) return hash_bytes(rope.part(0).span());
  if (rope.size() <= kCopyMax) {
    std::uint8_t buffer[kCopyMax];
    std::size_t size = 0;
    for (std::size_t i = 0; i < rope.part_count(); ++i) {
      std::memcpy(buffer + size, rope.part(i).data(), rope.part(i).size());
      size += rope.part(i).size();
    }
    return hash_bytes({buffer, size});
  }
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  for (std::size_t i = 0; i < rope.part_count(); ++i) {
    XXH3_64bits_update(&state, rope.part(i).data(), rope.part(i).size());
  }
  return XXH3_64bits_digest(&state);
}

}  // namespace sim
