// Where the sandbox replaces a function, it answers what Lua 5.4 answers: the same chunk runs in
// both.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

#include "tests/unit/lua/sandbox_harness.h"

namespace {

using test::run_sandboxed;
using test::run_stock;

void check_same(const std::string& source) {
  CHECK_MESSAGE(run_sandboxed(source) == run_stock(source), source);
}

TEST_CASE("patterns answer what Lua's own matcher answers") {
  for (const char* source : {
           "return ('hello world'):find('o w')",
           "return ('hello'):find('l+')",
           "return ('hello'):find('xyz')",
           "return ('hello'):find('')",
           "return ('hello'):find('', 6)",
           "return ('hello'):find('', 7)",
           "return ('hello'):find('l', -2)",
           "return ('hello'):find('h', -100)",
           "return ('a.b'):find('.', 1, true)",
           "return ('a.b'):find('.b', 2, true)",
           "return ('hello'):find('^h')",
           "return ('hello'):find('^l', 3)",
           "return ('hello'):find('o$')",
           "return ('a$b'):find('$b')",
           "return ('hello'):match('(h)(.)(l+)')",
           "return ('hello'):match('()ll()')",
           "return ('hello'):match('((h)(e))')",
           "return ('key = value'):match('^(%w+)%s*=%s*(%w+)$')",
           "return ('f(a(b)c)d'):match('%b()')",
           "return ('THE (quick) fox'):find('%((%a+)%)')",
           "return ('THE (quick) fox'):gsub('%f[%a]%a+', 'w')",
           "return ('x^y'):match('[%^x]+')",
           "return ('a]b'):match('[]]')",
           "return ('a-b'):match('[a%-]+')",
           "return ('abcABC019_'):match('[%l%u]+'), ('a1'):match('[^%a]')",
           "return ('\"it\\'s\"'):match('([\"\\'])(.-)%1')",
           "return ('aa'):match('(a)%1'), ('ab'):match('(a)%1')",
           "return ('aa'):match('()a%1')",
           "return ('abc'):gsub('', '-')",
           "return ('hello world'):gsub('o*', 'x')",
           "return ('hello world'):gsub('%w+', '%0 %0', 1)",
           "return ('hello world'):gsub('(%w+) (%w+)', '%2 %1')",
           "return ('hello'):gsub('l', { l = 'L' })",
           "return ('hello'):gsub('.', { h = 1, e = false })",
           "return ('hello'):gsub('(l)(l)', function(a, b) return a .. '-' .. b end)",
           "return ('hello'):gsub('l', function() return nil end)",
           "return ('hello'):gsub('^h', 'x')",
           "return ('hello'):gsub('^', 'x')",
           "return ('hello'):gsub('$', 'x')",
           "return ('abc'):gsub('%w', '%%')",
           "return ('abc'):gsub('()', '%1')",
           "return ('abc'):gsub('b*', 'x')",
           "return ('abc'):gsub('.-', 'x')",
           "return ('abc'):gsub('a', 'x', 0)",
           "return ('abc'):gsub('a', 'x', -1)",
           "local s = '' for a, b in ('k=v, x=y'):gmatch('(%w+)=(%w+)') do s = s .. a .. b end "
           "return s",
           "local s = '' for a in ('abc'):gmatch('') do s = s .. a .. '.' end return s",
           "local s = '' for a in ('aXbX'):gmatch('%l*') do s = s .. a .. '.' end return s",
           "local s = '' for a in ('^a^b'):gmatch('^%w') do s = s .. a end return s",
           "local s = '' for p in ('abc'):gmatch('()', 2) do s = s .. p end return s",
           "local s = '' for a in ('hello'):gmatch('l', -2) do s = s .. a end return s",
           "return ('\\0a\\0'):find('%z'), ('a\\0b'):match('a%zb'), #('a\\0b'):match('.*')",
           "return ('\\xe9'):match('%a'), ('\\xe9'):match('%W')",
           "return (pcall(string.find, 'a', '[a')), (pcall(string.find, 'a', '%'))",
           "return (pcall(string.find, 'a', '(a')), (pcall(string.find, 'a', 'a)'))",
           "return (pcall(string.find, 'a', '%1')), (pcall(string.find, 'a', '%f'))",
           "return (pcall(string.find, 'a', '%b')), (pcall(string.gsub, 'a', 'a', '%2'))",
           "return (pcall(string.gsub, 'a', 'a', '%x')), (pcall(string.gsub, 'a', 'a', type))",
           "return (pcall(string.rep)), (pcall(string.gsub, 'a', 'a')), (pcall(string.gsub, 'a'))",
           "return select(2, pcall(string.find, 'a', '[a'))",
           "return select(2, pcall(string.find, 'a', '%'))",
           "return select(2, pcall(string.gsub, 'a', 'a', '%x'))",
           "return select(2, pcall(string.match, 'a', '(a'))",
       }) {
    check_same(source);
  }
}

TEST_CASE("random patterns on random subjects: find, match, gsub and gmatch as in Lua 5.4") {
  const auto alphabet = rc::gen::elementOf(std::string("ab.%[]()^$*+-?1fawx"));
  const auto letters = rc::gen::elementOf(std::string("aab1 x."));
  CHECK(rc::check("the same answer or both an error", [&] {
    const auto pattern = *rc::gen::container<std::string>(alphabet).as("pattern");
    const auto subject = *rc::gen::container<std::string>(letters).as("subject");
    for (const char* call : {"pcall(string.find, s, p)", "pcall(string.match, s, p)",
                             "pcall(string.gsub, s, p, '<%0>')", "pcall(string.gsub, s, p, '%1')",
                             "pcall(function() local r = {} for a, b in s:gmatch(p) do r[#r + 1] = "
                             "tostring(a) .. tostring(b) end return table.concat(r, '|') end)"}) {
      const std::string source = "local s, p = [==[" + subject + " ]==], [==[" + pattern +
                                 " ]==] p = p:sub(1, -2) local r = table.pack(" + call +
                                 ") if not r[1] then return 'error' end return table.unpack(r)";
      RC_ASSERT(run_sandboxed(source) == run_stock(source));
    }
  }));
}

TEST_CASE("the base library answers what Lua's own answers") {
  for (const char* source : {
           "return pcall(function(...) return ... end, 1, nil, 3)",
           "return pcall(error, 'x')",
           "return pcall(error)",
           "return pcall(function() error('x') end)",
           "return pcall(function() error('x', 0) end)",
           "return pcall(function() error('x', 2) end)",
           "return select('#', pcall(function() end))",
           "return (pcall(pcall)), (pcall(pcall, 1))",
           "return pcall(1)",
           "return xpcall(function(...) return select('#', ...), ... end, type, 1, 2, nil)",
           "return xpcall(function() error('x', 0) end, function(e) return e .. '!', 2 end)",
           "return xpcall(function() local x = nil + 1 end, function(e) return e end)",
           "return xpcall(error, function(e) return 'h' .. e end, 'x')",
           "return xpcall(1, function(e) return 'h' .. e end)",
           "return xpcall(function() error('a') end, function() error('b') end)",
           "return pcall(xpcall, type)",
           "return pcall(assert, false, 'x')",
           "return pcall(function() assert(false, 'x') end)",
           "return pcall(function() assert(nil) end)",
           "return pcall(function() assert(false, { 1 }) end) == false",
           "return assert(1, 2, 3)",
           "return pcall(assert)",
           "return select(2, 'a', 'b', 'c')",
           "return select(-1, 'a', 'b', 'c')",
           "return select('#'), select('#', nil, nil)",
           "return pcall(select, 0)",
           "return pcall(select, -5, 1)",
           "return rawlen({ 1, 2 }), rawlen('abc'), rawequal('a', 'a'), rawget({ 5 }, 1)",
           "return pcall(rawset, 1, 2, 3)",
           "return tostring(nil), tostring(1), tostring(1.0), tostring(-0.0), tostring(1e100)",
           "return tonumber('0x10'), tonumber('z', 36), tonumber('1e1'), tonumber('x')",
           "return type(nil), type(1), type({}), type(type)",
           "return pcall(type)",
           "return pcall(setmetatable, {}, 1)",
           "return pcall(setmetatable, setmetatable({}, { __metatable = 1 }), {})",
           "return getmetatable(setmetatable({}, { __metatable = 'mine' }))",
           "local s = '' for i, v in ipairs({ 1, 2, nil, 4 }) do s = s .. i .. v end return s",
           "return pcall(ipairs)",
           "local t = { 3, 1, 2 } table.sort(t) return table.concat(t, ',')",
           "local t = { 3, 1, 2 } table.sort(t, function(a, b) return a > b end) return t[1], t[3]",
           "local t = { 1, 2, 3 } table.insert(t, 1, 0) table.insert(t, 9) return table.concat(t)",
           "local t = { 1, 2, 3 } return table.remove(t), table.remove(t, 1), table.concat(t)",
           "local t = table.move({ 1, 2, 3 }, 1, 3, 2) return table.concat(t)",
           "return pcall(table.insert, { 1 }, 5, 2)",
           "return pcall(table.insert, { 1 })",
           "return string.format('%5.1f|%-5s|%05d|%x|%q|%c|%i|%g', 1.25, 'a', 7, 255, 'q', 65, 3, "
           "0.1)",
           "return pcall(string.format, '%d', 1.5)",
           "return pcall(string.format, '%s')",
           "return ('ab'):rep(3, ','), ('ab'):rep(0), ('ab'):rep(-1), (''):rep(5, 'x')",
           "local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 "
           "end) "
           "return co(1), co(5)",
           "local co = coroutine.create(function() error('x') end) return coroutine.resume(co)",
           "local co = coroutine.create(function() end) coroutine.resume(co) return "
           "coroutine.resume(co)",
           "local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) "
           "return "
           "coroutine.close(co), coroutine.status(co)",
           "return pcall(coroutine.wrap(function() pcall(coroutine.yield, 1) error('z') end))",
           "local co = coroutine.wrap(function() return pcall(function() coroutine.yield(1) "
           "error('y') "
           "end) end) co() return co()",
           "local co = coroutine.wrap(function() return xpcall(function(...) coroutine.yield(1) "
           "return "
           "... end, type, 7, 8) end) co() return co()",
           "local co = coroutine.wrap(function() return xpcall(function() coroutine.yield(1) "
           "error('y', 0) end, function(e) return e .. '!' end) end) co() return co()",
           "local co = coroutine.wrap(function() return pcall(pcall, coroutine.yield, 3) end) co() "
           "return co(4, 5)",
       }) {
    check_same(source);
  }
}

}  // namespace
