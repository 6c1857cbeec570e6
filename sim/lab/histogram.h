// A log-linear histogram of durations, as HdrHistogram's: relative error below 1/128, merge without
// loss.
//
// Values are nanoseconds, not negative. Values below 256 have a bucket each; above, every power of
// two is cut into 128 equal buckets. Two histograms merge by adding counts, in any order.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "broker-model/env/rng.h"

namespace sim {

class Histogram {
 public:
  void add(env::Duration value);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  env::Duration max() const { return max_; }  // exact; zero when empty

  // The smallest recorded bucket bound that at least numerator/denominator of all values do not
  // exceed, at most max(). Zero when empty. REQUIRES: numerator <= denominator, denominator > 0.
  env::Duration percentile(std::uint64_t numerator, std::uint64_t denominator) const;

  struct Bucket {
    env::Duration low{};   // smallest value that falls here
    env::Duration high{};  // largest
    std::uint64_t count = 0;
  };
  std::vector<Bucket> buckets() const;  // the non-empty ones, ascending

  // The bucket a value falls into, and that bucket's bounds.
  static std::size_t index_of(std::uint64_t value) {
    if (value < 2 * kHalf) return static_cast<std::size_t>(value);
    const int shift = std::bit_width(value) - kBits - 1;
    return static_cast<std::size_t>(shift) * kHalf + static_cast<std::size_t>(value >> shift);
  }
  static std::uint64_t low_of(std::size_t index) {
    if (index < 2 * kHalf) return index;
    const std::size_t shift = index / kHalf - 1;
    return static_cast<std::uint64_t>(index - shift * kHalf) << shift;
  }

 private:
  static constexpr int kBits = 7;
  static constexpr std::uint64_t kHalf = 1u << kBits;

  void cover(std::size_t first, std::size_t end);  // makes room for buckets [first, end)

  // Values of one window lie close together: only the buckets from the smallest seen to the
  // largest.
  std::size_t first_ = 0;              // the bucket of counts_[0]; valid unless that is empty
  std::vector<std::uint64_t> counts_;  // by bucket from first_ on
  std::uint64_t count_ = 0;
  env::Duration max_{};
};

}  // namespace sim
