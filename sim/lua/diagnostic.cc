#include "sim/lua/diagnostic.h"

#include <fmt/format.h>

#include <cstdlib>

#include "broker-model/types/config.h"
#include "sim/lua/sandbox.h"

namespace sim {
namespace {

std::string_view line_of(std::string_view source, int number) {
  for (int i = 1; !source.empty(); ++i) {
    const std::size_t end = std::min(source.find('\n'), source.size());
    if (i == number) return source.substr(0, end);
    source.remove_prefix(std::min(end + 1, source.size()));
  }
  return {};
}

}  // namespace

void scenario_error(lua_State* L, std::string_view message, std::string_view help) {
  std::string text = script_place(L) + std::string(message);
  if (!help.empty()) text += fmt::format("\nhelp: {}", help);
  lua_pushlstring(L, text.data(), text.size());
  text = std::string();  // lua_error unwinds by exception, but let nothing depend on it
  lua_error(L);
  std::abort();  // lua_error does not return
}

void scenario_error(lua_State* L, Mistake, std::string_view message, std::string_view help) {
  scenario_error(L, message, help);
}

std::string suggestion(std::span<const std::string> nearest) {
  if (nearest.empty()) return {};
  std::string text = "did you mean ";
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    if (i > 0) text += i + 1 == nearest.size() ? " or " : ", ";
    text += fmt::format("\"{}\"", nearest[i]);
  }
  return text + "?";
}

void unknown_name(lua_State* L, std::string_view what, std::string_view name,
                  std::span<const std::string_view> candidates) {
  std::string help = suggestion(kafka::nearest_names(name, candidates));
  if (help.empty() && !candidates.empty() && candidates.size() <= 24) {
    help = "there are:";
    for (std::string_view candidate : candidates) help += fmt::format(" {}", candidate);
  }
  scenario_error(L, fmt::format("unknown {} \"{}\"", what, name), help);
}

std::string render_error(std::string_view message, std::string_view file, std::string_view source) {
  std::string_view help;
  if (const std::size_t at = message.find("\nhelp: "); at != std::string_view::npos) {
    help = message.substr(at + 7);
    message = message.substr(0, at);
  }
  // Lua shortens a long path to "...its end".
  std::string_view shown = message.substr(0, message.find(':'));
  const bool is_shortened = shown.starts_with("...") && file.ends_with(shown.substr(3));
  const std::string prefix = fmt::format("{}:", is_shortened ? shown : file);
  if (!message.starts_with(prefix)) {
    std::string text = fmt::format("{}: error: {}", file, message);
    if (!help.empty()) text += fmt::format("\nhelp: {}", help);
    return text;
  }
  const std::string_view rest = message.substr(prefix.size());
  const int line = std::atoi(std::string(rest.substr(0, rest.find(':'))).c_str());
  const std::size_t colon = rest.find(": ");
  const std::string_view sentence = colon == std::string_view::npos ? rest : rest.substr(colon + 2);
  std::string text = fmt::format("{}:{}: error: {}\n{:>5} | {}", file, line, sentence, line,
                                 line_of(source, line));
  if (!help.empty()) text += fmt::format("\nhelp: {}", help);
  return text;
}

std::optional<std::int64_t> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view unit = text.substr(slash + 1);
  if (unit != "s" && unit != "m" && unit != "h") return std::nullopt;
  const std::optional<std::int64_t> per_unit_milli = parse_decimal(text.substr(0, slash), 1000);
  if (!per_unit_milli.has_value() || *per_unit_milli <= 0) return std::nullopt;
  const std::int64_t unit_nanos = unit == "s"   ? 1'000'000'000
                                  : unit == "m" ? 60'000'000'000
                                                : 3'600'000'000'000;
  const std::int64_t gap = unit_nanos * 1000 / *per_unit_milli;
  constexpr std::int64_t kGapMin = 1'000;
  constexpr std::int64_t kGapMax = 3'600'000'000'000;
  if (gap < kGapMin || gap > kGapMax) return std::nullopt;
  return gap;
}

}  // namespace sim
