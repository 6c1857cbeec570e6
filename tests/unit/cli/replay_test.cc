// titorelli replay, as the program runs it: the same run from one file, a look into it, other
// decisions, and what it says of files that are no bundles.
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

// Loses acknowledged records: acks=1, and the leader dies with what the followers lack.
constexpr const char* kLoses = R"lua(
scenario { api = 1, name = "loses" }
local stories = require("stories")
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3 })
check.no_lost_acks(orders)
c:producer { acks = "1" }:drive { topic = orders, rate = "200/s" }
c:consumer { topic = orders }
at("4s", function() stories.lose(c, orders) end)
run_for("20s")
)lua";

constexpr const char* kStories = R"lua(
return {
  lose = function(c, topic)
    local leader = topic:leader(0)
    for _, broker in ipairs(c:brokers()) do
      if broker ~= leader then net:partition(leader, broker) end
    end
    after("500ms", function() leader:kill() end)
  end,
}
)lua";

// A folder with the run directory of that scenario, from which all else has gone.
void leave_only_the_bundle(const Program& program) {
  program.write("s/loses.lua", kLoses);
  program.write("s/lib/stories.lua", kStories);
  const Said said = program.run({"run", "s/loses.lua", "--seed", "3", "--trace", "off", "-o", "r"});
  REQUIRE_MESSAGE(said.exit_code == 1, (said.out + said.err));
  std::filesystem::remove_all(program.path("s"));
}

// The number that follows `words` in `text`.
std::uint64_t number_after(const std::string& text, const std::string& words) {
  const std::size_t at = text.find(words);
  REQUIRE(at != std::string::npos);
  return std::stoull(text.substr(at + words.size()));
}

}  // namespace

TEST_CASE("replay: the same violation and digest, from the bundle alone") {
  const Program program;
  leave_only_the_bundle(program);
  const Said said = program.run({"replay", "r/run.bundle"});
  CHECK(said.exit_code == 1);
  CHECK_MESSAGE(has(said.out, "reproduced, digest "), said.out);
  CHECK(has(said.out, ": violated: no_lost_acks\n"));
  CHECK(has(said.out, "first violated in event "));
  CHECK(said.err.empty());
  CHECK(program.names() == std::vector<std::string>{"r"});  // nothing was written
}

TEST_CASE("replay: stops before the violation and shows the states") {
  const Program program;
  leave_only_the_bundle(program);
  const Said whole = program.run({"replay", "r/run.bundle"});
  const std::uint64_t event = number_after(whole.out, "first violated in event ");
  const auto state = [&](std::uint64_t at) {
    const Said said = program.run({"replay", "r/run.bundle", "--until-event", std::to_string(at)});
    CHECK(said.exit_code == 0);
    return said.out;
  };
  CHECK_MESSAGE(has(state(event - 1), "check no_lost_acks(orders): ok\n"), state(event - 1));
  CHECK_MESSAGE(has(state(event), "check no_lost_acks(orders): violated\n"), state(event));

  const Said shown = program.run({"replay", "r/run.bundle", "--until", "4.2s", "--show", "orders-0",
                                  "--show", "broker/2", "--show", "controller", "--show",
                                  "producer-1", "--show", "consumer-1"});
  CHECK(shown.exit_code == 0);
  CHECK_MESSAGE(has(shown.out, " at 4.2"), shown.out);
  CHECK_MESSAGE(has(shown.out, "orders-0: leader "), shown.out);
  CHECK(has(shown.out, "leader epochs (epoch@start): "));
  CHECK(has(shown.out, "broker-2: up, incarnation 1\n  broker running\n"));
  CHECK(has(shown.out, "controller-3000: up"));
  CHECK(has(shown.out, "bytes of buffer.memory free"));
  CHECK(has(shown.out, "orders-0: position "));
}

TEST_CASE("replay: a moment after the end, or an unknown thing, is said so") {
  const Program program;
  leave_only_the_bundle(program);
  const Said late = program.run({"replay", "r/run.bundle", "--until", "21s"});
  CHECK(late.exit_code == 2);
  CHECK_MESSAGE(has(late.err, "titorelli replay: the run ends before that, with event "), late.err);
  CHECK(program.run({"replay", "r/run.bundle", "--until-event", "99999999"}).exit_code == 2);
  const Said unknown =
      program.run({"replay", "r/run.bundle", "--until", "4s", "--show", "broker/22"});
  CHECK(unknown.exit_code == 2);
  CHECK_MESSAGE(has(unknown.err, "there is no \"broker/22\"; there are: "), unknown.err);
  CHECK_MESSAGE(has(unknown.err, "did you mean broker-2?"), unknown.err);
  CHECK(has(program.run({"replay", "r/run.bundle", "--show", "orders"}).err,
            "--show needs a moment: --until or --until-event"));
  const Said both = program.run({"replay", "r/run.bundle", "--until", "4s", "--save", "x"});
  CHECK(both.exit_code == 2);
  CHECK_MESSAGE(has(both.err, "--until excludes --save"), both.err);
  CHECK(has(program.run({"replay", "r/run.bundle", "--until", "soon"}).err,
            "--until expects a virtual time with a unit, \"12.5s\", got \"soon\""));
}

TEST_CASE("replay: draws are printed as decisions, and edited ones make another run") {
  const Program program;
  leave_only_the_bundle(program);
  const Said draws = program.run({"replay", "r/run.bundle", "--draws", "net/producer-1"});
  CHECK(draws.exit_code == 0);
  REQUIRE_MESSAGE(draws.out.starts_with("net/producer-1-broker-"), draws.out);

  // What was drawn anyway is no change.
  program.write("same.txt", draws.out);
  const Said same = program.run({"replay", "r/run.bundle", "--decisions", "same.txt"});
  CHECK(same.exit_code == 1);
  CHECK_MESSAGE(has(same.out, "reproduced, digest "), same.out);

  program.write("other.txt",
                "net/controller-3000-broker-1 5 0.999999  # a slow answer\nno/such 0 0.5\n");
  const Said other =
      program.run({"replay", "r/run.bundle", "--decisions", "other.txt", "--save", "other.bundle"});
  CHECK(other.exit_code == 1);
  CHECK_MESSAGE(has(other.out, "they part after event "), other.out);
  CHECK(has(other.out, "other decisions make another run"));
  CHECK_MESSAGE(has(other.err, "draw 0 of no/such: the run has no such stream"), other.err);
  const Said again = program.run({"replay", "other.bundle"});
  CHECK(again.exit_code == 1);
  CHECK_MESSAGE(has(again.out, "reproduced, digest "), again.out);

  program.write("bad.txt", "disk/broker-1 5\n");
  const Said bad = program.run({"replay", "r/run.bundle", "--decisions", "bad.txt"});
  CHECK(bad.exit_code == 2);
  CHECK_MESSAGE(has(bad.err, "'bad.txt', line 1: expected a stream"), bad.err);
  const Said none = program.run({"replay", "r/run.bundle", "--draws", "nothing"});
  CHECK(none.exit_code == 2);
  CHECK_MESSAGE(has(none.err, "  net/producer-1-broker-"), none.err);
}

TEST_CASE("replay: of all variants, each held against its own") {
  const Program program;
  program.write("v.lua",
                "scenario { api = 1, name = 'v' }\n"
                "local c = cluster { brokers = 1 }\n"
                "local t = c:topic('t')\n"
                "check.high_watermark_monotonic(t)\n"
                "variant('slow', function() c:producer{}:drive{ topic = t, rate = '5/s' } end)\n"
                "variant('fast', function() c:producer{}:drive{ topic = t, rate = '9/s' } end)\n"
                "run_for('4s')\n");
  REQUIRE(program.run({"run", "v.lua", "-o", "r"}).exit_code == 0);
  const Said said = program.run({"replay", "r/run.bundle"});
  CHECK(said.exit_code == 0);
  const std::size_t first = said.out.find("reproduced, digest ");
  REQUIRE(first != std::string::npos);
  CHECK(said.out.find("reproduced, digest ", first + 1) != std::string::npos);
  const Said one = program.run({"replay", "r/run.bundle", "--variant", "fast"});
  CHECK(one.exit_code == 0);
  CHECK(has(one.out, "reproduced, digest "));
  CHECK(program.run({"replay", "r/run.bundle", "--variant", "quick"}).exit_code == 2);
  CHECK(program.run({"replay", "r/run.bundle", "--variant", "fast", "--until", "2s"}).exit_code ==
        0);
}

TEST_CASE("replay: what is no bundle is refused with a sentence") {
  const Program program;
  leave_only_the_bundle(program);
  const std::string whole = program.read("r/run.bundle");
  program.write("cut.bundle", whole.substr(0, whole.size() / 2));
  const Said cut = program.run({"replay", "cut.bundle"});
  CHECK(cut.exit_code == 2);
  CHECK_MESSAGE(has(cut.err, "'cut.bundle' cannot be used: it is cut short or damaged"), cut.err);
  program.write("text.bundle", "hello");
  CHECK(has(program.run({"replay", "text.bundle"}).err, "it is no bundle of Titorelli"));
  const Said absent = program.run({"replay", "absent.bundle"});
  CHECK(absent.exit_code == 2);
  CHECK_MESSAGE(has(absent.err, "absent.bundle"), absent.err);
}

TEST_CASE("replay: an assertion of ours leaves a bundle that comes to the same assertion") {
  const Program program;
  const std::string score = TITORELLI_SOURCE_DIR "/scenarios/score/nemesis.lua";
  const Said said = program.run({"run", score, "--seed", "2", "--plant", "reuse_leader_epoch",
                                 "--check-every-event", "--trace", "off", "-o", "r"});
  CHECK(said.exit_code == 70);
  CHECK_MESSAGE(has(said.err, "  bundle: r.bundle\n  replay: titorelli replay r.bundle\n"),
                said.err);
  const Said again = program.run({"replay", "r.bundle"});
  CHECK(again.exit_code == 70);
  const std::string first_line = said.err.substr(0, said.err.find('\n'));
  CHECK(first_line.starts_with("internal error: "));
  CHECK_MESSAGE(again.err.starts_with(first_line + "\n"), again.err);
  CHECK(number_after(again.err, ", event ") == number_after(said.err, ", event "));
}
