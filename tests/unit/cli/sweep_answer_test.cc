#include "sim/cli/sweep_answer.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using sim::SweepAnswer;

TEST_CASE("what a worker answers arrives, whatever bytes are in it") {
  const SweepAnswer answer{.outcome = std::string("violated: \xff\0 x", 13),
                           .checks = {{"no_lost_acks(t)", "violated"}, {"", "unknown"}}};
  CHECK(sim::decode_answer(sim::encode(answer)) == answer);
  CHECK_FALSE(sim::decode_answer("\x0a\x7f").has_value());
}

TEST_CASE("a worker that died answers with its first words, numbers aside") {
  CHECK(sim::answer_of_death("assertion at 0x12 failed: 7 of 12\nmore", false) ==
        SweepAnswer{.outcome = "internal: assertion at #x12 failed: # of #", .is_counted = true});
  CHECK(sim::answer_of_death("x", true).checks ==
        std::vector<std::pair<std::string, std::string>>{{"no error", "violated"}});
}

}  // namespace
