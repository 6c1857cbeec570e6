#include "sim/lua/diagnostic.h"

#include <fmt/format.h>

#include <cstdlib>

#include "broker-model/types/config.h"
#include "sim/lua/sandbox.h"

namespace sim {

std::string coded(Mistake mistake, std::string_view message) {
  return fmt::format("{} [{}]", message, code_of(mistake));
}

void scenario_error(lua_State* L, Mistake mistake, std::string_view message,
                    std::string_view help) {
  std::string text = script_place(L) + coded(mistake, message);
  if (!help.empty()) text += fmt::format("\nhelp: {}", help);
  lua_pushlstring(L, text.data(), text.size());
  text = std::string();  // lua_error unwinds by exception, but let nothing depend on it
  lua_error(L);
  std::abort();  // lua_error does not return
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

std::string help_for_unknown(std::string_view name, std::span<const std::string_view> candidates,
                             std::string_view list) {
  constexpr std::size_t kFew = 24;
  std::string help = suggestion(kafka::nearest_names(name, candidates));
  if (!help.empty()) return list.empty() ? help : fmt::format("{}   ({})", help, list);
  if (!candidates.empty() && candidates.size() <= kFew)
    return fmt::format("there are: {}", fmt::join(candidates, ", "));
  return list.empty() ? help : fmt::format("see {}", list);
}

void unknown_name(lua_State* L, Mistake mistake, std::string_view what, std::string_view name,
                  std::span<const std::string_view> candidates, std::string_view list) {
  scenario_error(L, mistake, fmt::format("unknown {} \"{}\"", what, name),
                 help_for_unknown(name, candidates, list));
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
