// The string library of the sandbox: Lua's own, but for patterns (step budget) and format (no
// addresses).
#include <string>

#include "sim/lua/diagnostic.h"
#include "sim/lua/pattern.h"
#include "sim/lua/sandbox.h"

namespace sim {
namespace {

std::string_view check_text(lua_State* L, int index) {
  std::size_t size = 0;
  const char* data = luaL_checklstring(L, index, &size);
  return {data, size};
}

// find() and what its failures mean for the script.
std::optional<Pattern::Match> find_or_raise(lua_State* L, Pattern& pattern, std::size_t from) {
  const std::uint64_t before = pattern.steps_used();
  std::optional<Pattern::Match> match = pattern.find(from);
  Sandbox::of(L).charge(L, pattern.steps_used() - before);
  switch (pattern.error()) {
    case Pattern::Error::kNone: return match;
    case Pattern::Error::kSteps: Sandbox::of(L).exhaust(L, BudgetKind::kPatternSteps);
    case Pattern::Error::kTooComplex: luaL_error(L, "pattern too complex"); break;
    case Pattern::Error::kMalformed:
      lua_pushlstring(L, pattern.complaint().data(), pattern.complaint().size());
      luaL_error(L, "%s", lua_tostring(L, -1));
      break;
  }
  return std::nullopt;
}

void push_capture(lua_State* L, std::string_view subject, const Pattern::Match& match, int index) {
  if (index >= match.capture_count) {
    if (index != 0) luaL_error(L, "invalid capture index %%%d", index + 1);
    lua_pushlstring(L, subject.data() + match.start, match.end - match.start);
    return;
  }
  const Pattern::Capture& capture = match.captures[static_cast<std::size_t>(index)];
  if (capture.is_open) luaL_error(L, "unfinished capture");
  if (capture.is_position) {
    lua_pushinteger(L, static_cast<lua_Integer>(capture.start + 1));
  } else {
    lua_pushlstring(L, subject.data() + capture.start, capture.size);
  }
}

int push_captures(lua_State* L, std::string_view subject, const Pattern::Match& match,
                  bool whole_if_none) {
  const int count = match.capture_count == 0 && whole_if_none ? 1 : match.capture_count;
  luaL_checkstack(L, count, "too many captures");
  for (int i = 0; i < count; ++i) push_capture(L, subject, match, i);
  return count;
}

std::size_t start_of(lua_Integer position, std::size_t size) {  // 1-based or negative -> 0-based
  if (position > 0) return static_cast<std::size_t>(position) - 1;
  if (position == 0) return 0;
  const auto back = static_cast<std::size_t>(-(position + 1)) + 1;
  return back > size ? 0 : size - back;
}

int find_or_match(lua_State* L, bool is_find) {
  const std::string_view subject = check_text(L, 1);
  const std::string_view pattern_text = check_text(L, 2);
  const std::size_t from = start_of(luaL_optinteger(L, 3, 1), subject.size());
  if (from > subject.size()) {
    lua_pushnil(L);
    return 1;
  }
  const bool has_specials = pattern_text.find_first_of("^$*+?.([%-") != std::string_view::npos;
  if (is_find && (lua_toboolean(L, 4) || !has_specials)) {
    Sandbox::of(L).charge(L, (subject.size() - from) / 16);
    const std::size_t at = subject.find(pattern_text, from);
    if (at == std::string_view::npos) {
      lua_pushnil(L);
      return 1;
    }
    lua_pushinteger(L, static_cast<lua_Integer>(at + 1));
    lua_pushinteger(L, static_cast<lua_Integer>(at + pattern_text.size()));
    return 2;
  }
  Pattern pattern(subject, pattern_text, Sandbox::of(L).limits().pattern_steps);
  const std::optional<Pattern::Match> match = find_or_raise(L, pattern, from);
  if (!match.has_value()) {
    lua_pushnil(L);
    return 1;
  }
  if (!is_find) return push_captures(L, subject, *match, true);
  lua_pushinteger(L, static_cast<lua_Integer>(match->start + 1));
  lua_pushinteger(L, static_cast<lua_Integer>(match->end));
  return 2 + push_captures(L, subject, *match, false);
}

int string_find(lua_State* L) { return find_or_match(L, true); }
int string_match(lua_State* L) { return find_or_match(L, false); }

// Upvalues: subject, pattern, next position, end of the last match (or -1).
int gmatch_step(lua_State* L) {
  const std::string_view subject = check_text(L, lua_upvalueindex(1));
  const std::string_view pattern_text = check_text(L, lua_upvalueindex(2));
  auto from = static_cast<std::size_t>(lua_tointeger(L, lua_upvalueindex(3)));
  const lua_Integer last_end = lua_tointeger(L, lua_upvalueindex(4));
  Pattern pattern(subject, pattern_text, Sandbox::of(L).limits().pattern_steps, false);
  while (from <= subject.size()) {
    const std::optional<Pattern::Match> match = find_or_raise(L, pattern, from);
    if (!match.has_value()) break;
    if (static_cast<lua_Integer>(match->end) == last_end && match->end == match->start) {
      from = match->end + 1;  // an empty match right after the last one does not count
      continue;
    }
    lua_pushinteger(L, static_cast<lua_Integer>(match->end));
    lua_pushvalue(L, -1);
    lua_replace(L, lua_upvalueindex(3));
    lua_replace(L, lua_upvalueindex(4));
    return push_captures(L, subject, *match, true);
  }
  return 0;
}

int string_gmatch(lua_State* L) {
  const std::string_view subject = check_text(L, 1);
  check_text(L, 2);
  const std::size_t from = start_of(luaL_optinteger(L, 3, 1), subject.size());
  lua_settop(L, 2);
  lua_pushinteger(L, static_cast<lua_Integer>(std::min(from, subject.size() + 1)));
  lua_pushinteger(L, -1);
  lua_pushcclosure(L, &gmatch_step, 4);
  return 1;
}

// Appends what a match is replaced by to the buffer's text.
void append_replacement(lua_State* L, std::string& result, std::string_view subject,
                        const Pattern::Match& match) {
  const std::string_view whole = subject.substr(match.start, match.end - match.start);
  switch (lua_type(L, 3)) {
    case LUA_TFUNCTION: {
      lua_pushvalue(L, 3);
      lua_call(L, push_captures(L, subject, match, true), 1);
      break;
    }
    case LUA_TTABLE:
      push_capture(L, subject, match, 0);
      lua_gettable(L, 3);
      break;
    default: {
      const std::string_view text = check_text(L, 3);
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
          result += text[i];
          continue;
        }
        const char next = ++i < text.size() ? text[i] : '\0';
        if (next == '%') {
          result += '%';
        } else if (next == '0') {
          result += whole;
        } else if (next >= '1' && next <= '9') {
          push_capture(L, subject, match, next - '1');
          std::size_t size = 0;
          const char* data = lua_tolstring(L, -1, &size);
          result.append(data, size);
          lua_pop(L, 1);
        } else {
          luaL_error(L, "invalid use of '%%' in replacement string");
        }
      }
      return;
    }
  }
  if (!lua_toboolean(L, -1)) {
    result += whole;
  } else if (lua_isstring(L, -1)) {
    std::size_t size = 0;
    const char* data = lua_tolstring(L, -1, &size);
    result.append(data, size);
  } else {
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  }
  lua_pop(L, 1);
}

int string_gsub(lua_State* L) {
  const std::string_view subject = check_text(L, 1);
  const std::string_view pattern_text = check_text(L, 2);
  const int kind = lua_type(L, 3);
  luaL_argcheck(
      L, kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION || kind == LUA_TTABLE,
      3, "string, function or table expected");
  const lua_Integer limit = luaL_optinteger(L, 4, static_cast<lua_Integer>(subject.size()) + 1);
  Pattern pattern(subject, pattern_text, Sandbox::of(L).limits().pattern_steps);
  std::string result;
  lua_Integer count = 0;
  std::size_t copied = 0;  // subject up to here is in the result
  std::size_t from = 0;
  bool after_match = false;
  while (count < limit && from <= subject.size()) {
    const std::optional<Pattern::Match> match = find_or_raise(L, pattern, from);
    if (!match.has_value()) break;
    if (match->end == match->start && after_match && match->start == copied) {
      from = match->end + 1;  // empty right after a match: not counted
      after_match = false;
      if (pattern.is_anchored()) break;
      continue;
    }
    result += subject.substr(copied, match->start - copied);
    append_replacement(L, result, subject, *match);
    ++count;
    copied = match->end;
    from = match->end > match->start ? match->end : match->end + 1;
    after_match = match->end > match->start;
    if (result.size() > Sandbox::of(L).limits().memory_bytes)
      Sandbox::of(L).exhaust(L, BudgetKind::kMemory);
    if (pattern.is_anchored()) break;
  }
  if (copied < subject.size()) result += subject.substr(copied);
  lua_pushlstring(L, result.data(), result.size());
  lua_pushinteger(L, count);
  return 2;
}

// string.format: Lua's own, after every %s argument has become text without addresses; %p has
// nothing to print.
int string_format(lua_State* L) {
  const std::string_view form = check_text(L, 1);
  int argument = 1;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] != '%') continue;
    if (++i < form.size() && form[i] == '%') continue;
    while (i < form.size() &&
           std::string_view("-+ #0123456789.").find(form[i]) != std::string_view::npos)
      ++i;
    ++argument;
    if (i < form.size() && form[i] == 'p') {
      scenario_error(L, Mistake::kSandbox,
                     "string.format: '%p' is not available: addresses differ from run to run");
    }
    if (i < form.size() && form[i] == 's' && argument <= lua_gettop(L)) {
      push_text(L, argument);
      lua_replace(L, argument);
    }
  }
  // In this frame, so that complaints name the script's line and the function.
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

// string.rep: Lua's own, which would count to n even where each of the n is empty.
int string_rep(lua_State* L) {
  std::size_t separator = 0;
  luaL_optlstring(L, 3, "", &separator);
  if (check_text(L, 1).size() + separator == 0) {
    luaL_checkinteger(L, 2);
    lua_pushliteral(L, "");
    return 1;
  }
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

// Lua's own (upvalue 1), after the walk over the text has been paid for.
int call_charged(lua_State* L) {
  constexpr std::size_t kBytesPerInstruction = 8;
  Sandbox::of(L).charge(L, check_text(L, 1).size() / kBytesPerInstruction);
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

// string.byte: one byte costs nothing, a range what it is long.
int string_byte(lua_State* L) {
  return lua_isnoneornil(L, 3) ? lua_tocfunction(L, lua_upvalueindex(1))(L) : call_charged(L);
}

// Replaces a function of the table on top by one that calls it.
void wrap(lua_State* L, const char* name, lua_CFunction function) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, name);
}

}  // namespace

void open_string(lua_State* L) {
  luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
  const int library = lua_gettop(L);
  lua_pushnil(L);
  lua_setfield(L, library, "dump");
  wrap(L, "format", &string_format);
  wrap(L, "rep", &string_rep);
  wrap(L, "byte", &string_byte);
  static constexpr luaL_Reg kFunctions[] = {
      {"find", string_find}, {"match", string_match}, {"gmatch", string_gmatch},
      {"gsub", string_gsub}, {nullptr, nullptr},
  };
  luaL_setfuncs(L, kFunctions, 0);
  lua_pop(L, 1);
  luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 1);
  for (const char* name : {"len", "codepoint", "offset"}) wrap(L, name, &call_charged);
  lua_pop(L, 1);
}

}  // namespace sim
