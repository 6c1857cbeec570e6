// check: the registry's checkers by name, and functions of the scenario's own.
#include <fmt/format.h>

#include <vector>

#include "broker-model/checkers/checker.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

// One C function for each row of the registry, which is as long as it was when this was compiled.
template <std::size_t kIndex>
int check_registered(lua_State* L) {
  const kafka::CheckerInfo& info = kafka::checkers()[kIndex];
  std::string topic;
  if (info.parameter.empty() && !lua_isnoneornil(L, 1)) {
    scenario_error(
        L, Mistake::kWrongType,
        fmt::format("check.{}() takes no topic: it is about the whole cluster", info.name));
  }
  if (!lua_isnoneornil(L, 1))
    topic = check_topic(L, 1, fmt::format("check.{}(topic): a topic", info.name)).name;
  Options options(L, 2, fmt::format("check.{}", info.name));
  const bool allows_excused =
      info.knows_excuses && options.boolean("allow_excused").value_or(false);
  options.finish();
  if (!run_of(L).lab(L).has_cluster())
    scenario_error(L, Mistake::kOutOfOrder,
                   fmt::format("check.{}: cluster{{ }} comes first", info.name));
  run_of(L).add_named_check(L, info.name, topic, allows_excused);
  return 0;
}

constexpr std::size_t kCheckersMax = 32;

template <std::size_t... kIndices>
constexpr std::array<lua_CFunction, sizeof...(kIndices)> functions(
    std::index_sequence<kIndices...>) {
  return {&check_registered<kIndices>...};
}
constexpr auto kFunctions = functions(std::make_index_sequence<kCheckersMax>());

std::string check_name(lua_State* L, const char* usage) {
  if (lua_type(L, 1) != LUA_TSTRING || !lua_isfunction(L, 2)) {
    scenario_error(L, Mistake::kWrongType, fmt::format("{} expects a name and a function", usage));
  }
  return lua_tostring(L, 1);
}

int check_that(lua_State* L) {
  std::string name = check_name(L, "check.that(name, function)");
  run_of(L).lab(L);
  lua_settop(L, 2);
  run_of(L).add_assertion(L, std::move(name), std::nullopt);
  return 0;
}

int check_eventually(lua_State* L) {
  std::string name = check_name(L, "check.eventually(name, function, within)");
  const std::int64_t within = check_duration(L, 3, "check.eventually(name, function, within)");
  run_of(L).lab(L);
  lua_settop(L, 2);
  run_of(L).add_assertion(L, std::move(name), env::Duration(within));
  return 0;
}

constexpr ApiOption kDetails[] = {
    {"allow_excused", "boolean",
     "Losses that the checker excuses (an unclean election was logged, or storage was lost) are "
     "told and do not make it violated."},
};

constexpr std::string_view kOptions = ", { allow_excused = false }";

struct Words {
  std::vector<std::string> signatures;
  std::vector<ApiWord> words;
};

const Words& words() {
  static const Words kWords = [] {
    Words made;
    made.signatures.reserve(kCheckersMax);
    TIT_ASSERT(kafka::checkers().size() <= kCheckersMax, "there is a binding for every checker");
    for (std::size_t i = 0; i < kafka::checkers().size(); ++i) {
      const kafka::CheckerInfo& info = kafka::checkers()[i];
      made.signatures.push_back(
          fmt::format("check.{}(topic{})", info.name, info.knows_excuses ? kOptions : ""));
      const std::span<const ApiOption> details =
          info.knows_excuses ? kDetails : std::span<const ApiOption>{};
      made.words.push_back({.name = info.name,
                            .function = kFunctions[i],
                            .signature = made.signatures.back(),
                            .doc = info.doc,
                            .details = details});
    }
    made.words.push_back({"that", &check_that, "check.that(name, function)",
                          "At the end of the run the function must answer true."});
    made.words.push_back({"eventually", &check_eventually,
                          "check.eventually(name, function, within)",
                          "Within that time from now the function must answer true once; else the "
                          "run is a failure of "
                          "liveness (exit 4)."});
    return made;
  }();
  return kWords;
}

}  // namespace

ApiNoun api_check() {
  return {"check", false,
          "What must hold. Declared before the run, so that they watch all of it; without a topic "
          "they watch all topics. "
          "docs/checks.md argues each.",
          words().words};
}

}  // namespace sim
