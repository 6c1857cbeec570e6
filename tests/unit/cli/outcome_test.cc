// What a run leaves: exit codes, run directories, stdout and stderr.
#include <doctest/doctest.h>

#include <string>

#include "tests/unit/cli/program.h"

namespace {

using test::Program;
using test::Said;
using Names = std::vector<std::string>;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string scenario(const std::string& body) {
  return "scenario { api = 1, name = 'x' }\nlocal c = cluster { brokers = 1 }\n" + body + "\n";
}

TEST_CASE("a scenario error at virtual time t answers 3 and leaves a run with verdict error") {
  const Program program;
  program.write("s.lua", scenario("at('7s', function() error('boom') end) run_for('9s')"));
  const Said said = program.run({"run", "s.lua"});
  CHECK(said.exit_code == 3);
  CHECK_MESSAGE(has(said.err, "s.lua:3:27: error[E0125]: boom"), said.err);
  CHECK_MESSAGE(has(said.err, "at virtual time 7s, seed 1"), said.err);
  CHECK(has(program.read("out/s-1/summary.json"), "\"verdict\": \"error\""));
  CHECK(program.names() == Names{"out", "s.lua"});
  CHECK_FALSE(program.has("out/s-1.partial"));
}

TEST_CASE("a condition that is not reached answers 4") {
  const Program program;
  program.write("s.lua", scenario("wait_until(function() return false end, { within = '2s' })"));
  const Said said = program.run({"run", "s.lua"});
  CHECK(said.exit_code == 4);
  CHECK_MESSAGE(has(said.out, "s.lua:3: wait_until did not come true within 2s"), said.out);
  CHECK(has(said.out, "LIVENESS"));
}

TEST_CASE("--json prints summary.json alone, its keys in the promised order; -q prints nothing") {
  const Program program;
  program.write("s.lua", scenario("run_for('2s')"));
  const Said json = program.run({"run", "s.lua", "--json"});
  CHECK(json.exit_code == 0);
  CHECK(json.out.starts_with("{\n"));
  CHECK(json.out.ends_with("}\n"));
  CHECK(json.out == program.read("out/s-1/summary.json"));
  std::size_t at = 0;
  for (const char* key :
       {"schema_version", "scenario", "seed", "verdict", "digest", "virtual_ms", "events",
        "messages", "wall_ms", "checks", "thresholds", "faults", "metrics", "rerun"}) {
    const std::size_t found = json.out.find("\n  \"" + std::string(key) + "\":", at);
    CHECK_MESSAGE(found != std::string::npos, std::string(key));
    at = found == std::string::npos ? at : found;
  }
  const Said quiet = program.run({"run", "s.lua", "-q"});
  CHECK(quiet.exit_code == 0);
  CHECK(quiet.out.empty());
  const Said plain = program.run({"run", "s.lua"});
  CHECK(has(plain.out, "PASSED"));
  CHECK_FALSE(has(plain.out, "\x1b["));  // no terminal, no colours
}

TEST_CASE("output that cannot be written answers 74 and what is in the way stays untouched") {
  const Program program;
  program.write("s.lua", scenario("run_for('2s')"));
  program.write("file", "mine");
  program.write("folder/mine", "mine");
  const auto refused = [&](const std::string& out, std::string_view part) {
    const Said said = program.run({"run", "s.lua", "-o", out});
    CHECK_MESSAGE(said.exit_code == 74, said.err);
    CHECK_MESSAGE(has(said.err, part), said.err);
    CHECK(said.out.empty());
    CHECK(program.names() == Names{"file", "folder", "s.lua"});
  };
  refused("file", "cannot write the run to 'file': a file of that name is in the way");
  refused("folder",
          "cannot write the run to 'folder': the folder holds something that is not a run");
  refused("file/run", "cannot write the run to 'file/run'");
  refused("/proc/x", "cannot write the run to '/proc/x'");
  CHECK(program.read("file") == "mine");
  CHECK(program.read("folder/mine") == "mine");
}

TEST_CASE("an earlier run directory is replaced, and nothing else is left beside it") {
  const Program program;
  program.write("s.lua", scenario("run_for('2s')"));
  CHECK(program.run({"run", "s.lua", "-o", "run"}).exit_code == 0);
  program.write("run/stale", "old");
  CHECK(program.run({"run", "s.lua", "-o", "run/"}).exit_code == 0);
  CHECK_FALSE(program.has("run/stale"));
  CHECK(program.names() == Names{"run", "s.lua"});
}

TEST_CASE("SIGINT and SIGTERM end a run with 130 and 143 and leave nothing") {
  const Program program;
  program.write("s.lua", scenario("every('1ms', function() end) run_for('1000h')"));
  const Said interrupted =
      program.run({"run", "s.lua", "-o", "run"}, SIGINT, std::chrono::milliseconds(500));
  CHECK_MESSAGE(interrupted.exit_code == 130, interrupted.err);
  CHECK(has(interrupted.err, "interrupted; nothing was written"));
  const Said terminated =
      program.run({"run", "s.lua", "-o", "run"}, SIGTERM, std::chrono::milliseconds(500));
  CHECK_MESSAGE(terminated.exit_code == 143, terminated.err);
  CHECK(program.names() == Names{"s.lua"});
}

TEST_CASE("every verb explains itself, with examples") {
  const Program program;
  for (const char* verb : {"run", "test", "plot", "export", "list", "version"}) {
    const Said said = program.run({verb, "--help"});
    CHECK(said.exit_code == 0);
    CHECK_MESSAGE(has(said.out, "Example"), std::string(verb));
    CHECK_MESSAGE(has(said.out, std::string("titorelli ") + verb), std::string(verb));
    CHECK(said.err.empty());
  }
  CHECK(program.run({"--help"}).exit_code == 0);
}

TEST_CASE("export of a run without a trace, or with a broken one, is a usage error") {
  const Program program;
  program.write("s.lua", scenario("run_for('2s')"));
  CHECK(program.run({"run", "s.lua", "-o", "run", "--trace", "off"}).exit_code == 0);
  const Said without = program.run({"export", "run", "--to", "pcapng"});
  CHECK(without.exit_code == 2);
  CHECK_MESSAGE(has(without.err, "--trace all"), without.err);
  CHECK(program.run({"run", "s.lua", "-o", "run", "--trace", "all"}).exit_code == 0);
  const std::string whole = program.read("run/trace.pb");
  REQUIRE(whole.size() > 1000);
  program.write("run/trace.pb", whole.substr(0, whole.size() - 7));
  const Said cut = program.run({"export", "run", "--to", "pcapng"});
  CHECK_MESSAGE(cut.exit_code == 2, cut.err);
  CHECK_FALSE(program.has("run/trace.pcapng"));
  program.write("run/trace.pb", std::string(300, '\xff'));
  const Said broken = program.run({"export", "run", "--to", "pcapng"});
  CHECK_MESSAGE(broken.exit_code == 2, broken.err);
  CHECK_FALSE(program.has("run/trace.pcapng"));
  program.write("run/trace.pb", whole);
  CHECK(program.run({"export", "run", "--to", "pcapng"}).exit_code == 0);
  CHECK(program.run({"export", "run", "--to", "pcapng", "-o", "/proc/x"}).exit_code == 74);
}

TEST_CASE("test holds a scenario against what it expects") {
  const Program program;
  program.write("a.lua", scenario("run_for('2s')"));
  const Said passed = program.run({"test", "a.lua"});
  CHECK(passed.exit_code == 0);
  CHECK(has(passed.out, "1 passed, 0 failed"));
  program.write("b.lua", scenario("check.that('n', function() return false end) run_for('1s')"));
  const Said failed = program.run({"test", "."});
  CHECK(failed.exit_code == 1);
  CHECK(has(failed.out, "1 passed, 1 failed"));
  program.write("c.lua", "nonsense(");
  CHECK(program.run({"test", "."}).exit_code == 3);
}

}  // namespace
