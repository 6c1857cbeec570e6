#include "sim/cli/sweep_table.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "reports/wrap.h"

namespace {

using sim::SeedRanges;
using sim::SweepGrid;
using sim::SweepResult;
using sim::wilson;

SweepResult result() {
  SweepResult result(
      {.build = 1,
       .scenario = "s.lua",
       .content = 2,
       .parameters = {},
       .overrides = {},
       .grid = SweepGrid({{.name = "acks", .is_parameter = false, .values = {"0", "all"}}})});
  result.points[0].outcomes = {{"passed", {{1, 63}}}, {"violated: no_lost_acks", {{64, 100}}}};
  result.points[0].checks = {{"no_lost_acks(t)", {{"ok", {{1, 63}}}, {"violated", {{64, 100}}}}},
                             {"agree", {{"ok", {{1, 90}}}, {"unknown", {{91, 100}}}}},
                             {"no error", {{"ok", {{1, 100}}}}}};
  result.points[1].outcomes = {{"passed", {{1, 1000}}}};
  result.points[1].checks = {{"no_lost_acks(t)", {{"ok", {{1, 1000}}}}},
                             {"no error", {{"ok", {{1, 1000}}}}}};
  return result;
}

TEST_CASE("Wilson's interval: figures of the literature, and bounds of none and of all") {
  // Brown, Cai, DasGupta (2001) and any statistics package: 37 of 100.
  CHECK(wilson(37, 100).low == doctest::Approx(0.281824).epsilon(1e-5));
  CHECK(wilson(37, 100).high == doctest::Approx(0.467795).epsilon(1e-5));
  CHECK(wilson(0, 10).low == 0);
  CHECK(wilson(0, 10).high == doctest::Approx(0.277533).epsilon(1e-5));
  CHECK(wilson(10, 10).low == doctest::Approx(1 - 0.277533).epsilon(1e-5));
  CHECK(wilson(10, 10).high == 1);
  CHECK(wilson(0, 1000).high == doctest::Approx(0.003827).epsilon(1e-3));
  CHECK(wilson(0, 0).low == 0);
  CHECK(wilson(0, 0).high == 1);
  for (std::uint64_t all = 1; all < 60; ++all) {
    for (std::uint64_t count = 0; count <= all; ++count) {
      const double share = static_cast<double>(count) / static_cast<double>(all);
      CHECK(wilson(count, all).low <= share);
      CHECK(wilson(count, all).high >= share);
    }
  }
}

TEST_CASE("the table: held in all, in how many violated, unknown, and not there") {
  CHECK(
      sim::render_table(result()) ==
      "acks  agree                       no_lost_acks(t)\n"
      "0     90/90, ≤ 4.1 %, 10 unknown  37/100 violated, 28-47 %\n"
      "all   -                           1000/1000, ≤ 0.39 %\n"
      "\n"
      "n/n: held in all n runs, and at most that share of runs violates it; n/m violated: so many "
      "of m,\nand between which bounds the share lies. At 95 %, by Wilson's score interval.\n");
}

TEST_CASE("runs that did not come to their ends get a column; columns that do not fit go below") {
  SweepResult wide = result();
  wide.points[0].checks["no error"] = {{"ok", {{1, 99}}}, {"violated", {{100, 100}}}};
  for (int i = 0; i < 6; ++i)
    wide.points[0].checks[fmt::format("check_number_{}(orders)", i)] = {{"violated", {{1, 100}}}};
  const std::string text = sim::render_table(wide);
  CHECK_MESSAGE(text.find("  no error\n") != std::string::npos, text);
  CHECK(text.find("1/100 violated, 0.17-5.5 %") != std::string::npos);
  CHECK(text.find("100/100 violated, ≥ 96 %") != std::string::npos);
  CHECK(text.find("\n\nacks  ") != std::string::npos);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    CHECK(reports::columns_of(text.substr(at, end - at)) <= 100);
    at = end + 1;
  }
}

TEST_CASE("sweep.csv has a row for each point and check") {
  SweepResult one = result();
  one.points[1].checks["compare a, \"b\""] = {{"violated", {{3, 4}}}};
  CHECK(sim::table_csv(one) ==
        "acks,check,judged,violated,unknown,violated_low,violated_high,lowest_violated_seed\n"
        "0,agree,90,0,10,0.000000,0.040936,\n"
        "0,\"compare a, \"\"b\"\"\",0,0,0,0.000000,1.000000,\n"
        "0,no_lost_acks(t),100,37,0,0.281824,0.467795,64\n"
        "0,no error,100,0,0,0.000000,0.036993,\n"
        "all,agree,0,0,0,0.000000,1.000000,\n"
        "all,\"compare a, \"\"b\"\"\",2,2,0,0.342380,1.000000,3\n"
        "all,no_lost_acks(t),1000,0,0,0.000000,0.003827,\n"
        "all,no error,1000,0,0,0.000000,0.003827,\n");
}

}  // namespace
