#include "tests/unit/determinism/runs.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "sim/lua/module_files.h"

namespace determinism {

std::string read_file(const std::string& path) {
  std::ifstream file(std::string(TITORELLI_SOURCE_DIR "/") + path);
  REQUIRE_MESSAGE(file.good(), path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

sim::ScenarioOptions scenario_file(const std::string& path, std::uint64_t seed) {
  sim::ScenarioOptions options;
  options.path = path;
  options.source = read_file(path);
  options.read_module = sim::module_reader(std::string(TITORELLI_SOURCE_DIR) + "/" + path);
  options.seed = seed;
  return options;
}

sim::ScenarioOptions small_crash(std::uint64_t seed, const std::string& drive,
                                 const std::string& extra) {
  sim::ScenarioOptions options;
  options.path = "small-crash.lua";
  options.seed = seed;
  options.source = R"lua(
scenario { api = 1, name = "a small crash" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 3, replicas = 3, min_insync_replicas = 2 })
check.no_lost_acks(orders)
local p = c:producer { acks = "all" }
p:drive { topic = orders, rate = "100/s", keys = 100, )lua" +
                   drive + R"lua( }
c:consumer { topic = orders, auto_offset_reset = "earliest" }
at("4s", function() orders:leader(0):kill() end)
)lua" + extra + R"lua(
run_for("10s")
)lua";
  return options;
}

sim::RunReport run(sim::ScenarioOptions options) {
  const auto scenario = sim::ScenarioRun::create(std::move(options));
  const auto failure = scenario->begin();
  REQUIRE_MESSAGE(!failure.has_value(), failure.value_or(sim::ScenarioFailure{}).text);
  sim::RunReport report = scenario->finish();
  REQUIRE_MESSAGE(!report.error.has_value(), report.error.value_or(""));
  return report;
}

}  // namespace determinism
