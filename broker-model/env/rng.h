// The one generator of the house: xoshiro256++, integers only, the same draws on every machine.
//
// A Rng is one named stream; it counts its draws, which the digest includes. Distributions with a
// shape (exponential and the like) live in sim/core; the model needs only what is here.
// One draw per full expression: argument order differs between compilers.
#pragma once

#include <array>
#include <cstdint>

#include "broker-model/env/basics.h"

namespace env {

__extension__ using Uint128 = unsigned __int128;

class Rng;

// Decides single draws from outside: overrides of a replay, or a list of what was drawn.
class DrawControl {
 public:
  // Draw number `index` (from 0) would be `value`: answers what it is instead.
  virtual std::uint64_t on_draw(Rng& rng, std::uint64_t index, std::uint64_t value) = 0;

 protected:
  ~DrawControl() = default;  // never deleted through this base
};

class Rng {
 public:
  explicit Rng(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = split_mix(seed);
  }

  std::uint64_t next() {
    const std::uint64_t result = rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    if (draws_++ == controlled_draw_) [[unlikely]]
      return control_->on_draw(*this, draws_ - 1, result);
    return result;
  }

  // Uniform over [0, bound). REQUIRES: bound > 0. May consume several words (rejection), never
  // biased.
  std::uint64_t below(std::uint64_t bound) {
    TIT_ASSERT(bound > 0, "a draw needs a positive bound");
    while (true) {
      const Uint128 product = static_cast<Uint128>(next()) * bound;
      const auto low = static_cast<std::uint64_t>(product);
      if (low >= bound || low >= (0 - bound) % bound)
        return static_cast<std::uint64_t>(product >> 64);
    }
  }

  // Uniform over [low, high], both included. REQUIRES: low <= high.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    TIT_ASSERT(low <= high, "an empty range to draw from");
    const std::uint64_t width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    if (width == UINT64_MAX) return static_cast<std::int64_t>(next());
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + below(width + 1));
  }
  Duration between(Duration low, Duration high) {
    return Duration(between(low.count(), high.count()));
  }

  // True with probability numerator / denominator. REQUIRES: 0 <= numerator <= denominator > 0.
  bool chance(std::uint64_t numerator, std::uint64_t denominator) {
    return below(denominator) < numerator;
  }

  std::uint64_t draws() const { return draws_; }

  // `control` decides the draw of that index, and may ask for a later one when it does. It outlives
  // this. REQUIRES: index >= draws().
  void control_draw(std::uint64_t index, DrawControl& control) {
    controlled_draw_ = index;
    control_ = &control;
  }

 private:
  static constexpr std::uint64_t rotl(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  static constexpr std::uint64_t split_mix(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  std::array<std::uint64_t, 4> state_{};
  std::uint64_t draws_ = 0;
  std::uint64_t controlled_draw_ = UINT64_MAX;  // none
  DrawControl* control_ = nullptr;
};

}  // namespace env
