#include "sim/cli/sweep_result.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <set>

#include "reports/sweep.pb.h"

namespace {

using sim::SeedRanges;
using sim::SweepIdentity;
using sim::SweepResult;

using sim::SweepGrid;

SweepIdentity identity() {
  return {.build = 1, .scenario = "s.lua", .content = 2, .parameters = {"rate=5"}, .overrides = {}};
}

SweepResult with_outcomes(const sim::SeedsByText& outcomes) {
  SweepResult result(identity());
  result.points[0].outcomes = outcomes;
  return result;
}

// What a seed comes to is a function of the seed, as in a sweep.
std::string outcome_of(std::uint64_t seed) {
  return seed % 7 == 0   ? "violated: no_lost_acks"
         : seed % 5 == 0 ? "liveness: # records"
                         : "passed";
}

SweepResult result_of(const std::set<std::uint64_t>& seeds) {
  std::map<std::string, std::vector<std::uint64_t>> lists;
  for (const std::uint64_t seed : seeds) lists[outcome_of(seed)].push_back(seed);
  SweepResult result(identity());
  for (const auto& [text, list] : lists)
    result.points[0].outcomes.emplace(text, sim::ranges_of(list));
  return result;
}

// Of a grid of three points: what runs come to is a function of seed and point.
SweepResult grid_result_of(const std::set<std::pair<std::uint64_t, std::uint32_t>>& runs) {
  SweepIdentity of = identity();
  of.grid = SweepGrid({{.name = "acks", .is_parameter = false, .values = {"0", "1", "all"}}});
  SweepResult result(of);
  for (const auto& [seed, point] : runs) {
    const auto add = [&, at = seed](sim::SeedRanges& place) {
      place = sim::united(place, {{.low = at, .high = at}});
    };
    add(result.points[point].outcomes[outcome_of(seed + point)]);
    add(result.points[point].checks["a"][(seed + point) % 7 == 0 ? "violated" : "ok"]);
    add(result.points[point].checks["b"][seed % 4 == 0 ? "unknown" : "ok"]);
  }
  return result;
}

std::set<std::uint64_t> some_seeds() {
  return *rc::gen::container<std::set<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, 60));
}

std::string merged_bytes(const SweepResult& a, const SweepResult& b) {
  const auto both = sim::merged(a, b);
  RC_ASSERT(both.has_value());
  return sim::encode(*both);
}

TEST_CASE("merging is a union: in any order, any grouping, any number of times, the same bytes") {
  rc::check("laws", [] {
    const auto x = some_seeds();
    const auto y = some_seeds();
    const auto z = some_seeds();
    std::set<std::uint64_t> all = x;
    all.insert(y.begin(), y.end());
    const SweepResult a = result_of(x);
    const SweepResult b = result_of(y);
    const SweepResult c = result_of(z);
    RC_ASSERT(merged_bytes(a, b) == sim::encode(result_of(all)));
    RC_ASSERT(merged_bytes(a, b) == merged_bytes(b, a));
    RC_ASSERT(merged_bytes(a, a) == sim::encode(a));
    RC_ASSERT(merged_bytes(*sim::merged(a, b), c) == merged_bytes(a, *sim::merged(b, c)));
    RC_ASSERT(sim::merged(a, b)->runs() == all.size());
  });
}

TEST_CASE("merging a grid is a union at each point, of outcomes and of verdicts") {
  rc::check("laws", [] {
    const auto some_runs = [] {
      return *rc::gen::container<std::set<std::pair<std::uint64_t, std::uint32_t>>>(rc::gen::pair(
          rc::gen::inRange<std::uint64_t>(0, 40), rc::gen::inRange<std::uint32_t>(0, 3)));
    };
    const auto x = some_runs();
    const auto y = some_runs();
    std::set<std::pair<std::uint64_t, std::uint32_t>> all = x;
    all.insert(y.begin(), y.end());
    const SweepResult a = grid_result_of(x);
    const SweepResult b = grid_result_of(y);
    const SweepResult c = grid_result_of(some_runs());
    RC_ASSERT(merged_bytes(a, b) == sim::encode(grid_result_of(all)));
    RC_ASSERT(merged_bytes(a, b) == merged_bytes(b, a));
    RC_ASSERT(merged_bytes(a, a) == sim::encode(a));
    RC_ASSERT(merged_bytes(*sim::merged(a, b), c) == merged_bytes(a, *sim::merged(b, c)));
    const auto again = sim::decode_sweep(sim::encode(a));
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->points == a.points);
    RC_ASSERT(again->identity == a.identity);
  });
}

TEST_CASE(
    "a grid that does not fit its points, or checks of seeds that were not run, are refused") {
  const auto refused = [](const SweepResult& result) {
    const auto read = sim::decode_sweep(sim::encode(result));
    REQUIRE_FALSE(read.has_value());
    return read.error();
  };
  SweepResult result = grid_result_of({{1, 0}, {1, 1}, {2, 2}});
  REQUIRE(sim::decode_sweep(sim::encode(result)).has_value());
  SweepResult short_of_one = result;
  short_of_one.points.pop_back();
  CHECK(refused(short_of_one) == "its grid is in disorder");
  SweepResult twice = result;
  twice.identity.grid =
      SweepGrid({{.name = "a", .is_parameter = false, .values = {"0", "1", "0"}}});
  CHECK(refused(twice) == "its grid is in disorder");
  SweepResult huge = result;
  std::vector<std::string> values;
  for (int i = 0; i < 100; ++i) values.push_back(std::to_string(i));
  huge.identity.grid = SweepGrid({{.name = "a", .is_parameter = false, .values = values},
                                  {.name = "b", .is_parameter = false, .values = values},
                                  {.name = "c", .is_parameter = true, .values = values},
                                  {.name = "d", .is_parameter = true, .values = values},
                                  {.name = "e", .is_parameter = true, .values = values}});
  CHECK(refused(huge) == "its grid is in disorder");
  SweepResult stray = result;
  stray.points[2].checks["a"]["ok"] = {{3, 3}};
  CHECK(refused(stray) == "its seeds are in disorder");
  SweepResult both = result;
  both.points[2].checks["b"] = {{"ok", {{2, 2}}}, {"violated", {{2, 2}}}};
  CHECK(refused(both) ==
        "seed 2 has two verdicts of b, \"ok\" and \"violated\" with --set acks=all");
}

TEST_CASE("sweeps that are not the same are not merged, and the reason is said") {
  const SweepResult one = result_of({1, 2, 3});
  const auto with = [&](auto change) {
    SweepResult other = one;
    change(other.identity);
    const auto both = sim::merged(one, other);
    REQUIRE_FALSE(both.has_value());
    CHECK(both.error().exit_code == 2);
    return both.error().sentence;
  };
  CHECK(with([](SweepIdentity& i) { i.build = 9; }) ==
        "they come from different builds of titorelli");
  CHECK(with([](SweepIdentity& i) { i.scenario = "t.lua"; }) ==
        "they are of different scenarios, s.lua and t.lua");
  CHECK(with([](SweepIdentity& i) { i.content = 9; }) ==
        "s.lua or a module of it has changed between them");
  CHECK(with([](SweepIdentity& i) { i.parameters = {}; }) == "their parameters (-D) differ");
  CHECK(with([](SweepIdentity& i) { i.overrides = {"a=b"}; }) == "their overrides (--set) differ");
  CHECK(with([](SweepIdentity& i) {
          i.grid = SweepGrid({{.name = "acks", .is_parameter = false, .values = {"0"}}});
        }) == "their grids (--sweep) differ");
}

TEST_CASE("one seed with two outcomes is nondeterminism") {
  SweepResult one = result_of({1, 2, 3});
  SweepResult two = with_outcomes({{"violated: x", {{2, 2}}}});
  const auto both = sim::merged(one, two);
  REQUIRE_FALSE(both.has_value());
  CHECK(both.error().exit_code == 5);
  CHECK(both.error().sentence == "seed 2 has two outcomes, \"passed\" and \"violated: x\"");
}

TEST_CASE("what was encoded is read again; cut short or changed anywhere, it is refused") {
  const SweepResult result = result_of({1, 2, 3, 5, 7, 14, 15, 21});
  const std::string bytes = sim::encode(result);
  const auto again = sim::decode_sweep(bytes);
  REQUIRE(again.has_value());
  CHECK(again->points == result.points);
  CHECK(again->identity == result.identity);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(sim::decode_sweep(bytes.substr(0, size)).has_value());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      const auto read = sim::decode_sweep(changed);
      // A bit of protobuf's own framing can be one that does not matter.
      if (read.has_value()) CHECK(sim::encode(*read) == bytes);
    }
  }
}

TEST_CASE("a result of another version is refused by its number") {
  titorelli::sweep::File file;
  file.set_schema_version(1);
  CHECK(sim::decode_sweep(file.SerializeAsString()).error() ==
        "it has version 1 of the format, this program reads 2");
}

TEST_CASE("seeds in disorder are refused, whatever the checksum says") {
  for (const SeedRanges& ranges : {SeedRanges{}, SeedRanges{{5, 4}}, SeedRanges{{1, 2}, {3, 4}},
                                   SeedRanges{{3, 4}, {1, 1}}, SeedRanges{{0, UINT64_MAX}}}) {
    const SweepResult wrong = with_outcomes({{"passed", ranges}});
    const auto read = sim::decode_sweep(sim::encode(wrong));
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error() == "its seeds are in disorder");
  }
  const SweepResult twice = with_outcomes({{"a", {{1, 5}}}, {"b", {{5, 6}}}});
  CHECK(sim::decode_sweep(sim::encode(twice)).error() ==
        "seed 5 has two outcomes, \"a\" and \"b\"");
}

TEST_CASE("the exit code is that of the worst outcome") {
  const auto code = [](std::vector<std::string> texts) {
    SweepResult result(identity());
    std::uint64_t seed = 1;
    for (const std::string& text : texts)
      result.points[0].outcomes[text] = {{seed, seed}}, seed += 2;
    return sim::exit_code_of(result);
  };
  CHECK(code({}) == 0);
  CHECK(code({"passed"}) == 0);
  CHECK(code({"passed", "liveness: x"}) == 4);
  CHECK(code({"violated: x", "liveness: x"}) == 1);
  CHECK(code({"unknown: x", "passed"}) == 1);
  CHECK(code({"violated: x", "error: x"}) == 3);
  CHECK(code({"internal: x", "error: x", "violated: x"}) == 70);
}

}  // namespace
