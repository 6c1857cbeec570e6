// Quantities as people write them: exact, or nothing.
#include "sim/core/quantities.h"

#include <doctest/doctest.h>

namespace sim {

TEST_CASE("durations and offsets are exact, and refuse what has no unit or is not whole") {
  CHECK(parse_duration("250ms") == 250'000'000);
  CHECK(parse_duration("1.5s") == 1'500'000'000);
  CHECK(parse_duration("0.000001ms") == 1);
  CHECK(parse_duration("2h") == 7'200'000'000'000);
  for (const char* wrong : {"", "5", "s", "1.5ns", "-1s", "1e3ms", "1 s", "99999999999h", "1.s"})
    CHECK_FALSE(parse_duration(wrong).has_value());
  CHECK(parse_offset("-250ms") == -250'000'000);
  CHECK(parse_offset("+1s") == 1'000'000'000);
  CHECK_FALSE(parse_offset("--1s").has_value());
}

TEST_CASE("bandwidths are bytes per second, at least one") {
  CHECK(parse_bandwidth("1MB/s") == 1'000'000);
  CHECK(parse_bandwidth("10Mbit/s") == 1'250'000);
  CHECK(parse_bandwidth("0.5kB/s") == 500);
  for (const char* wrong : {"1", "1MB", "7bit/s", "0B/s", "1Mb/s", "-1MB/s"})
    CHECK_FALSE(parse_bandwidth(wrong).has_value());
}

TEST_CASE("shares are parts per million, at most all") {
  CHECK(parse_ratio("0.5%") == 5'000);
  CHECK(parse_ratio("100%") == 1'000'000);
  CHECK(parse_ratio("0%") == 0);
  for (const char* wrong : {"0.5", "101%", "%", "-1%", "0.00001%"})
    CHECK_FALSE(parse_ratio(wrong).has_value());
}

TEST_CASE("a duration is written in the shortest form that reads as the same") {
  const auto text = [](std::int64_t nanos) { return duration_text(env::Duration(nanos)); };
  CHECK(text(0) == "0ms");
  CHECK(text(1'500'000'000) == "1.5s");
  CHECK(text(250'000) == "250us");
  CHECK(text(-60'000'000'000) == "-1m");
  for (const std::int64_t nanos :
       {1LL, 999LL, 1'001LL, 1'000'001LL, 61'000'000'000LL, 3'600'000'000'000LL, 1'234'567'891LL})
    CHECK(parse_duration(text(nanos)) == nanos);
}

}  // namespace sim
