#include "sim/net/loss.h"

namespace sim {
namespace {

constexpr int kFractionBits = 62;
constexpr std::uint32_t kMillion = 1'000'000;
constexpr std::uint64_t kDuplicateAcks = 3;  // that make TCP retransmit without a time-out

std::uint64_t times(std::uint64_t x, std::uint64_t y) {
  return static_cast<std::uint64_t>(static_cast<env::Uint128>(x) * y >> kFractionBits);
}

std::uint64_t power(std::uint64_t base, std::uint64_t exponent) {
  std::uint64_t result = LossRatio::kOne;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) result = times(result, base);
    base = times(base, base);
  }
  return result;
}

}  // namespace

LossRatio LossRatio::parts_per_million(std::uint32_t ppm) {
  TIT_ASSERT(ppm <= kMillion, "at most everything is lost");
  LossRatio ratio;
  ratio.survival_ =
      static_cast<std::uint64_t>(static_cast<env::Uint128>(kOne) * (kMillion - ppm) / kMillion);
  return ratio;
}

LossRatio LossRatio::with(LossRatio other) const {
  LossRatio both;
  both.survival_ = times(survival_, other.survival_);
  return both;
}

// Each segment on its own is still missing after `tries` with chance loss^tries.
std::uint64_t LossRatio::chance_of_all(std::uint64_t segments, int tries) const {
  const std::uint64_t missing = power(kOne - survival_, static_cast<std::uint64_t>(tries));
  return power(kOne - missing, segments);
}

LossDraw draw_loss(LossRatio ratio, std::uint64_t segments, int most, env::Rng& rng) {
  LossDraw draw;
  const std::uint64_t fate = rng.next() >> (64 - kFractionBits);
  while (draw.lost < most && fate >= ratio.chance_of_all(segments, draw.lost + 1)) ++draw.lost;
  if (draw.lost == 0 || segments <= kDuplicateAcks) return draw;
  // Given that something was lost: was it among the last three?
  const std::uint64_t where = rng.next() >> (64 - kFractionBits);
  const std::uint64_t any = LossRatio::kOne - ratio.chance_of_all(segments, 1);
  const std::uint64_t last = LossRatio::kOne - ratio.chance_of_all(kDuplicateAcks, 1);
  draw.is_fast = times(where, any) >= last;
  return draw;
}

}  // namespace sim
