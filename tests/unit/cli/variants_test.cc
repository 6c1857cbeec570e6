// Scenarios with variants and modules, as the program runs them: files, exit codes, what is
// printed.
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

// Two variants, the second with five times the load; the comparison is `claim`.
std::string two_loads(const std::string& claim) {
  return "scenario { api = 1, name = 'x' }\n"
         "local c = cluster { brokers = 1 }\n"
         "local t = c:topic('t')\n"
         "variant('Slow', function() c:producer {}:drive { topic = t, rate = '10/s' } end)\n"
         "variant('fast = 5', function() c:producer {}:drive { topic = t, rate = '50/s' } end)\n" +
         claim + "\nrun_for('4s')\n";
}

TEST_CASE("run runs every variant, each with a folder in the run directory, and compares") {
  const Program program;
  program.write("s.lua", two_loads("compare('records.sent', 'Slow < fast = 5')"));
  const Said said = program.run({"run", "s.lua"});
  CHECK_MESSAGE(said.exit_code == 0, said.err);
  CHECK(has(said.out, "variant   Slow\n"));
  CHECK(has(said.out, "variant   fast = 5\n"));
  CHECK_MESSAGE(has(said.out, "✓ records.sent: Slow < fast = 5\n"), said.out);
  CHECK(has(said.out, "rerun   titorelli run s.lua --seed 1 --variant 'fast = 5'"));
  CHECK(program.names() == Names{"out", "s.lua"});
  CHECK(has(program.read("out/s-1/slow/summary.json"), "\"seed\": 1,\n  \"variant\": \"Slow\","));
  CHECK(program.has("out/s-1/fast-5/plots/latency-over-time.gp"));
  const std::string whole = program.read("out/s-1/summary.json");
  for (const char* part : {"\"schema_version\": 1,\n  \"scenario\": \"s.lua\",\n  \"seed\": 1,\n  "
                           "\"verdict\": \"passed\",\n  \"variants\": [",
                           "\"compare\": [", "\"metric\": \"records.sent\"",
                           "\"expr\": \"Slow < fast = 5\"", "\"ok\": true"}) {
    CHECK_MESSAGE(has(whole, part), std::string(part));
  }
  const Said json = program.run({"run", "s.lua", "--json", "-o", "other"});
  CHECK(json.out == program.read("other/summary.json"));
  // Again: the earlier one is replaced. And a scenario that lost its variants takes the place too.
  CHECK(program.run({"run", "s.lua"}).exit_code == 0);
  program.write("s.lua", "scenario { api = 1, name = 'x' } cluster { brokers = 1 } run_for('1s')");
  CHECK(program.run({"run", "s.lua"}).exit_code == 0);
  CHECK_FALSE(program.has("out/s-1/slow"));
}

TEST_CASE("--variant runs one, in a folder of its own; an unknown one is a usage error") {
  const Program program;
  program.write("s.lua", two_loads("compare('records.sent', 'Slow > fast = 5')"));
  const Said one = program.run({"run", "s.lua", "--variant", "fast = 5"});
  CHECK(one.exit_code == 0);
  CHECK_FALSE(has(one.out, "variant   Slow"));
  CHECK_MESSAGE(has(one.out, "compare   1 not judged: run all variants, without --variant"),
                one.out);
  CHECK(program.has("out/s-1-fast-5/summary.json"));
  CHECK(has(program.run({"run", "s.lua", "--variant", "Slow", "--json", "-o", "x"}).out,
            "\"variant\": \"Slow\","));
  const Said unknown = program.run({"run", "s.lua", "--variant", "slow"});
  CHECK(unknown.exit_code == 2);
  CHECK(unknown.err == "--variant slow: s.lua has no such variant; did you mean \"Slow\"?\n");
  CHECK(program.run({"run", "s.lua", "--variant", "zzzzzzzz"}).err ==
        "--variant zzzzzzzz: s.lua has no such variant; it has: \"Slow\", \"fast = 5\"\n");
  program.write("t.lua", "scenario { api = 1, name = 'x' } cluster { brokers = 1 } run_for('1s')");
  const Said none = program.run({"run", "t.lua", "--variant", "a"});
  CHECK(none.exit_code == 2);
  CHECK(none.err == "--variant a: t.lua declares no variants\n");
  CHECK_FALSE(program.has("out/t-1"));
}

TEST_CASE("a claim that does not hold answers 1; test says which") {
  const Program program;
  program.write("s.lua", two_loads("compare('records.sent', 'Slow > fast = 5')"));
  const Said said = program.run({"run", "s.lua"});
  CHECK(said.exit_code == 1);
  CHECK_MESSAGE(has(said.out, "✗ records.sent: Slow > fast = 5\n"), said.out);
  CHECK(has(program.read("out/s-1/summary.json"), "\"verdict\": \"violated\""));
  const Said tested = program.run({"test", "s.lua"});
  CHECK(tested.exit_code == 1);
  CHECK_MESSAGE(has(tested.out, "ok   s.lua seed 1 variant Slow  passed\n"), tested.out);
  CHECK_MESSAGE(has(tested.out, "FAIL s.lua seed 1 compare records.sent: Slow > fast = 5\n"),
                tested.out);
  CHECK(has(tested.out, "2 passed, 1 failed"));
  CHECK(program.run({"run", "s.lua", "-q", "-o", "q"}).exit_code == 1);
}

TEST_CASE("an error in one variant says in which, and nothing is written") {
  const Program program;
  program.write("s.lua",
                "scenario { api = 1, name = 'x' }\ncluster { brokers = 1 }\n"
                "variant('a', function() end)\nvariant('b', function() error('boom') end)\n");
  const Said said = program.run({"run", "s.lua"});
  CHECK(said.exit_code == 3);
  CHECK_MESSAGE(has(said.err, "s.lua:4:31: error[E0125]: boom"), said.err);
  CHECK(has(said.err, "in variant \"b\""));
  CHECK(program.names() == Names{"s.lua"});
}

TEST_CASE("a variant expects what it says, else what the scenario does") {
  const Program program;
  program.write("s.lua",
                "scenario { api = 1, name = 'x' }\ncluster { brokers = 1 }\nlocal good = true\n"
                "variant('a', function() end)\n"
                "variant('b', function() good = false end, { expect = 'violated: good' })\n"
                "check.that('good', function() return good end) run_for('1s')\n");
  const Said said = program.run({"test", "s.lua"});
  CHECK_MESSAGE(said.exit_code == 0, said.out);
  CHECK(has(said.out, "ok   s.lua seed 1 variant b  violated: good\n"));
}

TEST_CASE("plot names what is drawn") {
  const Program program;
  program.write("s.lua",
                "scenario { api = 1, name = 'x' } cluster { brokers = 1 }\n"
                "plot('latency-over-time') run_for('1s')\n");
  CHECK(program.run({"run", "s.lua"}).exit_code == 0);
  CHECK(program.has("out/s-1/plots/latency-over-time.gp"));
  CHECK_FALSE(program.has("out/s-1/plots/latency-spectrum.gp"));
}

TEST_CASE(
    "modules come from the nearest lib up to the folder called scenarios, and from nowhere else") {
  const Program program;
  const std::string head = "scenario { api = 1, name = 'x' } cluster { brokers = 1 }\n";
  program.write("lib/outside.lua", "return {}");
  program.write("scenarios/lib/waits.lua", "return { n = 1 }");
  program.write("scenarios/lib/deep/more.lua", "return { n = 2 }");
  program.write("scenarios/tour/own.lua",
                head + "note(require('waits').n + require('deep.more').n) run_for('1s')\n");
  const Said good = program.run({"run", "scenarios/tour/own.lua", "-o", "run"});
  CHECK_MESSAGE(good.exit_code == 0, good.err);
  CHECK(has(good.out, "note  3"));
  CHECK(has(program.run({"test", "scenarios"}).out, "1 passed, 0 failed"));  // lib is not run
  const auto refused = [&](const std::string& name, const std::string& text) {
    program.write("scenarios/tour/bad.lua", head + "require('" + name + "')\n");
    const Said said = program.run({"run", "scenarios/tour/bad.lua"});
    CHECK(said.exit_code == 3);
    CHECK_MESSAGE(has(said.err, text), said.err);
  };
  refused("outside", "module \"outside\" is not there: scenarios/lib/outside.lua does not exist");
  refused("wait", "did you mean \"waits\"?");
  refused("../outside", "is no name of a module");
  std::filesystem::create_symlink("../../lib/outside.lua", program.path("scenarios/lib/link.lua"));
  refused("link", "module \"link\": scenarios/lib/link.lua leads out of scenarios/lib");
  std::filesystem::create_symlink(program.path("lib"), program.path("scenarios/lib/folder"));
  refused("folder/outside", "leads out of scenarios/lib");
  std::filesystem::create_directories(program.path("scenarios/lib/odd.lua"));
  refused("odd", "is no file of at most 1048576 bytes");
  program.write("scenarios/lib/broken.lua", "return {\n  a = = 1 }\n");
  refused(
      "broken",
      "scenarios/lib/broken.lua:2:7: error[E0101]: unexpected symbol near '='\n   2 |   a = = 1 }");
  program.write("alone/s.lua", head + "require('outside')\n");
  CHECK(has(program.run({"run", "alone/s.lua"}).err,
            "module \"outside\" is not there: no folder lib lies beside alone/s.lua"));
}

TEST_CASE("check reads modules and the declarations of each variant") {
  const Program program;
  const std::string head = "scenario { api = 1, name = 'x' }\nlocal c = cluster { brokers = 1 }\n";
  program.write("scenarios/lib/loads.lua",
                "return { load = function(c) return c:producer {} end,\n"
                "  bad = function(c) return c:topic('t', { partitions = 0 }) end }\n");
  program.write("scenarios/good.lua",
                head +
                    "local loads = require('loads')\nvariant('a', function() loads.load(c) end)\n"
                    "variant('b', function() loads.load(c) sleep('1s') end)\n"
                    "compare('records.sent', 'a < b')\nplot('latency-over-time')\n");
  const Said good = program.run({"check", "scenarios"});
  CHECK_MESSAGE(good.exit_code == 0, good.out);
  const auto refused = [&](const std::string& lines, std::string_view part) {
    program.write("scenarios/bad.lua", head + lines);
    const Said said = program.run({"check", "scenarios/bad.lua"});
    CHECK(said.exit_code == 3);
    CHECK_MESSAGE(has(said.out, part), said.out);
  };
  const std::string variants =
      "local loads = require('loads')\nvariant('a', function() loads.load(c) end)\n";
  // In the module, called by the second variant alone.
  refused(variants + "variant('b', function() loads.bad(c) end)\n",
          "scenarios/lib/loads.lua:2:36: error[E0110]: topic(\"t\"){ partitions = } expects");
  refused(variants + "compare('records.sent', 'a < b')\n", "error[E0127]: unknown variant \"b\"");
  refused("require('laods')\n", "did you mean \"loads\"?");
  refused("at('1s', function() plot('latency-over-tim') end)\n",
          "error[E0110]: unknown plot \"latency-over-tim\"");
  refused("at('1s', function() metric('records.snt') end)\n",
          "error[E0122]: unknown metric \"records.snt\"");
}

TEST_CASE("list configs filters by scope and by name") {
  const Program program;
  const Said topic = program.run({"list", "configs", "--topic"});
  CHECK(topic.exit_code == 0);
  CHECK(has(topic.out, "min.insync.replicas "));
  CHECK(has(topic.out, "1 and more "));
  CHECK_FALSE(has(topic.out, "linger.ms"));
  const Said both = program.run({"list", "configs", "--producer", "--topic", "max_"});
  CHECK(has(both.out, "max.block.ms "));
  CHECK(has(both.out, "max.message.bytes "));
  CHECK_FALSE(has(both.out, "num.io.threads"));
  const Said none = program.run({"list", "configs", "linger.mss"});
  CHECK(none.exit_code == 2);
  CHECK(none.err ==
        "titorelli list configs: no key has \"linger.mss\" in its name; did you mean linger.ms?\n");
  CHECK(program.run({"list", "checks", "lost"}).exit_code == 2);
  CHECK(program.run({"list", "plots", "--topic"}).err ==
        "titorelli list plots: only configs take a filter\n");
}

TEST_CASE("list faults shows all, or one with its parameters") {
  const Program program;
  const Said all = program.run({"list", "faults"});
  CHECK(all.exit_code == 0);
  for (const char* name : {"one-way-partition ", "slow-disk ", "rolling-restart ", "operations "})
    CHECK_MESSAGE(has(all.out, name), all.out);
  const Said one = program.run({"list", "faults", "slow_disk"});
  CHECK(one.exit_code == 0);
  CHECK_MESSAGE(one.out.starts_with("slow-disk (disk): "), one.out);
  CHECK_MESSAGE(has(one.out, "  node           a node, or a selector"), one.out);
  CHECK_MESSAGE(has(one.out, "; required\n"), one.out);
  CHECK_MESSAGE(has(one.out, "  factor         a whole number from 2 to 1000000; default "),
                one.out);
  CHECK_FALSE(has(one.out, "rolling-restart"));
  const Said none = program.run({"list", "faults", "slow-disc"});
  CHECK(none.exit_code == 2);
  CHECK(none.err ==
        "titorelli list faults: there is no fault \"slow-disc\"; did you mean slow-disk?\n");
  CHECK(program.run({"list", "faults", "--topic"}).exit_code == 2);
}

}  // namespace
