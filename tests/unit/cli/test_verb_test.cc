// titorelli test, as the program runs it: what it prints, its files, its exit codes.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "tests/unit/cli/program.h"

namespace {

using test::Program;
using test::Said;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string scenario(const std::string& head, const std::string& seconds = "4s") {
  return fmt::format(
      "scenario {{ api = 1, name = 'x', {} }}\n"
      "local c = cluster {{ brokers = 1 }}\n"
      "local t = c:topic('t')\n"
      "check.high_watermark_monotonic(t)\n"
      "c:producer {{}}:drive {{ topic = t, rate = '10/s' }}\n"
      "run_for('{}')\n",
      head, seconds);
}

TEST_CASE("the same lines in the same order with one job and with four") {
  const Program program;
  program.write("a/one.lua", scenario("seeds = '1..5'"));
  program.write("a/two.lua", scenario("seeds = '3, 1'"));
  program.write("b.lua", scenario("expect = 'violated: no_lost_acks'"));
  const Said one = program.run({"test", ".", "--jobs", "1"});
  CHECK(one.exit_code == 1);
  CHECK_MESSAGE(has(one.out,
                    "ok   ./a/one.lua seed 5  passed\nok   ./a/two.lua seed 3  passed\n"
                    "ok   ./a/two.lua seed 1  passed\n"
                    "FAIL ./b.lua seed 1  passed\n     expected violated: no_lost_acks\n"
                    "     rerun titorelli run ./b.lua --seed 1\n"
                    "7 passed, 1 failed\n"),
                one.out);
  CHECK(has(one.err, "slowest: "));
  const Said four = program.run({"test", ".", "--jobs", "4"});
  CHECK(four.out == one.out);
}

TEST_CASE("a run that never comes to what it is there to show fails as vacuous") {
  const Program program;
  program.write("s.lua", scenario("reaches = { 'broker-state unfenced', 'timeout Fetch' }"));
  const Said said = program.run({"test", "s.lua"});
  CHECK(said.exit_code == 1);
  CHECK_MESSAGE(has(said.out, "FAIL s.lua seed 1  vacuous: timeout Fetch\n"), said.out);
  program.write("s.lua", scenario("reaches = { 'broker-state unfenced', 'became-leader' }"));
  CHECK(program.run({"test", "s.lua"}).exit_code == 0);
}

TEST_CASE("digests: recorded with --update, held against from then on, and only of good runs") {
  const Program program;
  program.write("d/s.lua", scenario("seeds = '1..2'"));
  program.write("d/bad.lua", scenario("expect = 'liveness'"));
  CHECK(program.run({"test", "d"}).exit_code == 1);
  CHECK_FALSE(program.has("d/digests.txt"));
  CHECK(program.run({"test", "d", "--update"}).exit_code == 1);
  const std::string recorded = program.read("d/digests.txt");
  CHECK(has(recorded, "\ns.lua\t1\t"));
  CHECK(has(recorded, "\ns.lua\t2\t"));
  CHECK_FALSE(has(recorded, "bad.lua"));
  CHECK(program.run({"test", "d/s.lua"}).exit_code == 0);
  // It does something else: no longer the run on record.
  program.write("d/s.lua", scenario("seeds = '1..3'", "5s"));
  const Said drifted = program.run({"test", "d/s.lua"});
  CHECK(drifted.exit_code == 1);
  CHECK_MESSAGE(has(drifted.out, "FAIL d/s.lua seed 2  passed, drifted\n     its digest is "),
                drifted.out);
  CHECK(has(drifted.out, "ok   d/s.lua seed 3  passed\n"));
  CHECK(has(drifted.out, "titorelli test d/s.lua --update\n"));
  CHECK(program.read("d/digests.txt") == recorded);
  CHECK(program.run({"test", "d/s.lua", "--update"}).exit_code == 0);
  CHECK(program.run({"test", "d/s.lua"}).exit_code == 0);
  CHECK(has(program.read("d/digests.txt"), "\ns.lua\t3\t"));
}

TEST_CASE("a drifted run says where it parts from a traced one of before, if that is at hand") {
  const Program program;
  const std::string head = "seeds = '1..1'";
  program.write("s.lua", scenario(head));
  CHECK(program.run({"test", "s.lua", "--update"}).exit_code == 0);
  program.run({"run", "s.lua", "--seed", "1", "--trace", "all", "-o", "before"});
  program.run({"run", "s.lua", "--seed", "1", "--trace", "all"});
  std::string changed = scenario(head);
  changed.replace(changed.find("10/s"), 4, "11/s");
  program.write("s.lua", changed);
  const Said drifted = program.run({"test", "s.lua"});
  CHECK(drifted.exit_code == 1);
  CHECK_MESSAGE(has(drifted.out, " events are equal; the last of them, and then each trace:\n"),
                drifted.out);
  CHECK(has(drifted.out, "\n     on record, out/s-1\n       > "));
  CHECK(has(drifted.out, "\n     now\n       > "));
  CHECK(has(drifted.out, "\n     where that is meant: titorelli test s.lua --update\n"));
  // A traced run of something else is not taken for the one on record.
  program.run({"run", "s.lua", "--seed", "1", "--trace", "all"});
  const Said without = program.run({"test", "s.lua"});
  CHECK_MESSAGE(has(without.out,
                    "\n     its first differing event is shown where out/s-1 holds the run on "
                    "record, traced:\n"),
                without.out);
  CHECK(program.names() == std::vector<std::string>{"before", "digests.txt", "out", "s.lua"});
}

TEST_CASE("a drifted variant is held against its own folder") {
  const Program program;
  const auto with_rate = [](int rate) {
    return fmt::format(
        "scenario {{ api = 1, name = 'x' }}\nlocal c = cluster {{ brokers = 1 }}\n"
        "local t = c:topic('t')\nlocal rate\n"
        "variant('A B', function() rate = 10 end)\nvariant('C', function() rate = {} end)\n"
        "c:producer {{}}:drive {{ topic = t, rate = rate .. '/s' }}\nrun_for('4s')\n",
        rate);
  };
  program.write("s.lua", with_rate(5));
  CHECK(program.run({"test", "s.lua", "--update"}).exit_code == 0);
  program.run({"run", "s.lua", "--trace", "all"});
  program.write("s.lua", with_rate(6));
  const Said drifted = program.run({"test", "s.lua"});
  CHECK_MESSAGE(has(drifted.out, "ok   s.lua seed 1 variant A B  passed\n"), drifted.out);
  CHECK_MESSAGE(has(drifted.out, "\n     on record, out/s-1/c\n       > "), drifted.out);
}

TEST_CASE("digests on record that cannot be read are a usage error that names the line") {
  const Program program;
  program.write("s.lua", scenario("seed = 1"));
  for (const char* line : {"s.lua 1 54dcb958ea779035", "s.lua\t1\t54dcb958ea77903",
                           "s.lua\tx\t54dcb958ea779035", "s.lua\t1\t54dcb958ea779035\tv\tw"}) {
    program.write("digests.txt", fmt::format("# head\n{}\n", line));
    const Said said = program.run({"test", "s.lua"});
    CHECK(said.exit_code == 2);
    CHECK_MESSAGE(has(said.err, "digests.txt:2: expected file, seed, a digest"), said.err);
  }
}

TEST_CASE("JUnit: a suite for each scenario, a case for each check and for the outcome") {
  const Program program;
  program.write("s<&>.lua", scenario("expect = 'liveness'"));
  program.write("t.lua", scenario("seeds = '1..2'"));
  program.write("u.lua", "scenario {");
  const Said said = program.run({"test", ".", "--junit", "j.xml"});
  CHECK(said.exit_code == 3);
  const std::string xml = program.read("j.xml");
  CHECK_MESSAGE(
      has(xml, "<testsuites name=\"titorelli test\" tests=\"7\" failures=\"1\" errors=\"1\""), xml);
  CHECK(
      has(xml, "<testsuite name=\"./s&lt;&amp;&gt;.lua\" tests=\"2\" failures=\"1\" errors=\"0\""));
  CHECK(has(xml, "name=\"high_watermark_monotonic(t) seed 2\" file=\"./t.lua\""));
  CHECK(has(xml, "<property name=\"digest\" value=\""));
  CHECK(has(xml, "rerun titorelli run './s&lt;&amp;&gt;.lua' --seed 1</failure>"));
  const Said nowhere = program.run({"test", "t.lua", "--junit", "no/such/j.xml"});
  CHECK(nowhere.exit_code == 74);
  CHECK(has(nowhere.err, "cannot write 'no/such/j.xml'"));
}

}  // namespace
