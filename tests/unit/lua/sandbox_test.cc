// The sandbox, one test for each way in which Lua could make two runs differ, or not end.
#include <doctest/doctest.h>

#include <string>

#include "tests/unit/lua/sandbox_harness.h"

namespace {

using test::run_sandboxed;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* kEndless = "stopped: endless loop";
constexpr const char* kMemory = "stopped: out of memory";

// --- order -------------------------------------------------------------------------------------

TEST_CASE("pairs walks numbers, then strings, then booleans, each in order") {
  CHECK(
      run_sandboxed("local t = { b = 1, a = 2, [true] = 3, [false] = 4, [10] = 5, [2] = 6, "
                    "[1.5] = 7, [-1] = 8, B = 9 } "
                    "local s = '' for k, v in pairs(t) do s = s .. tostring(k) .. '=' .. v .. ' ' "
                    "end return s") == "-1=8 1.5=7 2=6 10=5 B=9 a=2 b=1 false=4 true=3 ");
}

TEST_CASE("pairs over fifty string keys gives the sorted order, whatever the hash seed") {
  CHECK(
      run_sandboxed("local t, keys = {}, {} "
                    "for i = 1, 50 do local k = 'key' .. (i * 7919 % 1000) t[k] = i "
                    "keys[#keys + 1] = k end table.sort(keys) local i = 0 "
                    "for k in pairs(t) do i = i + 1 if keys[i] ~= k then return 'differs' end end "
                    "return i") == "50");
}

TEST_CASE("pairs survives removal while it walks, and does not ask __index for what is gone") {
  CHECK(run_sandboxed("local t = setmetatable({ a = 1, b = 2, c = 3 }, { __index = { b = 'x' } }) "
                      "local s = '' for k in pairs(t) do s = s .. k t.b = nil end return s") ==
        "ac");
}

TEST_CASE("a table, function or coroutine as a key is refused by pairs with a sentence") {
  for (const char* key : {"{}", "print", "coroutine.create(function() end)"}) {
    const std::string text = run_sandboxed(std::string("print = function() end local t = {} t[") +
                                           key + "] = 1 for k in pairs(t) do end");
    CHECK_MESSAGE(has(text, "used as a key has no order that is the same in every run"), text);
    CHECK_MESSAGE(has(text, "test.lua:1:"), text);
  }
}

TEST_CASE("next walks in the order of pairs") {
  CHECK(run_sandboxed(
            "local t = { z = 1, a = 2, [3] = 3 } local s, k = '', nil repeat k = next(t, k) "
            "s = s .. tostring(k) .. ' ' until k == nil return s") == "3 a z nil ");
  CHECK(has(run_sandboxed("return next({ 1 }, {})"), "next: a table is no key of the table"));
  CHECK(run_sandboxed("return next({})") == "nil");
}

TEST_CASE("__pairs is obeyed") {
  CHECK(run_sandboxed("local t = setmetatable({}, { __pairs = function() return function(_, k) if "
                      "not k then return 1, 'x' end end end }) for k, v in pairs(t) do return k, v "
                      "end") == "1 x");
}

TEST_CASE("table.sort is stable") {
  CHECK(run_sandboxed(
            "local t = {} for i = 1, 40 do t[i] = { key = i % 4, place = i } end "
            "table.sort(t, function(a, b) return a.key < b.key end) "
            "for i = 2, 40 do local a, b = t[i - 1], t[i] if a.key > b.key or (a.key == "
            "b.key and a.place > b.place) then return 'unstable' end end return 'stable'") ==
        "stable");
}

TEST_CASE("table.sort with an inconsistent comparator ends, with all elements still there") {
  for (const char* comparator : {"return true", "return math.random() < 0.5", "return a ~= b"}) {
    sim::Sandbox sandbox;
    env::Rng random(1);
    sandbox.set_random(&random);
    CHECK(run_sandboxed(sandbox, std::string("local t = {} for i = 1, 100 do t[i] = i end "
                                             "table.sort(t, function(a, b) ") +
                                     comparator +
                                     " end) local sum = 0 for i = 1, #t do sum = sum + t[i] end "
                                     "return sum, #t") == "5050 100");
  }
  CHECK(has(run_sandboxed("table.sort({ 1, 'x' })"), "attempt to compare"));
  CHECK(
      has(run_sandboxed("table.sort(setmetatable({}, { __len = function() return 1 << 60 end }))"),
          "array too big"));
}

// --- addresses -----------------------------------------------------------------------------------

TEST_CASE("tostring, %s and error values number objects instead of showing addresses") {
  CHECK(run_sandboxed("local a, b = {}, {} return tostring(b), tostring(a), tostring(b), "
                      "string.format('%s %5s', a, 1), tostring(function() end)") ==
        "table: 1 table: 2 table: 1 table: 2     1 function: 3");
  CHECK(run_sandboxed("error({})") == "error: table: 1");
  CHECK(run_sandboxed("local ok, e = pcall(error, {}) return tostring(e)") == "table: 1");
  CHECK(run_sandboxed("return tostring(setmetatable({}, { __tostring = function() return 'me' end "
                      "}))") == "me");
  CHECK(run_sandboxed("return tostring(setmetatable({}, { __name = 'mine' }))") == "table: 1");
  CHECK(run_sandboxed("return tostring(print == nil), tostring(coroutine.running())") ==
        "true thread: 1");
}

TEST_CASE("a __tostring that raises is text, not the end of the program") {
  CHECK(run_sandboxed("error(setmetatable({}, { __tostring = function() error('again') end }))") ==
        "error: (an error whose own text is an error)");
}

TEST_CASE("%p is refused") {
  const std::string text = run_sandboxed("return string.format('%p', {})");
  CHECK_MESSAGE(has(text, "test.lua:1: string.format: '%p' is not available"), text);
  CHECK(run_sandboxed("return string.format('%%p %d', 3)") == "%p 3");
}

TEST_CASE("complaints of library functions name the script's line and the function") {
  CHECK(run_sandboxed("return string.format('%d', 'x')") ==
        "error: test.lua:1: bad argument #2 to 'format' (number expected, got string)");
  CHECK(run_sandboxed("return ('x'):rep({})") ==
        "error: test.lua:1: bad argument #1 to 'rep' (number expected, got table)");
  CHECK(has(run_sandboxed("coroutine.resume(1)"), "test.lua:1: bad argument #1 to 'resume'"));
}

// --- chance
// ----------------------------------------------------------------------------------------

TEST_CASE("math.random draws from the run's stream, and nobody can seed it") {
  const auto draw = [](std::uint64_t seed) {
    sim::Sandbox sandbox;
    env::Rng random(seed);
    sandbox.set_random(&random);
    return run_sandboxed(sandbox, "return math.random(1000), math.random(5, 6), math.random(0)");
  };
  CHECK(draw(1) == draw(1));
  CHECK(draw(1) != draw(2));
  CHECK(has(run_sandboxed("return math.random()"), "math.random draws from the run's seed"));
  CHECK(has(run_sandboxed("math.randomseed(1)"), "math.randomseed is not available"));
  sim::Sandbox sandbox;
  env::Rng random(1);
  sandbox.set_random(&random);
  CHECK(has(run_sandboxed(sandbox, "return math.random(2, 1)"), "interval is empty"));
  CHECK(run_sandboxed(sandbox,
                      "for i = 1, 1000 do local x = math.random() if x < 0 or x >= 1 then "
                      "return 'out of range' end local y = math.random(3) if y < 1 or y > 3 "
                      "then return 'out of range' end end return 'fine'") == "fine");
}

// --- what is taken away
// ------------------------------------------------------------------------------

TEST_CASE("os, io, debug, package, load and collectgarbage do not exist") {
  for (const char* name : {"os", "io", "debug", "package", "require", "load", "loadstring",
                           "loadfile", "dofile", "collectgarbage", "warn"}) {
    CHECK_MESSAGE(run_sandboxed(std::string("return type(") + name + ")") == "nil",
                  std::string(name));
  }
  CHECK(run_sandboxed("return type(string.dump)") == "nil");
}

TEST_CASE("finalisers, weak tables and closing variables are refused by setmetatable") {
  for (const char* field : {"__gc", "__mode", "__close"}) {
    const std::string text =
        run_sandboxed(std::string("setmetatable({}, { ") + field + " = 'k' })");
    CHECK_MESSAGE(has(text, "test.lua:1:"), text);
    CHECK_MESSAGE(has(text, std::string(field) + " is not available"), text);
  }
}

TEST_CASE("a __mode that is added to a metatable later is found") {
  sim::Sandbox sandbox;
  run_sandboxed(sandbox, "local m = {} keep = setmetatable({}, m)");
  CHECK_FALSE(sim::has_forbidden_metafield(sandbox.state()));
  run_sandboxed(sandbox, "getmetatable(keep).__mode = 'v'");
  CHECK(sim::has_forbidden_metafield(sandbox.state()));
}

TEST_CASE("the metatable of strings is out of reach") {
  CHECK(run_sandboxed("return getmetatable('')") == "nil");
  CHECK(has(run_sandboxed("getmetatable('').__index = nil"), "attempt to index a nil value"));
  CHECK(run_sandboxed("return ('x'):upper()") == "X");
  CHECK(has(run_sandboxed("setmetatable('', {})"), "table expected, got string"));
}

// --- budgets
// ---------------------------------------------------------------------------------------

TEST_CASE("an endless loop ends, and nothing that catches errors can go on after it") {
  for (const char* source : {
           "while true do end",
           "pcall(function() while true do end end) return 'went on'",
           "while true do pcall(function() while true do end end) end",
           "xpcall(function() while true do end end, function(e) return e end) return 'went on'",
           "xpcall(function() while true do end end, function(e) while true do end end) return "
           "'on'",
           "coroutine.wrap(function() while true do end end)() return 'went on'",
           "pcall(coroutine.wrap(function() while true do end end)) return 'went on'",
           "coroutine.resume(coroutine.create(function() while true do end end)) return 'went on'",
           "local t = setmetatable({}, { __tostring = function() while true do end end }) "
           "pcall(tostring, t) return 'went on'",
           "local t = setmetatable({}, { __index = function() while true do end end }) "
           "pcall(function() return t.x end) return 'went on'",
           "pcall(string.gsub, 'x', 'x', function() while true do end end) return 'went on'",
           "pcall(table.sort, { 1, 2 }, function() while true do end end) return 'went on'",
           "local function f() return f() end f()",
           "while true do coroutine.wrap(function() end)() end",
       }) {
    const std::string text = run_sandboxed(source);
    CHECK_MESSAGE(text.starts_with(kEndless), std::string(source), " gave ", text);
  }
}

TEST_CASE("an endless loop inside a library function ends") {
  for (const char* source : {
           "table.move({}, 1, 1 << 60, 2)",
           "table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 'x')",
           "table.remove(setmetatable({}, { __len = function() return 1 << 60 end }), 1)",
           "while true do local x = ('x'):rep(1000000) end",
           "local s = ('x'):rep(1000000) while true do s:find('y') end",
           "local s = ('x'):rep(1000000) while true do s:find('y', 1, true) end",
           "local t = {} for i = 1, 10000 do t[i] = i end while true do next(t) end",
           "local t = {} for i = 1, 10000 do t[i] = i end while true do table.sort(t) end",
       }) {
    const std::string text = run_sandboxed(source);
    CHECK_MESSAGE(text.starts_with(kEndless), std::string(source), " gave ", text);
  }
  CHECK(run_sandboxed("return #string.rep('', 1 << 60)") == "0");
}

TEST_CASE("runaway memory ends, and nothing that catches errors can go on after it") {
  for (const char* source : {
           "local t = {} for i = 1, 1 << 40 do t[i] = i end",
           "local s = 'x' while true do s = s .. s end",
           "local s = ('x'):rep(1 << 30)",
           "pcall(string.rep, 'x', 1 << 30) return 'went on'",
           "pcall(function() local t = {} for i = 1, 1 << 40 do t[i] = { i } end end) return 'on'",
           "xpcall(string.rep, function() return 1 end, 'x', 1 << 30) return 'went on'",
           "coroutine.resume(coroutine.create(function() return ('x'):rep(1 << 30) end)) return 1",
           "pcall(coroutine.wrap(function() return ('x'):rep(1 << 30) end)) return 'went on'",
           "local s = ('x'):rep(1 << 20) pcall(string.gsub, s, 'x', ('y'):rep(1 << 10)) return 1",
       }) {
    const std::string text = run_sandboxed(source);
    CHECK_MESSAGE(text.starts_with(kMemory), std::string(source), " gave ", text);
  }
}

TEST_CASE("a pattern that backtracks without end is stopped, and pcall cannot go on") {
  const std::string text =
      run_sandboxed("pcall(string.find, ('a'):rep(3000), ('a-'):rep(8) .. 'b') return 'went on'");
  CHECK_MESSAGE(text.starts_with("stopped: the string pattern takes too many steps"), text);
}

TEST_CASE("recursion without end ends: its stack counts as memory") {
  CHECK(run_sandboxed("local function f() return 1 + f() end f()").starts_with(kMemory));
  CHECK(run_sandboxed("local s = {} s = setmetatable(s, { __index = s }) return (pcall(function() "
                      "return s.x end))") == "false");
}

TEST_CASE("ordinary use stays within the budgets") {
  CHECK(run_sandboxed("local sum = 0 for i = 1, 3000000 do sum = sum + i % 7 end return sum") ==
        "8999997");
  CHECK(run_sandboxed("local t = {} for i = 1, 100000 do t[#t + 1] = 'k' .. i end "
                      "table.sort(t) local n = 0 for k in pairs(t) do n = n + 1 end return n") ==
        "100000");
}

// --- escapes
// ---------------------------------------------------------------------------------------

TEST_CASE("escape: bytecode, dump and loaders are not there") {
  sim::Sandbox sandbox;
  lua_State* L = sandbox.state();
  const std::string compiled = "\x1bLua\x54";
  CHECK(luaL_loadbufferx(L, compiled.data(), compiled.size(), "@x", "t") == LUA_ERRSYNTAX);
  CHECK(has(run_sandboxed("string.dump(function() end)"), "attempt to call a nil value"));
  CHECK(has(run_sandboxed("load('return 1')()"), "attempt to call a nil value"));
}

TEST_CASE("escape: nesting of C calls ends in an error") {
  for (const char* source : {
           "local function f() return pcall(f) end return f()",
           "local function f() local ok, e = pcall(f) if not ok then error(e, 0) end end f()",
           "local function f() return (('x'):gsub('x', f)) end f()",
           "local function f() table.sort({ 1, 2 }, f) end f()",
           "local t = {} setmetatable(t, { __tostring = function() return tostring(t) end }) "
           "tostring(t)",
           "local function f() coroutine.wrap(f)() end f()",
           "local t = setmetatable({}, { __index = function(t, k) return t[k] end }) return t.x",
           "local t = setmetatable({}, { __lt = function(a, b) return a < b end }) return t < t",
           "local t = setmetatable({}, { __concat = function(a, b) return a .. b end }) return t "
           ".. t",
           "local function f() xpcall(error, f) end f() return true",
           "local function f() for k in pairs(setmetatable({}, { __pairs = f })) do end end f()",
       }) {
    const std::string text = run_sandboxed(source);
    const std::string shown = source;
    const bool has_ended = text.starts_with("error: ") || text.starts_with("stopped: ") ||
                           text.starts_with("false") || text.starts_with("true");
    CHECK_MESSAGE(has_ended, shown, " gave ", text);
  }
}

TEST_CASE("escape: strings of a gigabyte, by every way that makes strings") {
  for (const char* source : {
           "return #string.rep('x', 1 << 30)",
           "return #string.rep('x', 1 << 15, ('y'):rep(1 << 15))",
           "local t = {} for i = 1, 1 << 10 do t[i] = ('x'):rep(1 << 10) end t = table.concat(t) "
           "return #table.concat({ t, t, t, t }, t:rep(30))",
           "return #(('x'):rep(1 << 20):gsub('x', ('y'):rep(1 << 10)))",
           "return #string.format(('%s'):rep(90), table.unpack((function() local t = {} for i = 1, "
           "90 "
           "do t[i] = ('x'):rep(1 << 20) end return t end)()))",
           "local s = 'x' for i = 1, 40 do s = s .. s end",
           "return #string.pack('s', ('x'):rep(1 << 26))",
       }) {
    const std::string text = run_sandboxed(source);
    const std::string shown = source;
    CHECK_MESSAGE(text.starts_with(kMemory), shown, " gave ", text);
  }
  CHECK(has(run_sandboxed("return string.format('%1000000d', 1)"), "invalid conversion"));
  CHECK(has(run_sandboxed("return string.rep('xx', 1 << 62)"), "resulting string too large"));
}

TEST_CASE("escape: few instructions that do much each spend the budget too") {
  for (const char* source : {
           "local a, b = ('x'):rep(1 << 24), ('x'):rep(1 << 24) while a == b do end",
           "local a, b = ('x'):rep(1 << 24), ('x'):rep(1 << 24) while a <= b do end",
           "local s = ('x'):rep(1 << 24) while true do utf8.len(s) end",
           "local s = (' '):rep(1 << 24) while true do tonumber(s) end",
           "local t = {} while true do table.unpack(t, 1, 200000) end",
           "local t = setmetatable({}, { __index = function() return '' end }) "
           "while true do table.concat(t, '', 1, 100000) end",
           "local function f(...) while true do type(...) end end "
           "local function g(n, ...) if n == 0 then return f(...) end "
           "return g(n - 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...) end g(20000)",
       }) {
    sim::Sandbox sandbox({.instructions_per_resume = 5'000'000});
    const std::string text = run_sandboxed(sandbox, source);
    const std::string shown = source;
    CHECK_MESSAGE(text.starts_with("stopped: "), shown, " gave ", text);
  }
}

TEST_CASE("escape: loops without end, by every way that loops") {
  for (const char* source : {
           "::again:: goto again",
           "repeat until false",
           "for i = 1, math.huge do end",
           "local function f() return f() end f()",
           "for _ in function() return 1 end do end",
           "while true do pcall(error) end",
           "while true do coroutine.wrap(function() end)() end",
           "local co = coroutine.wrap(function() while true do coroutine.yield() end end) "
           "while true do co() end",
           "while true do local t = setmetatable({}, { __index = {} }) t.x = t.y end",
       }) {
    sim::Sandbox sandbox({.instructions_per_resume = 5'000'000});
    const std::string text = run_sandboxed(sandbox, source);
    const std::string shown = source;
    CHECK_MESSAGE(text.starts_with(kEndless), shown, " gave ", text);
  }
  CHECK(has(run_sandboxed("local a, b = {}, {} setmetatable(a, { __index = b }) "
                          "setmetatable(b, { __index = a }) return a.x"),
            "'__index' chain too long"));
  CHECK(has(run_sandboxed("local a, b = {}, {} setmetatable(a, { __newindex = b }) "
                          "setmetatable(b, { __newindex = a }) a.x = 1"),
            "'__newindex' chain too long"));
}

TEST_CASE("escape: sources that are too large or too deep are refused") {
  const auto repeated = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  CHECK(
      has(run_sandboxed("return " + repeated("(", 1000) + "1" + repeated(")", 1000)), "overflow"));
  CHECK(has(run_sandboxed("return " + repeated("{", 1000)), "overflow"));
  CHECK(has(run_sandboxed(repeated("do ", 1000)), "overflow"));
  CHECK(run_sandboxed("return #{" + repeated("1,", 100'000) + "}") == "100000");
  sim::Sandbox small({.memory_bytes = std::size_t{2} << 20});
  const std::string text = run_sandboxed(small, "return #{" + repeated("'x',{},", 100'000) + "}");
  CHECK_MESSAGE((has(text, "memory") || text.starts_with(kMemory)), text);
}

TEST_CASE("escape: error values of every kind become text") {
  const auto text_of = [](const char* source) {
    sim::Sandbox sandbox;
    lua_State* L = sandbox.state();
    REQUIRE(luaL_loadbufferx(L, source, std::string_view(source).size(), "@x", "t") == LUA_OK);
    const sim::Sandbox::Running running(sandbox);
    REQUIRE(lua_pcall(L, 0, 0, 0) != LUA_OK);
    return sim::pop_error(L);
  };
  CHECK(text_of("error(nil)") == "an error without a text: error() was given a nil");
  CHECK(text_of("error({})") == "an error without a text: error() was given a table");
  CHECK(text_of("error(print)") == "an error without a text: error() was given a nil");
  CHECK(text_of("error(5, 0)") == "5");
  CHECK(text_of("error(setmetatable({}, { __tostring = function() return 'me' end }))") == "me");
  CHECK(text_of("error(setmetatable({}, { __tostring = function() return {} end }))") ==
        "(an error whose own text is an error)");
  CHECK(text_of("error(setmetatable({}, { __tostring = function() while true do end end }))") ==
        "(an error whose own text is an error)");
}

TEST_CASE("escape: what a script fills to the brim does not take the host down") {
  sim::Sandbox sandbox({.memory_bytes = std::size_t{4} << 20});
  run_sandboxed(sandbox, "keep = {} pcall(function() for i = 1, 1 << 30 do keep[i] = {} end end)");
  lua_State* L = sandbox.state();
  for (int i = 0; i < 1000; ++i) {  // as the host does between two events, with nobody to catch
    lua_newthread(L);
    luaL_ref(L, LUA_REGISTRYINDEX);
  }
  CHECK(sandbox.memory_used() < std::size_t{20} << 20);
}

}  // namespace
