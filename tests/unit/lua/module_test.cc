// require: modules run once, set no globals, do not wait, and complaints name their files.
#include <doctest/doctest.h>

#include "tests/unit/lua/run_script.h"

namespace {

using test::has;
using test::Told;

Told run(const std::string& script, std::map<std::string, std::string> modules) {
  sim::ScenarioOptions options = test::script_options(script);
  options.read_module = test::modules_of(std::move(modules));
  return test::run_script(std::move(options));
}

TEST_CASE("a module runs once and gives its table to everybody") {
  CHECK(run("local a, b = require('m'), require('m') note(a.n) note(a == b) run_for('1s')",
            {{"m", "note('loaded') return { n = 7 }"}})
            .notes == "loaded|7|true");
  CHECK(run("note(require('d.m') == require('d/m')) run_for('1s')", {{"d/m", "return {}"}}).notes ==
        "true");
  CHECK(run("note(require('outer').n) run_for('1s')",
            {{"outer", "local inner = require('inner') return { n = inner.n + 1 }"},
             {"inner", "return { n = 1 }"}})
            .notes == "2");
}

TEST_CASE("functions of a module wait and see the language") {
  CHECK(run("local m = require('m') m.pause() note(now()) run_for('1s')",
            {{"m", "local m = {} function m.pause() sleep('2s') end return m"}})
            .notes == "2000");
}

TEST_CASE("a module sets no globals, not even through _G") {
  const std::string text =
      run("require('m')", {{"m", "local n = 1\nhelper = 5\nreturn {}"}}).failure;
  CHECK(text ==
        "lib/m.lua:2:1: error[E0120]: module \"m\" sets the global \"helper\"\n"
        "   2 | helper = 5\n     | ^^^^^^\n"
        "help: write local helper, and return it in the module's table\ncalled from x.lua:2");
  CHECK(has(run("require('m')", {{"m", "_G.helper = 5 return {}"}}).failure,
            "module \"m\" sets the global \"helper\""));
  CHECK(has(run("local m = require('m')\nat('1s', m.set) run_for('2s')",
                {{"m", "return { set = function() late = 1 end }"}})
                .error(),
            "lib/m.lua:1:27: error[E0120]: module \"m\" sets the global \"late\""));
  CHECK(has(run("require('m') note(helper)", {{"m", "rawset(_G, 'helper', 5) return {}"}}).failure,
            "x.lua:2:19: error[E0102]: unknown name \"helper\""));
}

TEST_CASE("an error inside a module names the module's file and line, with its line") {
  const Told told = run("local m = require('m')\nat('3s', function() m.fail() end)\nrun_for('9s')",
                        {{"m", "return {\n  fail = function() error('boom') end,\n}"}});
  CHECK(told.error() ==
        "lib/m.lua:2:27: error[E0125]: boom\n   2 |   fail = function() error('boom') end,\n"
        "     |                           ^^^^^^\ncalled from x.lua:3\nat virtual time 3s, seed 1");
  CHECK(has(run("require('m')", {{"m", "local x\nlocal y = x.z return {}"}}).failure,
            "lib/m.lua:2:11: error[E0125]: attempt to index a nil value (local 'x')\n"
            "   2 | local y = x.z return {}"));
  CHECK(has(run("require('m')", {{"m", "local x = = 1"}}).failure,
            "lib/m.lua:1:11: error[E0101]: unexpected symbol near '='\n   1 | local x = = 1"));
  CHECK(has(run("local m = require('m') m.t(c)",
                {{"m", "return { t = function(c)\n  c:topic('t', { partitions = 'x' }) end }"}})
                .failure,
            "lib/m.lua:2:31: error[E0106]: topic(\"t\"){ partitions = } expects a whole number"));
}

TEST_CASE("what is no module is refused") {
  const std::map<std::string, std::string> modules = {
      {"m", "return {}"},
      {"a", "return { b = require('b') }"},
      {"b", "return { c = require('c') }"},
      {"c", "return { a = require('a') }"},
      {"number", "return 5"},
      {"nothing", "local x = 1"},
      {"waits", "sleep('1s') return {}"},
      {"binary", "\x1bLua\x54"},
  };
  const auto refused = [&](const std::string& script, std::string_view part) {
    const std::string text = run(script, modules).failure;
    CHECK_MESSAGE(has(text, part), text);
  };
  refused("require('wait')",
          "x.lua:2:9: error[E0120]: module \"wait\" is not there\n   2 | require('wait')\n"
          "     |         ^^^^^^\n"
          "help: did you mean \"waits\"?");
  refused("require('a')",
          "lib/c.lua:1:10: error[E0120]: module \"a\" requires itself: a -> b -> c -> a\n");
  refused("require('../../etc/passwd')", "\"../../etc/passwd\" is no name of a module\n");
  for (const char* name : {"", "/m", "m/", "a//b", "M", "m.lua ", "..", "~/m", "m\\n"})
    refused(std::string("require('") + name + "')", "is no name of a module");
  refused("require(5)", "require(name) expects the name of a module");
  refused("require('number')", "module \"number\" (lib/number.lua) returns a number, not a table");
  refused("require('nothing')", "returns nothing, not a table");
  refused("require('waits')",
          "lib/waits.lua:1:1: error[E0117]: sleep: cannot wait inside this call");
  refused("require('binary')", "lib/binary.lua is compiled Lua, not text");
  CHECK(
      has(run("print(pcall(require, 'a')) print(pcall(require, 'c')) run_for('1s')", modules).notes,
          "c -> a -> b -> c"));
  CHECK(has(test::run_script("require('m')").failure, "module \"m\" is not there"));
  sim::ScenarioOptions early;
  early.path = "x.lua";
  early.source = "require('m')";
  CHECK(has(test::run_script(std::move(early)).failure, "scenario{ } comes first"));
  CHECK(has(run("package.path = 'x'", modules).failure, "\"package\" is not available"));
}

TEST_CASE("a module's endless loop ends with its line") {
  CHECK(has(run("require('m')", {{"m", "local x\nwhile true do end"}}).failure,
            "lib/m.lua:2:1: error[E0124]: endless loop"));
}

}  // namespace
