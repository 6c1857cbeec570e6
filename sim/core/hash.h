// The house's own 64-bit mixing, and xxh3 for byte strings. Both are part of what a seed means:
// changing either changes every draw and every digest.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "broker-model/env/frame.h"
#include "broker-model/env/rng.h"

namespace sim {

// Multiplies to 128 bits and folds the halves: every bit of both inputs reaches every bit.
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const env::Uint128 product = static_cast<env::Uint128>(a ^ 0x9e3779b97f4a7c15u) *
                               static_cast<env::Uint128>(b ^ 0xd1b54a32d192ed03u);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t hash_bytes(std::span<const std::uint8_t> bytes);  // xxh3, seed 0
std::uint64_t hash_text(std::string_view text);
std::uint64_t hash_rope(const env::Rope& rope);  // of the content, however it is cut

}  // namespace sim
