// The parser accepts what Lua accepts, refuses what Lua refuses, and knows the places.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <lua.hpp>
#include <string>

#include "sim/lua/syntax.h"

namespace {

namespace fs = std::filesystem;

// Lua's verdict: nothing, or its message.
std::string lua_says(const std::string& source) {
  lua_State* L = luaL_newstate();
  std::string text;
  if (luaL_loadbufferx(L, source.data(), source.size(), "=x", "t") != LUA_OK)
    text = lua_tostring(L, -1);
  lua_close(L);
  return text;
}

// Rules beyond the grammar, which are Lua's alone.
bool is_beyond_grammar(const std::string& message) {
  for (const char* rule :
       {"label", "break outside", "const variable", "attribute", "to-be-closed", "too many",
        "outside a vararg", "limit is", "control structure too long", "jumps into the scope"}) {
    if (message.find(rule) != std::string::npos) return true;
  }
  return false;
}

TEST_CASE("what Lua reads is read, what it refuses is refused in the same line") {
  for (const char* source : {
           "",
           ";;;",
           "local a <const>, b <close> = 1, nil",
           "a.b.c:d 'x' { 1, 2; 3 } [5] = 6",
           "for i = 1, 2, 3 do end for k, v in pairs({}) do break end",
           "repeat local x = 1 until x",
           "goto continue ::continue::",
           "function a.b.c:d(...) return ... end",
           "return - - - not #x ^ 2 ^ 3 .. 'a' .. 'b' == c and d or e",
           "return function(a, b, ...) end, { [1] = 2, x = 3, f() }",
           "local s = [==[\n]]]=]]==] --[[ x\n ]] return s",
           "return 0x1p4, 0xA.8, 3., .5e-3, 1e+5, 0x.1p1",
           "return '\\x41\\65\\u{20AC}\\z   \\\n\\''",
           "if a then elseif b then else end while x do end",
           "f{}.x()() : y(...)",
           "return a // b << 1 >> 2 & 3 | 4 ~ 5, ~6",
           "local function f() return end",
           "x = = 1",
           "f(",
           "local 5 = x",
           "return return",
           "a.b",
           "a + 1",
           "(a)",
           "(a) = 1",
           "f() = 1",
           "x = 'abc",
           "x = [[abc",
           "x = 3x",
           "x = 0x",
           "x = 1e",
           "x = '\\q'",
           "x = '\\300'",
           "x = '\\u{110000000}'",
           "if x then",
           "for 1 do end",
           "for a.b in x do end",
           "function f(a,) end",
           "function f(..., a) end",
           "x = }",
           "local function a.b() end",
           "x = @",
           "a:b = 1",
           "::x",
           "return 1 2",
       }) {
    const std::string message = lua_says(source);
    const sim::SyntaxTree tree = sim::parse_lua(source);
    const std::string text = source;
    CHECK_MESSAGE(tree.error().has_value() == !message.empty(), text, " gave ", message);
    if (tree.error().has_value() && !message.empty()) {
      const std::string line = "x:" + std::to_string(tree.error()->line) + ":";
      CHECK_MESSAGE(message.starts_with(line), text, " gave ", message, " and ", line);
    }
  }
}

TEST_CASE("every scenario of the repository is read") {
  int count = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(TITORELLI_SOURCE_DIR) / "scenarios")) {
    if (entry.path().extension() != ".lua") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string source{std::istreambuf_iterator<char>(file), {}};
    CHECK_MESSAGE(!sim::parse_lua(source).error().has_value(), entry.path().string());
    ++count;
  }
  CHECK(count >= 2);
}

TEST_CASE("random tokens get Lua's verdict") {
  const auto token = rc::gen::elementOf(std::vector<std::string>{
      "local", "x",        "=",   "1",  "(",    ")",    "{",   "}",      "f",   ".",     ":",
      "'s'",   "function", "end", "if", "then", "else", "for", "in",     "do",  "while", "repeat",
      "until", "return",   ",",   ";",  "+",    "-",    "not", "..",     "...", "[",     "]",
      "::",    "nil",      "==",  "<",  ">",    "~",    "#",   "elseif", "and", "\n"});
  CHECK(rc::check("the same verdict", [&] {
    std::string source;
    for (const std::string& word :
         *rc::gen::container<std::vector<std::string>>(token).as("tokens"))
      source += word + " ";
    const std::string message = lua_says(source);
    if (is_beyond_grammar(message)) return;
    RC_ASSERT(sim::parse_lua(source).error().has_value() == !message.empty());
  }));
}

TEST_CASE("deep nesting and hostile bytes end in an error, long chains do not") {
  const auto repeated = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  for (const char* opening : {"(", "{", "not ", "f(function() ", "a .. ", "a[", "- ", "{ x = "}) {
    const std::string text = opening;
    CHECK_MESSAGE(sim::parse_lua("x = " + repeated(text, 100'000)).error().has_value(), text);
  }
  for (const char* opening : {"do ", "if x then ", "while x do ", "for i = 1, 2 do ", "repeat "}) {
    const std::string text = opening;
    CHECK_MESSAGE(sim::parse_lua(repeated(text, 100'000)).error().has_value(), text);
  }
  CHECK_FALSE(sim::parse_lua("x = 1" + repeated(" + 1", 100'000)).error().has_value());
  CHECK_FALSE(sim::parse_lua("x = a" + repeated(".b", 100'000)).error().has_value());
  CHECK_FALSE(sim::parse_lua("f" + repeated("()", 100'000)).error().has_value());
  CHECK(sim::parse_lua(std::string("\0\xff\x1b", 3)).error().has_value());
  CHECK(sim::parse_lua("x = 'a\nb'").error()->line == 1);
}

TEST_CASE("a token knows its line and column; escapes are undone") {
  const std::string source =
      "-- \xc3\xa4\n  local s = '\\x41\\u{e4}\\z  \\\nb' --[[ ]] .. [=[\nq]=]";
  const std::vector<sim::Token> tokens = sim::tokens_of(source);
  REQUIRE(tokens.size() == 7);
  CHECK(tokens[0].line == 2);
  CHECK(sim::column_of(source, tokens[0].offset) == 3);
  CHECK(sim::string_value(tokens[3]) == "A\xc3\xa4\nb");
  CHECK(tokens[4].line == 3);
  CHECK(sim::string_value(tokens[5]) == "q");
  CHECK(sim::column_of("\xc3\xa4x", 2) == 2);
}

}  // namespace
