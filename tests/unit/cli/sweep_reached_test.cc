// What the seeds of a sweep came to: counted once each, whatever was killed and resumed.
#include "sim/cli/sweep_reached.h"

#include <doctest/doctest.h>

#include <csignal>
#include <string>

#include "reports/csv.h"
#include "sim/cli/sweep_answer.h"
#include "tests/unit/cli/program.h"

namespace {

using sim::ReachedCounts;
using test::Program;
using test::Said;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("counts are added by kind; what never happened stands there as a zero") {
  ReachedCounts unknown;
  const auto first = sim::numbered({{"election", 2}, {"fault kill", 1}, {"no such", 5}}, unknown);
  CHECK(first.size() == 2);
  CHECK(unknown == ReachedCounts{{"no such", 5}});
  ReachedCounts none;
  const auto second = sim::numbered({{"election", 3}}, none);
  sim::ReachedTable table;
  table.add(4, first, unknown);
  table.add(9, second, none);
  const std::string csv = table.csv();
  CHECK(has(csv, "kind,what,times,seeds,first_seed\n"));
  CHECK_MESSAGE(has(csv, "\nelection,,5,2,4\n"), csv);
  CHECK(has(csv, "\nfault,kill,1,1,4\n"));
  CHECK(has(csv, "\nno,such,5,1,4\n"));
  CHECK(has(csv, "\nfault,wipe,0,0,\n"));
  CHECK(has(table.render(), "never  fault wipe\n"));
}

TEST_CASE("a cell of a CSV file is in quotes where it must be") {
  CHECK(reports::csv_field("acks=1") == "acks=1");
  CHECK(reports::csv_field("a,b \"c\"") == "\"a,b \"\"c\"\"\"");
}

TEST_CASE("a worker's answer carries digests and counts") {
  const sim::SweepAnswer answer{.outcome = "passed",
                                .checks = {},
                                .digests = {{"acks=1", 7}, {"", UINT64_MAX}},
                                .is_counted = true,
                                .reached = {{3, 1}, {100, UINT64_MAX}},
                                .others = {{"hold Produce", 2}}};
  CHECK(sim::decode_answer(sim::encode(answer)) == answer);
}

constexpr const char* kScenario =
    "scenario { api = 1, name = 'x' }\n"
    "local c = cluster { brokers = 3, config = { broker_session_timeout_ms = 1000,\n"
    "  broker_heartbeat_interval_ms = 200 } }\n"
    "local t = c:topic('orders', { partitions = 1, replicas = 3, min_insync_replicas = 3 })\n"
    "c:producer { acks = 'all' }:drive { topic = t, rate = '10/s' }\n"
    "at('3s', function() fault.kill { node = c:broker(math.random(3)), duration = '3s' } end)\n"
    "run_for('9s')\n";

TEST_CASE("a sweep that counts tells time-outs, errors, steps and faults, and resumes exactly") {
  const Program program;
  program.write("s.lua", kScenario);
  const Said whole =
      program.run({"sweep", "s.lua", "--seeds", "1..24", "--reached", "whole.csv", "-o", "whole"});
  CHECK(whole.exit_code == 0);
  const std::string csv = program.read("whole.csv");
  CHECK_MESSAGE(has(csv, "\nfault,kill,24,24,1\n"), csv);
  CHECK(has(csv, "\neffect,kill,24,24,1\n"));
  CHECK(has(csv, "\ntimer,broker.session.timeout.ms,24,24,1\n"));
  CHECK(has(csv, "\nbroker-step,unfenced to fenced,24,24,1\n"));
  CHECK(has(csv, "\ntimer,max.block.ms for memory,0,0,\n"));
  CHECK_FALSE(has(csv, "\nerror,Produce NOT_ENOUGH_REPLICAS,0,"));
  CHECK(has(whole.out, "timer broker.session.timeout.ms"));
  // Counting changes nothing, and nothing is counted twice.
  program.run({"sweep", "s.lua", "--seeds", "1..24", "-o", "plain"});
  CHECK(program.read("plain/sweep.pb") == program.read("whole/sweep.pb"));
  for (int i = 0; i < 4; ++i) {
    program.run(
        {"sweep", "s.lua", "--seeds", "1..24", "--reached", "cut.csv", "--resume", "-o", "cut"},
        SIGKILL, std::chrono::milliseconds(60));
  }
  program.run(
      {"sweep", "s.lua", "--seeds", "1..24", "--reached", "cut.csv", "--resume", "-o", "cut"});
  CHECK(program.read("cut.csv") == csv);
  const Said late = program.run(
      {"sweep", "s.lua", "--seeds", "1..13", "--reached", "late.csv", "--resume", "-o", "plain"});
  CHECK(late.exit_code == 2);
  CHECK_MESSAGE(has(late.err, "seeds of this sweep were run without it"), late.err);
}

TEST_CASE("--digests gives each run's; traced, counted or checked it is the same") {
  const Program program;
  program.write("s.lua", kScenario);
  program.run({"sweep", "s.lua", "--seeds", "1..4", "--digests", "plain.csv", "-o", "plain"});
  program.run({"sweep", "s.lua", "--seeds", "1..4", "--digests", "other.csv", "--trace", "all",
               "--reached", "r.csv", "--check-every-event", "1/2", "--jobs", "1", "-o", "other"});
  const std::string csv = program.read("plain.csv");
  CHECK(has(csv, "seed,variant,digest\n1,,"));
  CHECK(program.read("other.csv") == csv);
  const Said run = program.run({"run", "s.lua", "--seed", "3", "--json", "--trace", "off"});
  const std::size_t at = csv.find("\n3,,");
  REQUIRE(at != std::string::npos);
  CHECK(has(run.out, "\"digest\": \"" + csv.substr(at + 4, 16) + "\""));
}

TEST_CASE("--check-every-event is of the sweep: shards that differ in it are not one") {
  const Program program;
  program.write("s.lua", kScenario);
  program.run({"sweep", "s.lua", "--seeds", "1..2", "--check-every-event", "1/1", "-o", "a"});
  program.run({"sweep", "s.lua", "--seeds", "3..4", "-o", "b"});
  const Said merged = program.run({"merge", "a/sweep.pb", "b/sweep.pb", "-o", "all.pb"});
  CHECK(merged.exit_code == 2);
  CHECK_MESSAGE(has(merged.err, "their --check-every-event differ"), merged.err);
  for (const char* wrong : {"20", "1/0", "2/20", "1/x", "1/20x"}) {
    const Said said =
        program.run({"sweep", "s.lua", "--seeds", "1..2", "--check-every-event", wrong, "-o", "c"});
    CHECK(said.exit_code == 2);
    CHECK(has(said.err, "--check-every-event expects 1/N"));
  }
}

}  // namespace
