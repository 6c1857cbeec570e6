// Packet loss as TCP shows it: how often a frame's segments have to be sent until all got through.
// Integers only; probabilities are fixed point with 62 fraction bits.
#pragma once

#include <cstdint>

#include "broker-model/env/rng.h"

namespace sim {

class LossRatio {
 public:
  constexpr LossRatio() = default;  // nothing is lost
  // REQUIRES: at most 1,000,000.
  static LossRatio parts_per_million(std::uint32_t ppm);
  // What is lost to either.
  LossRatio with(LossRatio other) const;
  bool is_zero() const { return survival_ == kOne; }

  // That the last of `segments` gets through by transmission number `tries`.
  std::uint64_t chance_of_all(std::uint64_t segments, int tries) const;

  static constexpr std::uint64_t kOne = std::uint64_t{1} << 62;

 private:
  std::uint64_t survival_ = kOne;
};

struct LossDraw {
  int lost = 0;          // transmissions that do not bring all through; at most `most`
  bool is_fast = false;  // the first one is noticed: three segments of the frame follow the lost
};

// The fate of a frame of so many segments. One draw when it gets through at once, else at most two.
LossDraw draw_loss(LossRatio, std::uint64_t segments, int most, env::Rng&);

}  // namespace sim
