#include "sim/lua/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sim/lua/diagnostic.h"
#include "sim/lua/sandbox.h"

namespace sim {
namespace {

std::string shown(lua_State* L, int index) {  // what the person wrote, for messages
  push_text(L, index);
  std::string text = lua_tostring(L, -1);
  lua_pop(L, 1);
  return lua_type(L, index) == LUA_TSTRING ? fmt::format("\"{}\"", text) : text;
}

[[noreturn]] void wrong_value(lua_State* L, Mistake mistake, int index, std::string_view what,
                              std::string_view expected) {
  const std::string message =
      lua_isnumber(L, index) || lua_isstring(L, index) || lua_isboolean(L, index)
          ? fmt::format("{} expects {}, got {}", what, expected, shown(L, index))
          : fmt::format("{} expects {}, got a {}", what, expected, luaL_typename(L, index));
  scenario_error(L, mistake, message);
}

[[noreturn]] void wrong_type(lua_State* L, int index, std::string_view what,
                             std::string_view expected) {
  wrong_value(L, Mistake::kWrongType, index, what, expected);
}

std::int64_t to_duration(lua_State* L, int index, std::string_view what) {
  if (lua_type(L, index) == LUA_TNUMBER) {
    const std::string number = shown(L, index);
    scenario_error(L, Mistake::kNoUnit,
                   fmt::format("{}: a duration needs a unit, got {}", what, number),
                   fmt::format("write \"{}ms\" or \"{}s\"", number, number));
  }
  if (lua_type(L, index) != LUA_TSTRING) wrong_type(L, index, what, "a duration such as \"250ms\"");
  const std::optional<std::int64_t> nanos = parse_duration(lua_tostring(L, index));
  if (!nanos.has_value()) {
    scenario_error(L, Mistake::kNoUnit,
                   fmt::format("{} expects a duration, got {}", what, shown(L, index)),
                   "a number and a unit: \"250ms\", \"1.5s\", \"2m\", \"1h\" (also us, ns)");
  }
  return *nanos;
}

}  // namespace

Options::Options(lua_State* L, int index, std::string_view call)
    : L_(L), index_(lua_absindex(L, index)), call_(call) {
  if (!lua_isnoneornil(L, index) && !lua_istable(L, index)) {
    wrong_type(L, index, call, "a table of options, { name = value }");
  }
  if (!lua_istable(L, index)) index_ = 0;
}

std::string Options::what(std::string_view name) const {
  return fmt::format("{}{{ {} = }}", call_, name);
}

bool Options::take(std::string_view name) {
  known_.emplace_back(name);
  if (index_ == 0) return false;
  lua_pushlstring(L_, name.data(), name.size());
  if (lua_rawget(L_, index_) != LUA_TNIL) return true;
  lua_pop(L_, 1);
  return false;
}

std::optional<std::int64_t> Options::integer(std::string_view name, std::int64_t low,
                                             std::int64_t high) {
  if (!take(name)) return std::nullopt;
  int is_integer = 0;
  const lua_Integer value =
      lua_type(L_, -1) == LUA_TNUMBER ? lua_tointegerx(L_, -1, &is_integer) : 0;
  if (is_integer == 0 || value < low || value > high) {
    wrong_value(L_, is_integer == 0 ? Mistake::kWrongType : Mistake::kOutOfRange, -1, what(name),
                fmt::format("a whole number from {} to {}", low, high));
  }
  lua_pop(L_, 1);
  return value;
}

std::optional<std::string> Options::string(std::string_view name) {
  if (!take(name)) return std::nullopt;
  if (lua_type(L_, -1) != LUA_TSTRING) wrong_type(L_, -1, what(name), "a string");
  std::size_t size = 0;
  const char* text = lua_tolstring(L_, -1, &size);
  std::string value(text, size);
  lua_pop(L_, 1);
  return value;
}

std::optional<bool> Options::boolean(std::string_view name) {
  if (!take(name)) return std::nullopt;
  if (!lua_isboolean(L_, -1)) wrong_type(L_, -1, what(name), "true or false");
  const bool value = lua_toboolean(L_, -1) != 0;
  lua_pop(L_, 1);
  return value;
}

std::optional<std::int64_t> Options::duration(std::string_view name) {
  if (!take(name)) return std::nullopt;
  const std::int64_t value = to_duration(L_, -1, what(name));
  lua_pop(L_, 1);
  return value;
}

std::optional<std::int64_t> Options::rate(std::string_view name) {
  if (!take(name)) return std::nullopt;
  if (lua_type(L_, -1) == LUA_TNUMBER) {
    scenario_error(L_, Mistake::kNoUnit,
                   fmt::format("{}: a rate needs a unit, got {}", what(name), shown(L_, -1)),
                   fmt::format("write \"{}/s\"", shown(L_, -1)));
  }
  const std::optional<std::int64_t> gap =
      lua_type(L_, -1) == LUA_TSTRING ? parse_rate(lua_tostring(L_, -1)) : std::nullopt;
  if (!gap.has_value()) {
    wrong_value(L_, lua_type(L_, -1) == LUA_TSTRING ? Mistake::kNoUnit : Mistake::kWrongType, -1,
                what(name),
                "a rate such as \"200/s\" (per s, m or h; at most 1000000/s, at least 1/h)");
  }
  lua_pop(L_, 1);
  return gap;
}

std::vector<std::string> Options::strings(std::string_view name) {
  std::vector<std::string> result;
  if (!take(name)) return result;
  if (!lua_istable(L_, -1)) wrong_type(L_, -1, what(name), "a list of strings");
  const lua_Integer count = luaL_len(L_, -1);
  for (lua_Integer i = 1; i <= count; ++i) {
    if (lua_rawgeti(L_, -1, i) != LUA_TSTRING) wrong_type(L_, -1, what(name), "a list of strings");
    result.emplace_back(lua_tostring(L_, -1));
    lua_pop(L_, 1);
  }
  lua_pop(L_, 1);
  return result;
}

bool Options::push(std::string_view name) { return take(name); }

void Options::configure(kafka::Config& config) {
  if (index_ == 0) return;
  std::vector<std::string>
      keys;  // in order, so that the first of several mistakes is always the same
  lua_pushnil(L_);
  while (lua_next(L_, index_) != 0) {
    if (lua_type(L_, -2) == LUA_TSTRING) keys.emplace_back(lua_tostring(L_, -2));
    lua_pop(L_, 1);
  }
  std::sort(keys.begin(), keys.end());
  const std::vector<std::string> own = known_;
  for (const std::string& key : keys) {
    if (std::find(own.begin(), own.end(), key) != own.end()) continue;
    take(key);
    const std::string text = config_text(L_, -1, key);
    lua_pop(L_, 1);
    set_config(L_, config, key, text, own);
  }
}

void Options::finish() {
  if (index_ == 0) return;
  std::vector<std::string> unknown;
  lua_pushnil(L_);
  while (lua_next(L_, index_) != 0) {
    lua_pop(L_, 1);
    push_text(L_, -1);
    std::string key = lua_tostring(L_, -1);
    lua_pop(L_, 1);
    if (lua_type(L_, -1) != LUA_TSTRING) {
      scenario_error(
          L_, Mistake::kUnknownOption,
          fmt::format("{} takes named options, got one without a name (key {})", call_, key));
    }
    if (std::find(known_.begin(), known_.end(), key) == known_.end())
      unknown.push_back(std::move(key));
  }
  if (unknown.empty()) return;
  std::sort(unknown.begin(), unknown.end());
  std::sort(known_.begin(), known_.end());
  const std::vector<std::string_view> candidates(known_.begin(), known_.end());
  unknown_name(L_, Mistake::kUnknownOption, fmt::format("option of {}", call_), unknown.front(),
               candidates);
}

std::string config_text(lua_State* L, int index, std::string_view key) {
  switch (lua_type(L, index)) {
    case LUA_TSTRING: return lua_tostring(L, index);
    case LUA_TBOOLEAN: return lua_toboolean(L, index) != 0 ? "true" : "false";
    case LUA_TNUMBER: {
      push_text(L, index);
      std::string text = lua_tostring(L, -1);
      lua_pop(L, 1);
      return text;
    }
    default:
      wrong_type(L, index, fmt::format("config \"{}\"", key), "a string, a number or true/false");
  }
}

void set_config(lua_State* L, kafka::Config& config, std::string_view key, std::string_view value,
                std::span<const std::string> further) {
  const auto done = config.set(key, value);
  if (done.has_value()) return;
  const kafka::ConfigError& error = done.error();
  std::vector<std::string> nearest = error.nearest;
  if (error.kind == kafka::ConfigError::Kind::kUnknownKey) {
    const std::vector<std::string_view> others(further.begin(), further.end());
    for (std::string& name : kafka::nearest_names(key, others))
      nearest.insert(nearest.begin(), std::move(name));
    if (nearest.size() > 3) nearest.resize(3);
  }
  const bool is_unknown = error.kind == kafka::ConfigError::Kind::kUnknownKey;
  std::string help = suggestion(nearest);
  if (is_unknown)
    help += !help.empty()     ? "   (titorelli list configs)"
            : further.empty() ? "see titorelli list configs"
                              : fmt::format("see titorelli list configs; besides Kafka's keys: {}",
                                            fmt::join(further, ", "));
  scenario_error(L, is_unknown ? Mistake::kUnknownConfig : Mistake::kBadConfig, error.message,
                 help);
}

std::int64_t check_duration(lua_State* L, int index, std::string_view what) {
  return to_duration(L, lua_absindex(L, index), what);
}

}  // namespace sim
