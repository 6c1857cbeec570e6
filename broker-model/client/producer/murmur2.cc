#include "broker-model/client/producer/murmur2.h"

#include "broker-model/env/basics.h"

namespace kafka {

std::int32_t murmur2(std::span<const std::uint8_t> bytes) {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t word = 0;
    for (std::size_t i = 4; i-- > 0;) word = word << 8 | bytes[at + i];  // little endian
    word *= kMultiplier;
    word ^= word >> 24;
    hash = (hash * kMultiplier) ^ (word * kMultiplier);
  }
  if (at < bytes.size()) {
    for (std::size_t i = 0; at + i < bytes.size(); ++i) {
      hash ^= static_cast<std::uint32_t>(bytes[at + i]) << (8 * i);
    }
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return static_cast<std::int32_t>(hash);
}

std::int32_t partition_for_key(std::span<const std::uint8_t> key, std::int32_t partitions) {
  TIT_ASSERT(partitions > 0, "a topic has partitions");
  return (murmur2(key) & 0x7fffffff) % partitions;
}

}  // namespace kafka
