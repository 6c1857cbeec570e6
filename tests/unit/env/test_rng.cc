#include <doctest/doctest.h>

#include <array>
#include <set>

#include "broker-model/env/rng.h"

namespace env {
namespace {

TEST_CASE("the first draws are xoshiro256++ over a SplitMix64 seed, on every machine") {
  Rng one(1);
  for (std::uint64_t expected :
       {0xcfc5d07f6f03c29bu, 0xbf424132963fe08du, 0x19a37d5757aaf520u, 0xbf08119f05cd56d6u})
    CHECK(one.next() == expected);
  CHECK(one.draws() == 4);
  Rng zero(0);
  CHECK(zero.next() == 0x53175d61490b23dfu);
  CHECK(zero.next() == 0x61da6f3dc380d507u);
}

TEST_CASE("below stays below, meets every value evenly, and rejects rather than leans") {
  Rng rng(7);
  std::array<int, 6> faces{};
  for (int i = 0; i < 60000; ++i) ++faces.at(rng.below(6));
  for (int count : faces) {  // 10000 expected, deviation 91
    CHECK(count > 9500);
    CHECK(count < 10500);
  }
  // Two thirds of 2^64: plain multiplication would give the lower half twice the weight.
  constexpr std::uint64_t kBound = UINT64_MAX / 3 * 2;
  int lower = 0;
  for (int i = 0; i < 20000; ++i) lower += rng.below(kBound) < kBound / 2 ? 1 : 0;
  CHECK(lower > 9600);
  CHECK(lower < 10400);
  CHECK(rng.draws() > 89000);  // about a third of the last draws were rejected
  CHECK(rng.below(1) == 0);
}

TEST_CASE("between includes both ends, up to the whole range") {
  Rng rng(3);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(rng.between(-1, 1));
  CHECK(seen == std::set<std::int64_t>{-1, 0, 1});
  CHECK(rng.between(5, 5) == 5);
  bool has_negative = false;
  bool has_positive = false;
  for (int i = 0; i < 64; ++i) {
    const std::int64_t value = rng.between(INT64_MIN, INT64_MAX);
    (value < 0 ? has_negative : has_positive) = true;
  }
  CHECK(has_negative);
  CHECK(has_positive);
  const Duration duration = rng.between(Duration(10ms), Duration(20ms));
  CHECK(duration >= 10ms);
  CHECK(duration <= 20ms);
}

TEST_CASE("chance is never at 0 and always at 1") {
  Rng rng(9);
  int hits = 0;
  for (int i = 0; i < 10000; ++i) {
    CHECK_FALSE(rng.chance(0, 5));
    CHECK(rng.chance(5, 5));
    hits += rng.chance(1, 4) ? 1 : 0;
  }
  CHECK(hits > 2300);
  CHECK(hits < 2700);
}

}  // namespace
}  // namespace env
