// titorelli sweep --sweep, as the program runs it: the grid, its table, its files.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <string>

#include "tests/unit/cli/program.h"

namespace {

using std::chrono::milliseconds;
using test::Program;
using test::Said;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The seed decides a number that a check looks at; at limit 0 it always holds, at 100 never.
constexpr const char* kScenario =
    "scenario { api = 1, name = 'x', params = { limit = 20, word = 'a' } }\n"
    "local c = cluster { brokers = 1 }\n"
    "local t = c:topic('t')\n"
    "check.high_watermark_monotonic(t)\n"
    "local number = math.random(100)\n"
    "if param.word == 'bad' then error('no such word') end\n"
    "if param.word == 'late' then at('1s', function() error('too late') end) end\n"
    "check.that('small enough', function() return number > param.limit end)\n"
    "c:producer {}:drive { topic = t, rate = '5/s' }\n"
    "run_for('3s')\n";

using Words = std::vector<std::string>;

// What a merge says as well.
std::string without_bundles(std::string text) {
  for (std::size_t at = 0; (at = text.find("     bundle  ")) != std::string::npos;)
    text.erase(at, text.find('\n', at) + 1 - at);
  return text;
}

Words sweep(Words more) {
  Words words = {"sweep",   "s.lua",          "--seeds", "1..30",
                 "--sweep", "limit=0,50,100", "--sweep", "linger_ms=0,5"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_CASE("a grid: a row for each point, each check in a column, and the lowest run that fails") {
  const Program program;
  program.write("s.lua", kScenario);
  const Said said = program.run(sweep({"-o", "grid"}));
  CHECK(said.exit_code == 1);
  CHECK_MESSAGE(has(said.out,
                    "limit  linger.ms  small enough\n"
                    "0      0          30/30, ≤ 12 %\n"),
                said.out);
  CHECK(has(said.out, "\n100    5          30/30 violated, ≥ 88 %\n"));
  CHECK(has(said.out,
            "\nheld in all runs at every point, each ≤ 12 %: high_watermark_monotonic(t)\n"));
  CHECK(has(said.out,
            " runs  violated: small enough\n     lowest  titorelli run s.lua --seed 1 -D "
            "limit="));
  CHECK(has(said.out, "180 runs, 6 points, "));
  const std::string csv = program.read("grid/sweep.csv");
  CHECK(has(csv, "limit,linger.ms,check,judged,violated,"));
  CHECK(has(csv, "\n0,0,small enough,30,0,0,"));
  CHECK(has(csv, "\n100,5,small enough,30,30,0,"));
  CHECK(has(csv, ",no error,30,0,0,"));
  // The bundle of the lowest run that fails is of the point where it does.
  REQUIRE(has(said.out,
              "     bundle  titorelli replay grid/failures/violated-small-enough-1.bundle\n"));
  const Said replayed = program.run({"replay", "grid/failures/violated-small-enough-1.bundle"});
  CHECK(replayed.exit_code == 1);
  CHECK_MESSAGE(has(replayed.out, "reproduced, digest "), replayed.out);
  // What a point says is what a sweep with its options says.
  const Said alone = program.run({"sweep", "s.lua", "--seeds", "1..30", "-D", "limit=50", "--set",
                                  "linger.ms=5", "-o", "alone"});
  const std::size_t at = csv.find("\n50,5,small enough,30,");
  REQUIRE(at != std::string::npos);
  const std::string violated = csv.substr(at + 22, csv.find(',', at + 22) - at - 22);
  CHECK_MESSAGE(has(alone.out, " " + violated + " failed in 1 way\n"), alone.out);
  CHECK_FALSE(program.has("alone/sweep.csv"));
}

TEST_CASE("shards of a grid merged are one sweep, byte for byte, and so is one that was killed") {
  const Program program;
  program.write("s.lua", kScenario);
  const Said whole = program.run(sweep({"-o", "whole", "--jobs", "1"}));
  const std::string bytes = program.read("whole/sweep.pb");
  for (const char* shard : {"0/2", "1/2"})
    program.run(sweep({"--shard", shard, "-o", std::string("shard-") + shard[0]}));
  const Said merged = program.run(
      {"merge", "shard-1/sweep.pb", "shard-0/sweep.pb", "shard-1/sweep.pb", "-o", "all.pb"});
  CHECK(merged.exit_code == 1);
  CHECK(merged.out == without_bundles(whole.out));
  CHECK(program.read("all.pb") == bytes);
  CHECK(program.read("all.csv") == program.read("whole/sweep.csv"));
  int kills = 0;
  for (int i = 0; i < 10; ++i) {
    const Said said = program.run(sweep({"--resume", "-o", "cut", "--jobs", "3"}), SIGKILL,
                                  milliseconds(20 + i * 7 % 60));
    if (said.exit_code == 1000 + SIGKILL) ++kills;
  }
  CHECK(kills > 0);
  const Said resumed = program.run(sweep({"--resume", "-o", "cut"}));
  CHECK(without_bundles(resumed.out) == without_bundles(whole.out));
  CHECK(program.read("cut/sweep.pb") == bytes);
}

TEST_CASE("--stop-after-failures ends each point at its own seed, whatever ran besides") {
  const Program program;
  program.write("s.lua", kScenario);
  const Said one = program.run(sweep({"--stop-after-failures", "2", "--jobs", "1", "-o", "one"}));
  program.run(sweep({"--stop-after-failures", "2", "--jobs", "4", "-o", "four"}));
  CHECK(program.read("one/sweep.pb") == program.read("four/sweep.pb"));
  const std::string csv = program.read("one/sweep.csv");
  CHECK(has(csv, "\n0,0,small enough,30,0,0,"));
  CHECK(has(csv, "\n100,0,small enough,2,2,0,"));
}

TEST_CASE("runs that end in an error have their column, and do not count for the others") {
  const Program program;
  program.write("s.lua", kScenario);
  const Said said =
      program.run({"sweep", "s.lua", "--seeds", "1..4", "--sweep", "word=a,late", "-o", "grid"});
  CHECK(said.exit_code == 3);
  CHECK_MESSAGE(has(said.out, "no error"), said.out);
  CHECK(has(said.out, "4/4 violated, ≥ 51 %\n"));
}

TEST_CASE("a grid that cannot be used is refused before the first run") {
  const Program program;
  program.write("s.lua", kScenario);
  const auto refused = [&](Words words, int code, std::string_view sentence) {
    words.insert(words.begin(), {"sweep", "s.lua", "--seeds", "1..5", "-o", "c"});
    const Said said = program.run(std::move(words));
    CHECK(said.exit_code == code);
    CHECK_MESSAGE(has(said.err, sentence), said.err);
    CHECK_FALSE(program.has("c"));
  };
  refused({"--sweep", "limti=1,2"}, 2, "did you mean \"limit\"?");
  refused({"--sweep", "limit"}, 2, "--sweep expects name=value,value,...");
  refused({"--sweep", "limit=1,many"}, 2, "-D limit=many: the parameter is a whole number");
  refused({"--sweep", "limit=1,2", "-D", "limit=3"}, 2, "it has a value already");
  refused({"--sweep", "acks=0,7"}, 2, "--set acks=7");
  refused({"--sweep", "word=a,bad"}, 3, "\nwith -D word=bad\n");
  program.run({"sweep", "s.lua", "--seeds", "1..2", "--sweep", "limit=1,2", "-o", "a"});
  const Said other = program.run(
      {"sweep", "s.lua", "--seeds", "1..2", "--sweep", "limit=1,3", "--resume", "-o", "a"});
  CHECK(other.exit_code == 74);
  CHECK(has(other.err, "is of another sweep: their grids (--sweep) differ"));
}

}  // namespace
