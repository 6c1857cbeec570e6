// --plant, `titorelli list logic` and `titorelli score`, as the program runs them.
#include <doctest/doctest.h>

#include <string>

#include "broker-model/types/mutations.h"
#include "tests/unit/cli/program.h"

namespace {

using test::Program;
using test::Said;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* kScore = TITORELLI_SOURCE_DIR "/scenarios/score/nemesis.lua";

// A leader dies: a new one is elected, in whose epoch the bug `reuse_leader_epoch` shows.
constexpr const char* kElection =
    "scenario { api = 1, name = 'x' }\n"
    "local c = cluster { brokers = 2 }\n"
    "local t = c:topic('orders', { replicas = 2 })\n"
    "check.one_leader_per_epoch(t)\n"
    "at('2s', function() t:leader(0):kill() end)\n"
    "run_for('15s')\n";

// The table without its column of CPU time.
std::string without_cpu(const std::string& table) {
  std::string text;
  std::size_t at = 0;
  while (at < table.size()) {
    const std::size_t end = table.find('\n', at);
    std::string line = table.substr(at, end - at);
    if (line.size() > 70) line.erase(62, 9);
    text += line + "\n";
    at = end + 1;
  }
  return text;
}

TEST_CASE("list logic names every switch, the name first") {
  const Program program;
  const Said said = program.run({"list", "logic"});
  CHECK(said.exit_code == 0);
  std::size_t at = 0;
  for (const kafka::LogicSwitch& each : kafka::logic_switches()) {
    CAPTURE(each.name);
    CHECK(said.out.substr(at, each.name.size() + 1) == std::string(each.name) + " ");
    CHECK(has(said.out, each.doc));
    at = said.out.find('\n', at) + 1;
  }
  CHECK(at == said.out.size());
}

TEST_CASE("--plant plants the bug, and the rerun command says so") {
  const Program program;
  program.write("s.lua", kElection);
  CHECK(program.run({"run", "s.lua", "--trace", "off"}).exit_code == 0);
  const Said said = program.run(
      {"run", "s.lua", "--plant", "reuse_leader_epoch", "--plant", "retry_bumps_epoch", "--json"});
  CHECK(said.exit_code == 1);
  CHECK_MESSAGE(has(said.out,
                    "\"titorelli run s.lua --seed 1 --plant reuse_leader_epoch --plant "
                    "retry_bumps_epoch\""),
                said.out);
}

TEST_CASE("a bug that there is not is a usage error that names the nearest") {
  const Program program;
  program.write("s.lua", kElection);
  const std::string sentence =
      "there is no planted bug \"reuse_leader_epochs\"; did you mean reuse_leader_epoch?\n";
  const Said run = program.run({"run", "s.lua", "--plant", "reuse_leader_epochs"});
  CHECK(run.exit_code == 2);
  CHECK(run.err == "titorelli run: " + sentence);
  const Said sweep =
      program.run({"sweep", "s.lua", "--seeds", "1..2", "--plant", "reuse_leader_epochs"});
  CHECK(sweep.exit_code == 2);
  CHECK(sweep.err == "titorelli sweep: " + sentence);
  const Said score = program.run({"score", "reuse_leader_epochs", "--scenario", "s.lua"});
  CHECK(score.exit_code == 2);
  CHECK(score.err == "titorelli score: " + sentence);
  CHECK(program.names() == std::vector<std::string>{"s.lua"});
}

TEST_CASE("a sweep with a planted bug is another sweep") {
  const Program program;
  program.write("s.lua", kElection);
  program.run({"sweep", "s.lua", "--seeds", "1..4", "-o", "clean"});
  const Said planted =
      program.run({"sweep", "s.lua", "--seeds", "1..4", "--plant", "retry_bumps_epoch", "--plant",
                   "reuse_leader_epoch", "-o", "planted"});
  CHECK(planted.exit_code == 1);
  CHECK_MESSAGE(has(planted.out,
                    "titorelli run s.lua --seed 1 --plant retry_bumps_epoch --plant "
                    "reuse_leader_epoch\n"),
                planted.out);
  const Said merged = program.run({"merge", "clean/sweep.pb", "planted/sweep.pb", "-o", "all.pb"});
  CHECK(merged.exit_code == 2);
  CHECK_MESSAGE(has(merged.err, "their planted bugs (--plant) differ"), merged.err);
  const Said resumed =
      program.run({"sweep", "s.lua", "--seeds", "1..9", "--resume", "-o", "planted"});
  CHECK(resumed.exit_code == 74);
  CHECK_MESSAGE(has(resumed.err, "their planted bugs (--plant) differ"), resumed.err);
  // The order in which they are named is nothing.
  const Said again =
      program.run({"sweep", "s.lua", "--seeds", "1..4", "--resume", "--plant", "reuse_leader_epoch",
                   "--plant", "retry_bumps_epoch", "-o", "planted"});
  CHECK(again.exit_code == 1);
  CHECK(again.out == planted.out);
}

TEST_CASE("score counts the seeds until a bug is caught, whatever --jobs is") {
  const Program program;
  const Said one = program.run({"score", "reuse_leader_epoch", "fetch_skips_a_batch", "--scenario",
                                kScore, "--seeds", "1..40", "--jobs", "1"});
  CHECK_MESSAGE(one.exit_code == 0, (one.out + one.err));
  CHECK(has(one.out, "reuse_leader_epoch "));
  CHECK(has(one.out, "2 of 2 planted bugs caught with seeds 1..40\n"));
  const Said three = program.run({"score", "reuse_leader_epoch", "fetch_skips_a_batch",
                                  "--scenario", kScore, "--seeds", "1..40", "--jobs", "3"});
  CHECK(without_cpu(three.out) == without_cpu(one.out));
}

TEST_CASE("score says which bug was missed, and keeps the table of a file") {
  const Program program;
  program.write("s.lua", kElection);  // nobody produces anything in it
  const Said said =
      program.run({"score", "retry_bumps_epoch", "--scenario", "s.lua", "--seeds", "7..9"});
  CHECK(said.exit_code == 1);
  CHECK_MESSAGE(has(said.out, "missed in 3"), said.out);
  CHECK(has(said.out, "0 of 1 planted bugs caught with seeds 7..9\n"));

  program.write("checks.md", "above\n<!-- score: begin -->\nold\n<!-- score: end -->\nbelow\n");
  CHECK(program.run({"score", "--scenario", "s.lua", "--seeds", "1..1", "--write", "checks.md"})
            .exit_code == 1);
  const std::string text = program.read("checks.md");
  CHECK(text.starts_with("above\n<!-- score: begin -->\n| bug | room |"));
  CHECK(text.ends_with("|\n<!-- score: end -->\nbelow\n"));
  CHECK(has(text, "| `reuse_leader_epoch` | controller | "));
  CHECK(has(text, "| missed in 1 |"));
  CHECK_FALSE(has(text, "old\n"));
}

TEST_CASE("score refuses what it cannot do") {
  const Program program;
  program.write("s.lua", kElection);
  program.write("bad.lua", "scenario { api = 1, name = 'x' }\ncluster { broker = 3 }\n");
  program.write("none.md", "no marks\n");
  const auto code = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "score");
    return program.run(words).exit_code;
  };
  CHECK(code({"--scenario", "absent.lua"}) == 2);
  CHECK(code({"--scenario", "s.lua", "--seeds", "3..1"}) == 2);
  CHECK(code({"--scenario", "s.lua", "--seeds", "1..1", "--write", "none.md"}) == 74);
  CHECK(code({"reuse_leader_epoch", "--scenario", "s.lua", "--write", "none.md"}) == 2);
  CHECK(code({"reuse_leader_epoch", "--scenario", "bad.lua"}) == 3);
  CHECK(program.read("none.md") == "no marks\n");
}

}  // namespace
