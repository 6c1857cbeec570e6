// titorelli check, new and explain, as they are typed.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "tests/unit/cli/program.h"

namespace {

using test::Program;
using test::Said;
using Names = std::vector<std::string>;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("check prints every mistake with its place, and counts them") {
  const Program program;
  program.write("s.lua",
                "scenario { api = 1, name = 'x' }\n"
                "local c = cluster { brokers = 3 }\n"
                "c:broker(7)\n"
                "at('5s', function() c:broker(1):kil() sleep(5) end)\n");
  const Said said = program.run({"check", "s.lua"});
  CHECK(said.exit_code == 3);
  CHECK(said.out ==
        "s.lua:3:10: error[E0111]: the cluster has brokers 1 to 3, got 7\n"
        "   3 | c:broker(7)\n"
        "     |          ^\n\n"
        "s.lua:4:33: error[E0103]: unknown function of node \"kil\"\n"
        "   4 | at('5s', function() c:broker(1):kil() sleep(5) end)\n"
        "     |                                 ^^^\n"
        "help: did you mean \"kill\" or \"id\"?\n\n"
        "s.lua:4:45: error[E0109]: sleep(duration): a duration needs a unit, got 5\n"
        "   4 | at('5s', function() c:broker(1):kil() sleep(5) end)\n"
        "     |                                             ^\n"
        "help: write \"5ms\" or \"5s\"\n\n"
        "3 mistakes in 1 file\n");
  const Said json = program.run({"check", "s.lua", "--json"});
  CHECK(json.exit_code == 3);
  CHECK(has(json.out, "\"line\": 4,\n    \"column\": 33,\n    \"code\": \"E0103\""));
  CHECK(program.names() == Names{"s.lua"});  // nothing ran
}

TEST_CASE("check tells of syntax once, of modules what their text shows, and of nothing nothing") {
  const Program program;
  program.write("s.lua", "local x = = 1\n");
  const Said syntax = program.run({"check", "s.lua"});
  CHECK(syntax.exit_code == 3);
  CHECK(has(syntax.out, "s.lua:1:11: error[E0101]: unexpected symbol near '='\n"));
  CHECK(has(syntax.out, "1 mistake in 1 file\n"));
  program.write("lib/helpers.lua", "local M = {}\nfunction M.nap() sleep('5') end\nreturn M\n");
  const Said module = program.run({"check", "lib/helpers.lua"});
  CHECK(has(module.out, "lib/helpers.lua:2:24: error[E0109]"));
  CHECK(has(module.out, "1 mistake in 1 file\n"));
  program.write("good.lua", "scenario { api = 1, name = 'x' }\ncluster { brokers = 1 }\n");
  const Said good = program.run({"check", "good.lua"});
  CHECK(good.exit_code == 0);
  CHECK(good.out == "1 file, no mistakes\n");
  CHECK(program.run({"check", "good.lua", "--json"}).out == "[]\n");
  CHECK(program.run({"check", "nosuch.lua"}).exit_code == 2);
  CHECK(program.run({"check"}).exit_code == 2);
}

TEST_CASE("new writes a scenario that is without mistakes, runs and passes") {
  const Program program;
  const Said made = program.run({"new", "first-steps"});
  CHECK(made.exit_code == 0);
  CHECK(program.names() == Names{".luacheckrc", ".luarc.json", ".titorelli", "scenarios"});
  CHECK(program.run({"check", "scenarios"}).out == "1 file, no mistakes\n");
  const Said run = program.run({"run", "scenarios/first-steps.lua", "--json", "-o", "run"});
  CHECK_MESSAGE(run.exit_code == 0, run.err);
  CHECK(has(run.out, "\"verdict\": \"passed\""));
  CHECK_FALSE(has(run.err, "warning"));
  if (std::system("command -v luacheck >/dev/null 2>&1") == 0) {
    const std::string command =
        "cd " + program.path("") + " && luacheck -q scenarios >/dev/null 2>&1";
    CHECK(std::system(command.c_str()) == 0);
  }
}

TEST_CASE("new refuses to overwrite and checks the name; the editor's own files are kept") {
  const Program program;
  program.write(".luacheckrc", "mine");
  program.write(".titorelli/library/titorelli.lua", "old");
  CHECK(program.run({"new", "a", "--dir", "x/y"}).exit_code == 0);
  CHECK(program.read(".luacheckrc") == "mine");
  CHECK(has(program.read(".titorelli/library/titorelli.lua"), "---@class titorelli.topic"));
  program.write("x/y/a.lua", "mine");
  const Said again = program.run({"new", "a", "--dir", "x/y"});
  CHECK(again.exit_code == 2);
  CHECK(has(again.err, "'x/y/a.lua' exists; nothing was written"));
  CHECK(program.read("x/y/a.lua") == "mine");
  for (const char* name : {"a/b", "", "a b", "-x", "\xc3\xa4", ".."}) {
    const Said said = program.run({"new", "--", name});
    CHECK_MESSAGE(said.exit_code == 2, std::string(name));
  }
}

TEST_CASE("explain tells of a code, in any spelling, and lists them") {
  const Program program;
  const Said said = program.run({"explain", "E0107"});
  CHECK(said.exit_code == 0);
  CHECK(has(said.out, "E0107: unknown configuration key\n\nKafka (4.3) has no such key"));
  CHECK(has(said.out, "titorelli\nlist configs"));
  CHECK(program.run({"explain", "e0107"}).out == said.out);
  CHECK(program.run({"explain", "0107"}).out == said.out);
  CHECK(program.run({"explain", "107"}).out == said.out);
  const Said all = program.run({"explain"});
  CHECK(has(all.out, "E0101  Lua cannot read the file\n"));
  const Said unknown = program.run({"explain", "E0999"});
  CHECK(unknown.exit_code == 2);
  CHECK(has(unknown.err, "no mistake has the code \"E0999\""));
}

}  // namespace
