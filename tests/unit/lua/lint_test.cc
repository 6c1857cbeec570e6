// The linter tells what is certain, and nothing else.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "sim/lua/api_shape.h"
#include "sim/lua/lint.h"

namespace {

namespace fs = std::filesystem;

constexpr const char* kHead =
    "scenario { api = 1, name = 'x', params = { rate = 5 } }\n"
    "local c = cluster { brokers = 3 } local orders = c:topic('orders')\n";

// Codes and messages, one a line; the script begins in line 3.
std::string found_in(const std::string& script) {
  std::string text;
  for (const sim::Diagnosis& d : sim::lint("x.lua", kHead + script, sim::lint_world())) {
    text += std::to_string(d.line) + ":" + std::to_string(d.column) + " " +
            sim::code_of(d.mistake) + " " + d.message + "\n";
  }
  return text;
}

TEST_CASE("mistakes in handlers that have not run are found, all of them") {
  CHECK(found_in("at('5s', function()\n"
                 "  local l = orders:leader(0)\n"
                 "  l:kil()\n"
                 "  sleep(5)\n"
                 "  for _, b in ipairs(orders:isr(0)) do b:pauze() end\n"
                 "  orders:followers(0)[1]:strat()\n"
                 "  print(odrers, param.raet)\n"
                 "end)") ==
        "5:5 E0103 unknown function of node \"kil\"\n"
        "6:9 E0109 sleep(duration): a duration needs a unit, got 5\n"
        "7:42 E0103 unknown function of node \"pauze\"\n"
        "8:26 E0103 unknown function of node \"strat\"\n"
        "9:9 E0102 unknown name \"odrers\"\n"
        "9:23 E0102 unknown parameter \"raet\"\n");
}

TEST_CASE(
    "options, keys, units, metrics and functions in place of calls are checked where they are "
    "literal") {
  CHECK(found_in("c:producer { ack = 1, acks = 2 }") ==
        "3:14 E0107 unknown producer config \"ack\"\n"
        "3:30 E0108 acks: expected one of \"all\", \"-1\", \"0\", \"1\", got \"2\"\n");
  CHECK(found_in("net:partition(c:broker(1), c:broker(2), { dirction = 'to' })") ==
        "3:43 E0104 unknown option of net:partition \"dirction\"\n");
  CHECK(found_in("wait_until(print, { '5s' })") ==
        "3:21 E0104 wait_until takes named options, got one without a name\n");
  CHECK(found_in("threshold('produce.latncy', 'p99 < 2s')") ==
        "3:11 E0122 unknown metric \"produce.latncy\"\n");
  CHECK(found_in("threshold('produce.latency', 'p99 < 2')") ==
        "3:30 E0122 cannot read the threshold \"p99 < 2\"\n");
  CHECK(found_in("at('5s', c:broker(1):kill())") ==
        "3:10 E0106 at(function) expects a function, got what a call answers: a handle\n");
  CHECK(found_in("c.broker(1)") == "3:1 E0106 cluster.broker is called with a dot\n");
  CHECK(found_in("note(string.fromat('x')) note(os.time())") ==
        "3:13 E0103 unknown function of string \"fromat\"\n"
        "3:31 E0123 \"os\" is not available in a scenario\n");
  CHECK(found_in("thing = nil thing:heall()") == "3:19 E0103 unknown function \"heall\"\n");
}

TEST_CASE("ordinary Lua is left alone") {
  for (const char* script : {
           "local M = {} function M:kil() end M:kil() local m = M m:kil()",
           "local t = { pauze = function() end } t:pauze() t.anything() t.x.y = 5",
           "local l = orders:leader(0) l = { kil = print } l:kil()",
           "x = 5 note(x) function helper() return y end y = 2",
           "local function f(options) options.a = 1 return options:sub(1) end f()",
           "c:producer(make_options and make_options()) make_options = nil",
           "for i, v in pairs({ 1 }) do note(i + v) end for i = 1, 2 do note(i) end",
           "local d = '5s' sleep(d) sleep(d .. '') sleep(param.rate .. 's')",
           "repeat local done = true until done goto over ::over::",
           "local s = ('x'):upper():rep(3) note(#s) s:len()",
           "table.mine = 5 note(table.mine)",
           "param.extra = 5 note(param.extra)",
           "local cluster = { brokr = print } cluster:brokr()",
           "local self = 1 note(self) local _ENV = { note = print } note(q)",
           "note(rawget(_G, 'nosuch') == nil) note(_VERSION, math.pi, utf8.charpattern)",
           "local co = coroutine.wrap(function() end) co() error({ code = 1 })",
           "check.that('x', function() return #orders:isr(0) == 2 end)",
           "at('5s', function() local a, b = orders:leader(0), orders:followers(0)[1] a:kill() "
           "b:pause('1s') end)",
           "c:topic('t', { ['min.insync.replicas'] = 2, segment_ms = '10s' })",
           "c:consumer { topic = orders, auto_offset_reset = 'earliest' }:kill()",
       }) {
    const std::string text = script;
    CHECK_MESSAGE(found_in(text).empty(), text, " gave ", found_in(text));
  }
}

TEST_CASE("no scenario of the repository is blamed") {
  const sim::LintWorld world = sim::lint_world();
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(TITORELLI_SOURCE_DIR) / "scenarios")) {
    if (entry.path().extension() != ".lua") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string source{std::istreambuf_iterator<char>(file), {}};
    for (const sim::Diagnosis& d : sim::lint(entry.path().string(), source, world))
      FAIL_CHECK(sim::render(d, {{entry.path().string(), source}}));
  }
}

TEST_CASE("a text that cannot be read has one finding, with its column") {
  CHECK(found_in("local x = = 1") == "3:11 E0101 unexpected symbol near '='\n");
}

TEST_CASE("shapes are read off signatures, and every detail belongs to something") {
  const sim::ApiShape topic = sim::shape_of(*sim::word_named(sim::api_cluster(), "topic"));
  REQUIRE(topic.parameters.size() == 1);
  CHECK(topic.parameters[0].name == "name");
  CHECK(topic.options_at == 1);
  REQUIRE(topic.options.size() == 3);
  CHECK(topic.options[0].fallback == "1");
  CHECK(topic.options[0].type == "integer");
  CHECK(topic.keys_of == "topic");
  CHECK(topic.answers == "topic");
  const sim::ApiShape isr = sim::shape_of(*sim::word_named(sim::api_topic(), "isr"));
  CHECK(isr.answers == "node");
  CHECK(isr.answers_list);
  CHECK(sim::shape_of(*sim::word_named(sim::api_topic(), "leader")).may_be_nil);
  CHECK(sim::shape_of(*sim::word_named(sim::api_globals(), "print")).is_open);
  for (const sim::ApiNoun& noun : sim::api_nouns()) {
    for (const sim::ApiWord& word : noun.words) {
      const sim::ApiShape shape = sim::shape_of(word);
      for (const sim::ApiOption& detail : word.details) {
        bool is_named = false;
        for (const auto& slots : {shape.parameters, shape.options}) {
          for (const sim::ApiSlot& slot : slots) is_named = is_named || slot.name == detail.name;
        }
        CHECK_MESSAGE(is_named, word.signature, " does not name ", detail.name);
      }
    }
  }
}

}  // namespace
