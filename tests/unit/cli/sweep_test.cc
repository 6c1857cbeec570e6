// titorelli sweep and merge, as the program runs them: shards, kills, resuming, a full disk.
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

// Fails for seeds that leave a rest: the seed decides a number that a check looks at.
constexpr const char* kScenario =
    "scenario { api = 1, name = 'x', params = { limit = 20 } }\n"
    "cluster { brokers = 1 }\n"
    "local number = math.random(100)\n"
    "check.that('small enough', function() return number > param.limit end)\n"
    "run_for('2s')\n";

TEST_CASE("each way to fail is listed once; shards merged are one sweep, byte for byte") {
  const Program program;
  program.write("s.lua", kScenario);
  const Said whole = program.run({"sweep", "s.lua", "--seeds", "1..60", "-o", "whole"});
  CHECK(whole.exit_code == 1);
  CHECK_MESSAGE(
      has(whole.out, " seeds  violated: small enough\n     lowest  titorelli run s.lua --seed "),
      whole.out);
  CHECK(has(whole.out, "60 seeds, "));
  CHECK(has(whole.out, " failed in 1 way\n"));
  const std::string bytes = program.read("whole/sweep.pb");
  for (const char* shard : {"0/2", "1/2"}) {
    const std::string folder = std::string("shard-") + shard[0];
    program.run(
        {"sweep", "s.lua", "--seeds", "1..60", "--shard", shard, "--jobs", "1", "-o", folder});
  }
  const Said merged = program.run(
      {"merge", "shard-1/sweep.pb", "shard-0/sweep.pb", "shard-1/sweep.pb", "-o", "all.pb"});
  CHECK(merged.exit_code == 1);
  // A sweep names a bundle for each way to fail besides.
  const std::string bundle =
      "     bundle  titorelli replay whole/failures/violated-small-enough-1.bundle\n";
  REQUIRE(has(whole.out, bundle));
  CHECK(std::string(whole.out).erase(whole.out.find(bundle), bundle.size()) == merged.out);
  CHECK(program.read("all.pb") == bytes);
  const Said replayed = program.run({"replay", "whole/failures/violated-small-enough-1.bundle"});
  CHECK(replayed.exit_code == 1);
  CHECK_MESSAGE(has(replayed.out, "reproduced, digest "), replayed.out);
}

TEST_CASE("a bundle for each way to fail, and none that an earlier state of the sweep left") {
  const Program program;
  program.write("s.lua", kScenario);
  CHECK(program.run({"sweep", "s.lua", "--seeds", "5..20", "-o", "r"}).exit_code == 1);
  const auto bundles = [&program] {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(program.path("r/failures")))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  };
  REQUIRE(bundles().size() == 1);
  CHECK(bundles().front() != "violated-small-enough-1.bundle");
  CHECK(program.run({"sweep", "s.lua", "--seeds", "1..20", "--resume", "-o", "r"}).exit_code == 1);
  CHECK(bundles() == std::vector<std::string>{"violated-small-enough-1.bundle"});
}

TEST_CASE("killed at any moment and resumed, it gives the bytes of an undisturbed sweep") {
  const Program program;
  program.write("s.lua", kScenario);
  program.run({"sweep", "s.lua", "--seeds", "1..400", "-o", "whole"});
  const std::string bytes = program.read("whole/sweep.pb");
  REQUIRE_FALSE(bytes.empty());
  // A range that was begun smaller, and one that nobody could finish.
  program.run({"sweep", "s.lua", "--seeds", "1..90", "-o", "grown"});
  program.run({"sweep", "s.lua", "--seeds", "1..400", "--resume", "-o", "grown"});
  CHECK(program.read("grown/sweep.pb") == bytes);
  const Said timed = program.run(
      {"sweep", "s.lua", "--seeds", "1..9000000000000", "--time", "50ms", "-o", "timed"});
  CHECK_MESSAGE(has(timed.out, " seeds, "), timed.err);
  int kills = 0;
  for (int i = 0; i < 20; ++i) {
    const Said said = program.run({"sweep", "s.lua", "--seeds", "1..400", "--resume", "-o", "cut"},
                                  SIGKILL, milliseconds(20 + i * 7 % 60));
    if (said.exit_code == 1000 + SIGKILL) ++kills;
  }
  CHECK(kills > 0);
  CHECK(program.run({"sweep", "s.lua", "--seeds", "1..400", "--resume", "-o", "cut"}).exit_code ==
        1);
  CHECK(program.read("cut/sweep.pb") == bytes);
}

TEST_CASE("a disk that fills in the middle loses no finished seed") {
  const Program program;
  program.write("s.lua", kScenario);
  const Said whole = program.run({"sweep", "s.lua", "--seeds", "1..60", "-o", "whole"});
  REQUIRE(whole.exit_code == 1);
  // No file may grow beyond 1000 bytes: the journal is cut off in one of its records.
  const Said full =
      program.run_limited({"sweep", "s.lua", "--seeds", "1..60", "--jobs", "2", "-o", "r"}, 1000);
  CHECK(full.exit_code == 74);
  CHECK_MESSAGE(has(full.err, "cannot write 'r/journal.bin': "), full.err);
  CHECK(has(full.err, "what was finished is kept: --resume goes on"));
  CHECK(program.read("r/journal.bin").size() == 1000);
  CHECK(!program.has("r/sweep.pb"));
  const Said rest = program.run({"sweep", "s.lua", "--seeds", "1..60", "--resume", "-o", "r"});
  CHECK(rest.exit_code == 1);
  CHECK(program.read("r/sweep.pb") == program.read("whole/sweep.pb"));
}

TEST_CASE("a file in the journal's place that is none is not touched") {
  const Program program;
  program.write("s.lua", kScenario);
  program.write("r/journal.bin", "my diary");
  const Said said = program.run({"sweep", "s.lua", "--seeds", "1..3", "--resume", "-o", "r"});
  CHECK(said.exit_code == 74);
  CHECK_MESSAGE(has(said.err, "'r/journal.bin' is no journal of a sweep"), said.err);
  CHECK(program.read("r/journal.bin") == "my diary");
}

TEST_CASE("a journal that ends in a piece of a record goes on from the last whole one") {
  const Program program;
  program.write("s.lua", kScenario);
  program.run({"sweep", "s.lua", "--seeds", "1..30", "-o", "whole"});
  const std::string journal = program.read("whole/journal.bin");
  for (std::size_t lost = 0; lost < 80; lost += 13) {
    program.write("cut/journal.bin",
                  journal.substr(0, journal.size() - lost) + std::string(lost % 3, 'x'));
    program.run({"sweep", "s.lua", "--seeds", "1..30", "--resume", "-o", "cut"});
    CHECK(program.read("cut/sweep.pb") == program.read("whole/sweep.pb"));
  }
}

TEST_CASE("--stop-after-failures ends at the seed with the last of them, whatever ran besides") {
  const Program program;
  program.write("s.lua", kScenario);
  program.run({"sweep", "s.lua", "--seeds", "1..100", "--stop-after-failures", "3", "--jobs", "1",
               "-o", "one"});
  const Said four = program.run({"sweep", "s.lua", "--seeds", "1..100", "--stop-after-failures",
                                 "3", "--jobs", "4", "-o", "four"});
  CHECK(has(four.out, ", 3 failed in 1 way\n"));
  CHECK(program.read("one/sweep.pb") == program.read("four/sweep.pb"));
}

TEST_CASE("what cannot be resumed, merged or understood is refused in a sentence") {
  const Program program;
  program.write("s.lua", kScenario);
  const auto refused = [&](std::vector<std::string> words, int code, std::string_view sentence) {
    const Said said = program.run(std::move(words));
    CHECK(said.exit_code == code);
    CHECK_MESSAGE(has(said.err, sentence), said.err);
  };
  program.run({"sweep", "s.lua", "--seeds", "1..5", "-o", "a"});
  program.run({"sweep", "s.lua", "--seeds", "1..5", "-D", "limit=30", "-o", "b"});
  refused({"sweep", "s.lua", "--seeds", "1..5", "-o", "a"}, 74,
          "'a' holds a sweep already: --resume");
  refused({"sweep", "s.lua", "--seeds", "1..5", "-D", "limit=7", "--resume", "-o", "a"}, 74,
          "'a/journal.bin' is of another sweep: their parameters (-D) differ");
  refused({"merge", "a/sweep.pb", "b/sweep.pb", "-o", "all.pb"}, 2, "their parameters (-D) differ");
  refused({"merge", "a/journal.bin", "-o", "all.pb"}, 2, "'a/journal.bin': it is");
  refused({"merge", "no.pb", "-o", "all.pb"}, 2, "cannot read 'no.pb'");
  CHECK_FALSE(program.has("all.pb"));
  refused({"sweep", "s.lua", "--seeds", "5..1", "-o", "c"}, 2, "--seeds expects A..B");
  refused({"sweep", "s.lua", "--seeds", "1..5", "--shard", "2/2", "-o", "c"}, 2,
          "--shard expects i/n");
  refused({"sweep", "s.lua", "--seeds", "1..5", "--time", "soon", "-o", "c"}, 2, "--time expects");
  refused({"sweep", "s.lua", "--seeds", "1..5", "-D", "limitt=7", "-o", "c"}, 2, "limitt");
  refused({"sweep", "no.lua", "--seeds", "1..5", "-o", "c"}, 2, "no.lua");
  CHECK_FALSE(program.has("c"));
}

TEST_CASE("an error that every seed has is one way to fail, numbers in it or not") {
  const Program program;
  program.write(
      "s.lua",
      "scenario { api = 1, name = 'x' }\ncluster { brokers = 1 }\n"
      "at('1s', function() error('no luck with ' .. math.random(1000000)) end)\nrun_for('2s')\n");
  const Said said = program.run({"sweep", "s.lua", "--seeds", "1..9"});
  CHECK(said.exit_code == 3);
  CHECK_MESSAGE(has(said.out, "FAIL        9 seeds  error: s.lua:3:"), said.out);
  CHECK(has(said.out, "9 seeds, 0 passed, 9 failed in 1 way\n"));
  CHECK(program.has("out/sweep-s/sweep.pb"));
}

}  // namespace
