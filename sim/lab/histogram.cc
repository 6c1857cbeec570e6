#include "sim/lab/histogram.h"

#include <algorithm>

namespace sim {

void Histogram::add(env::Duration value) {
  TIT_ASSERT(value.count() >= 0, "a duration to be counted is not negative");
  const std::size_t index = index_of(static_cast<std::uint64_t>(value.count()));
  if (index < first_ || index - first_ >= counts_.size()) cover(index, index + 1);
  ++counts_[index - first_];
  ++count_;
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  cover(other.first_, other.first_ + other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i)
    counts_[other.first_ - first_ + i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

void Histogram::cover(std::size_t first, std::size_t end) {
  constexpr std::size_t kStep = 32;  // a quarter of a power of two at a time
  first -= first % kStep;
  end += (kStep - end % kStep) % kStep;
  if (counts_.empty()) first_ = first;
  if (first < first_) {
    counts_.insert(counts_.begin(), first_ - first, 0);
    first_ = first;
  }
  if (end > first_ + counts_.size()) counts_.resize(end - first_);
}

env::Duration Histogram::percentile(std::uint64_t numerator, std::uint64_t denominator) const {
  TIT_ASSERT(denominator > 0 && numerator <= denominator, "a percentile lies between 0 and 1");
  if (count_ == 0) return {};
  using Wide = env::Uint128;
  const Wide scaled = Wide{count_} * numerator + denominator - 1;
  const auto wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(scaled / denominator));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted) {
      const auto high = static_cast<std::int64_t>(low_of(first_ + i + 1) - 1);
      return std::min(env::Duration(high), max_);
    }
  }
  return max_;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> result;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    result.push_back({.low = env::Duration(static_cast<std::int64_t>(low_of(first_ + i))),
                      .high = env::Duration(static_cast<std::int64_t>(low_of(first_ + i + 1) - 1)),
                      .count = counts_[i]});
  }
  return result;
}

}  // namespace sim
