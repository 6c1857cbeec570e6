#include "sim/lab/histogram.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

namespace sim {
namespace {

Histogram of(const std::vector<std::uint64_t>& values) {
  Histogram h;
  for (std::uint64_t v : values) h.add(env::Duration(static_cast<std::int64_t>(v)));
  return h;
}

// Spread over all magnitudes: most numbers of a uniform draw have the same number of bits.
std::uint64_t spread(std::uint64_t bits) { return (bits >> 6) >> (bits & 63) & INT64_MAX; }

std::vector<std::uint64_t> spread(std::vector<std::uint64_t> values) {
  for (std::uint64_t& v : values) v = spread(v);
  return values;
}

bool are_equal(const Histogram& a, const Histogram& b) {
  const auto x = a.buckets();
  const auto y = b.buckets();
  return a.count() == b.count() && a.max() == b.max() &&
         std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& p, const auto& q) {
           return p.low == q.low && p.high == q.high && p.count == q.count;
         });
}

}  // namespace

TEST_CASE("histogram: small values have a bucket each, then 128 buckets for each power of two") {
  for (std::uint64_t v = 0; v < 256; ++v) {
    CHECK(Histogram::low_of(Histogram::index_of(v)) == v);
    CHECK(Histogram::low_of(Histogram::index_of(v) + 1) == v + 1);
  }
  CHECK(Histogram::index_of(256) == Histogram::index_of(257));
  CHECK(Histogram::index_of(256) == Histogram::index_of(255) + 1);
  CHECK(Histogram::index_of(512) - Histogram::index_of(256) == 128);
  CHECK(Histogram::low_of(Histogram::index_of(1'000'000)) == 999'424);
}

TEST_CASE("histogram: a value lies in its bucket, whose width is below 1/128 of it") {
  CHECK(rc::check("bounds", [](std::uint64_t bits) {
    const std::uint64_t v = spread(bits);
    const std::size_t index = Histogram::index_of(v);
    const std::uint64_t low = Histogram::low_of(index);
    const std::uint64_t high = Histogram::low_of(index + 1) - 1;
    RC_ASSERT(low <= v && v <= high);
    RC_ASSERT(high - low < v / 128 + 1);
  }));
}

TEST_CASE("histogram: a percentile is at most 1/128 above the one of the sorted values") {
  CHECK(rc::check("percentile", [](std::vector<std::uint64_t> raw, std::uint16_t per_mille) {
    std::vector<std::uint64_t> values = spread(std::move(raw));
    RC_PRE(!values.empty());
    const std::uint64_t p = per_mille % 1001;
    const Histogram h = of(values);
    std::sort(values.begin(), values.end());
    const std::size_t rank = std::max<std::size_t>(1, (values.size() * p + 999) / 1000);
    const std::uint64_t exact = values[rank - 1];
    const auto got = static_cast<std::uint64_t>(h.percentile(p, 1000).count());
    RC_ASSERT(got >= exact);
    RC_ASSERT(got - exact <= exact / 128);
    RC_ASSERT(got <= values.back());
    RC_ASSERT(static_cast<std::uint64_t>(h.max().count()) == values.back());
  }));
  CHECK(Histogram().percentile(99, 100) == env::Duration::zero());
}

TEST_CASE("histogram: merging is lossless, in any order and grouping") {
  using Values = std::vector<std::uint64_t>;
  CHECK(rc::check("merge", [](Values raw_a, Values raw_b, Values raw_c) {
    const Values a = spread(raw_a);
    const Values b = spread(raw_b);
    const Values c = spread(raw_c);
    Values everything = a;
    everything.insert(everything.end(), b.begin(), b.end());
    everything.insert(everything.end(), c.begin(), c.end());

    Histogram left = of(a);  // (a + b) + c
    left.merge(of(b));
    left.merge(of(c));
    Histogram right = of(c);  // c + b, then a + that
    right.merge(of(b));
    Histogram outer = of(a);
    outer.merge(right);
    RC_ASSERT(are_equal(left, of(everything)));
    RC_ASSERT(are_equal(outer, left));
  }));
}

TEST_CASE(
    "histogram: values in falling order, and merged into one of larger values, are all kept") {
  Histogram small;
  small.add(env::Duration(70'000));
  small.add(env::Duration(300));
  small.add(env::Duration(3));
  Histogram large;
  large.add(env::Duration(9'000'000'000));
  large.merge(Histogram());
  large.merge(small);
  Histogram merged_first;
  merged_first.merge(large);
  for (const Histogram* each : {&large, &merged_first}) {
    CHECK(each->count() == 4);
    const std::vector<Histogram::Bucket> buckets = each->buckets();
    REQUIRE(buckets.size() == 4);
    CHECK(buckets[0].low == env::Duration(3));
    CHECK(buckets[1].low <= env::Duration(300));
    CHECK(buckets[1].high >= env::Duration(300));
    CHECK(buckets[2].high >= env::Duration(70'000));
    CHECK(buckets[3].low <= env::Duration(9'000'000'000));
    CHECK(each->percentile(1, 4) == env::Duration(3));
    CHECK(each->percentile(1, 1) == env::Duration(9'000'000'000));
  }
}

}  // namespace sim
