// Each kind of bad input: its exit code, its text, and that nothing half-written stays.
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

// What the program says of a scenario whose third line is `line`; it ends before the first event.
std::string complaint_of(const std::string& line) {
  const Program program;
  program.write("s.lua",
                "scenario { api = 1, name = 'x', params = { rate = 5 } }\n"
                "local c = cluster { brokers = 3 }\n" +
                    line + "\n");
  const Said said = program.run({"run", "s.lua"});
  CHECK_MESSAGE(said.exit_code == 3, said.err);
  CHECK(said.out.empty());
  CHECK(program.names() == Names{"s.lua"});  // no out/, no *.partial
  return said.err;
}

TEST_CASE("an unknown configuration key is refused with its line and the nearest name") {
  CHECK(complaint_of("local t = c:topic('t', { min_insync_replica = 2 })") ==
        "s.lua:3:26: error[E0107]: unknown topic config \"min_insync_replica\"\n"
        "   3 | local t = c:topic('t', { min_insync_replica = 2 })\n"
        "     |                          ^^^^^^^^^^^^^^^^^^\n"
        "help: did you mean \"min.insync.replicas\"?   (titorelli list configs)\n");
  const std::string producer = complaint_of("c:producer { linger_mss = 5 }");
  CHECK_MESSAGE(has(producer, "s.lua:3:14: error[E0107]: unknown producer config \"linger_mss\""),
                producer);
  CHECK_MESSAGE(has(producer, "did you mean \"linger.ms\""), producer);
  const std::string consumer =
      complaint_of("c:consumer { topic = c:topic('t'), auto_ofset_reset = 'latest' }");
  CHECK_MESSAGE(has(consumer, "unknown consumer config \"auto_ofset_reset\""), consumer);
  CHECK_MESSAGE(has(consumer, "did you mean \"auto.offset.reset\""), consumer);
  const Program program;
  program.write(
      "s.lua", "scenario { api = 1, name = 'x' }\ncluster { config = { log_segment_byte = 5 } }\n");
  const Said broker = program.run({"run", "s.lua"});
  CHECK(broker.exit_code == 3);
  CHECK_MESSAGE(
      has(broker.err, "s.lua:2:22: error[E0107]: unknown broker config \"log_segment_byte\""),
      broker.err);
  CHECK_MESSAGE(has(broker.err, "did you mean \"log.segment.bytes\""), broker.err);
}

TEST_CASE("an unknown function, global or option is refused with the nearest name") {
  CHECK(has(complaint_of("c:brokr(1)"),
            "s.lua:3:3: error[E0103]: unknown function of cluster \"brokr\"\n   3 | c:brokr(1)\n"
            "     |   ^^^^^\nhelp: did you mean \"broker\""));
  CHECK(has(complaint_of("check.no_lost_ack()"), "did you mean \"no_lost_acks\""));
  CHECK(has(complaint_of("sleeep('1s')"),
            "s.lua:3:1: error[E0102]: unknown name \"sleeep\"\n   3 | sleeep('1s')\n"
            "     | ^^^^^^\nhelp: did you mean \"sleep\"?"));
  CHECK(has(complaint_of("local x = os.time()"),
            "s.lua:3:11: error[E0123]: \"os\" is not available in a scenario"));
  CHECK(has(complaint_of("c:producer {}:drive { topic = c:topic('t'), rat = '5/s' }"),
            "s.lua:3:15: error[E0105]: drive{ rate = } is missing"));
  CHECK(has(complaint_of("wait_until(print, { withn = '5s' })"),
            "unknown option of wait_until \"withn\""));
}

TEST_CASE("a wrong type or a missing unit is refused and says what was expected") {
  CHECK(has(complaint_of("c:topic('t', { partitions = 'three' })"),
            "topic(\"t\"){ partitions = } expects a whole number from 1 to"));
  CHECK(has(complaint_of("c:topic('t', { min_insync_replicas = {} })"),
            "s.lua:3:16: error[E0106]: config"));
  CHECK(has(complaint_of("sleep(5)"),
            "s.lua:3:7: error[E0109]: sleep(duration): a duration needs a unit, got 5\n   3 | "
            "sleep(5)\n     |       ^\nhelp: write \"5ms\" or \"5s\"\n"));
  CHECK(has(complaint_of("at('5', print)"), "expects a duration, got \"5\""));
  CHECK(has(complaint_of("c:producer {}:drive { topic = c:topic('t'), rate = 200 }"),
            "drive{ rate = }: a rate needs a unit, got 200\n"));
  CHECK(has(complaint_of("c:producer {}:drive { topic = c:topic('t'), rate = '200' }"),
            "expects a rate such as \"200/s\""));
  CHECK(has(complaint_of("c:broker(7)"),
            "s.lua:3:10: error[E0111]: the cluster has brokers 1 to 3, got 7"));
}

TEST_CASE("a topic with more replicas than brokers is refused") {
  CHECK(has(
      complaint_of("c:topic('t', { replicas = 5 })"),
      "s.lua:3:9: error[E0110]: topic \"t\" wants 5 replicas, but the cluster has 3 brokers\n"));
}

TEST_CASE("a syntax error names its line") {
  CHECK(has(complaint_of("local x = = 1"), "s.lua:3:11: error[E0101]: unexpected symbol near '='"));
}

TEST_CASE("an endless loop and runaway memory end with their line") {
  CHECK(has(complaint_of("while true do end"), "s.lua:3:1: error[E0124]: endless loop"));
  CHECK(has(complaint_of("pcall(function() while true do end end)"),
            "s.lua:3:1: error[E0124]: endless loop"));
  CHECK(has(complaint_of("local t = {} for i = 1, 1 << 40 do t[i] = i end"),
            "s.lua:3:1: error[E0124]: out of memory"));
  CHECK(has(complaint_of("pcall(string.rep, 'x', 1 << 30)"),
            "s.lua:3:1: error[E0124]: out of memory"));
}

TEST_CASE("an unreadable file, a missing one and a folder are usage errors") {
  const Program program;
  const Said missing = program.run({"run", "nosuch.lua"});
  CHECK(missing.exit_code == 2);
  CHECK(has(missing.err, "'nosuch.lua'"));
  CHECK(has(missing.err, "no such file"));
  program.write("folder/x.lua", "");
  const Said folder = program.run({"run", "folder"});
  CHECK(folder.exit_code == 2);
  CHECK(folder.err == "cannot read 'folder': it is a folder\n");
  CHECK(program.run({"test", "nosuch"}).exit_code == 2);
}

TEST_CASE("unknown verbs, flags, parameters and keys are usage errors with the nearest name") {
  const Program program;
  program.write("s.lua",
                "scenario { api = 1, name = 'x', params = { rate = 5, on = true } }\n"
                "cluster { brokers = 1 }\n");
  const auto usage = [&](std::vector<std::string> arguments, std::string_view part) {
    const Said said = program.run(std::move(arguments));
    CHECK_MESSAGE(said.exit_code == 2, said.err);
    CHECK_MESSAGE(has(said.err, part), said.err);
    CHECK(said.out.empty());
    CHECK(program.names() == Names{"s.lua"});
  };
  usage({"rum"}, "unknown verb \"rum\"; did you mean run?");
  usage({"run", "s.lua", "--sed", "5"}, "unknown flag --sed; did you mean --seed?");
  usage({"run", "s.lua", "-D", "rat=7"}, "has no parameter \"rat\"; did you mean \"rate\"?");
  usage({"run", "s.lua", "-D", "rate=fast"},
        "-D rate=fast: the parameter is a whole number, its default 5");
  usage({"run", "s.lua", "-D", "on=maybe"}, "-D on=maybe: the parameter is true or false");
  usage({"run", "s.lua", "-D", "rate"}, "-D expects name=value, got \"rate\"");
  usage({"run", "s.lua", "--set", "ackz=1"}, "did you mean");
  usage({"run", "s.lua", "--set", "acks"}, "acks");
  usage({"run", "s.lua", "--seed", "x"}, "--seed expects a whole number from 0, or \"random\"");
  usage({"run", "s.lua", "--seed", "-1"}, "--seed");
  usage({"run", "s.lua", "--trace", "some"}, "--trace");
  usage({"run"}, "scenario");
  usage({"list", "bogus"}, "bogus");
  usage({"list"}, "kind");
  usage({"plot", "nosuch"}, "nosuch");
  usage({"plot", "nosuch", "latency-over-tim"}, "did you mean \"latency-over-time\"");
  usage({"export", "nosuch", "--to", "pcapng"}, "nosuch");
  usage({"export", "nosuch", "--to", "csv"}, "csv");
  usage({}, "run");
}

TEST_CASE("test on a folder without scenarios answers 6") {
  const Program program;
  std::filesystem::create_directory(program.path("empty"));
  const Said said = program.run({"test", "empty"});
  CHECK(said.exit_code == 6);
  CHECK(has(said.err, "no scenario (*.lua) below empty"));
}

}  // namespace
