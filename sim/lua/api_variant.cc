// variant and compare: one scenario, several ways to run it, held side by side.
#include <fmt/format.h>

#include <algorithm>

#include "sim/lua/api_words.h"
#include "sim/lua/comparison.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

constexpr std::size_t kVariantsMax = 64;
constexpr std::size_t kNameMax = 100;

DeclaredVariant check_variant(lua_State* L) {
  constexpr std::string_view kUsage = "variant(name, function, { expect = })";
  if (lua_type(L, 1) != LUA_TSTRING || !lua_isfunction(L, 2)) {
    scenario_error(L, Mistake::kWrongType, fmt::format("{} expects a name and a function", kUsage),
                   "variant(\"acks=1\", function() c:producer { acks = 1 } end)");
  }
  DeclaredVariant variant{.name = lua_tostring(L, 1), .slug = {}, .expect = {}};
  variant.slug = variant_slug(variant.name);
  if (variant.slug.empty() || variant.name.size() > kNameMax || !is_comparable_name(variant.name)) {
    scenario_error(L, Mistake::kVariant,
                   fmt::format("\"{}\" cannot be the name of a variant", variant.name),
                   "it names a folder and stands in comparisons: up to 100 characters with a "
                   "letter or digit among them, and no '<', '>' or \" == \"");
  }
  Options options(L, 3, "variant");
  variant.expect = options.string("expect");
  options.finish();
  if (variant.expect.has_value()) check_expectation(L, *variant.expect, "variant");
  return variant;
}

int variant_done(lua_State* L, int, lua_KContext) {
  run_of(L).variants().leave();
  return 0;
}

int api_variant(lua_State* L) {
  ScenarioRun& run = run_of(L);
  run.lab(L);
  DeclaredVariant variant = check_variant(L);
  Variants& variants = run.variants();
  if (variants.is_inside())
    scenario_error(L, Mistake::kOutOfOrder,
                   fmt::format("variant \"{}\" is declared inside another variant", variant.name));
  if (!run.actors().is_main(L))
    scenario_error(L, Mistake::kOutOfOrder, "variant: only the main chunk declares variants");
  if (variants.find(variant.name) != nullptr)
    scenario_error(L, Mistake::kVariant,
                   fmt::format("variant \"{}\" is declared twice", variant.name));
  if (const DeclaredVariant* other = variants.find_slug(variant.slug); other != nullptr) {
    scenario_error(L, Mistake::kVariant,
                   fmt::format("variants \"{}\" and \"{}\" would share the folder \"{}\"",
                               other->name, variant.name, variant.slug));
  }
  if (variants.declared().size() >= kVariantsMax)
    scenario_error(L, Mistake::kOutOfRange,
                   fmt::format("a scenario has at most {} variants", kVariantsMax));
  if (variants.is_news(variant.name)) {
    scenario_error(L, Mistake::kOutOfOrder,
                   fmt::format("variant \"{}\" is declared after the first wait of the main chunk",
                               variant.name),
                   "declare all variants before the main chunk waits; their functions may wait");
  }
  if (!variants.declare(std::move(variant))) return 0;
  lua_settop(L, 2);
  variants.enter();
  if (run.is_reading_declarations()) {
    run.read_variant(L);
    return variant_done(L, LUA_OK, 0);
  }
  lua_callk(L, 0, 0, 0, &variant_done);
  return variant_done(L, LUA_OK, 0);
}

int api_compare(lua_State* L) {
  constexpr std::string_view kUsage = "compare(statistic, expression)";
  if (lua_type(L, 1) != LUA_TSTRING || !(lua_isnoneornil(L, 2) || lua_type(L, 2) == LUA_TSTRING)) {
    scenario_error(L, Mistake::kWrongType, fmt::format("{} expects strings", kUsage),
                   "compare(\"produce.latency p99\", \"acks=1 < acks=all\")");
  }
  ScenarioRun& run = run_of(L);
  run.lab(L);
  auto comparison = Comparison::parse(
      lua_tostring(L, 1), lua_isnoneornil(L, 2) ? "" : lua_tostring(L, 2), script_place(L));
  if (!comparison.has_value())
    scenario_error(L, Mistake::kMetric, comparison.error().message, comparison.error().help);
  if (const auto& choice = run.variants().choice(); choice.has_value()) {
    const std::vector<std::string_view> all(choice->all.begin(), choice->all.end());
    for (std::string_view name : comparison->names()) {
      if (std::find(all.begin(), all.end(), name) == all.end())
        unknown_name(L, Mistake::kVariant, "variant", name, all);
    }
  }
  run.add_comparison(std::move(*comparison));
  return 0;
}

constexpr ApiOption kVariantOptions[] = {
    {"expect", "string", "As in scenario{ expect = }, for this one."},
};
constexpr ApiOption kCompareParameters[] = {
    {"statistic", "string", "\"produce.latency p99\", \"records.failed\"."},
    {"expression", "string", "\"acks=1 < acks=all\"."},
};

constexpr ApiWord kWords[] = {
    {"variant", &api_variant, "variant(name, function, { expect = })",
     "Declares a variant of the scenario, before the first wait of the main chunk. Each run "
     "executes "
     "the function of exactly one, as part of the main chunk (it may declare, drive and wait), and "
     "none of the others. `titorelli run` runs them all, one whole run each with the same seed; "
     "`--variant NAME` one of them. `expect` is what `titorelli test` expects of this one.",
     kVariantOptions},
    {"compare", &api_compare, "compare(statistic, expression)",
     "Holds a statistic of all variants side by side: compare(\"produce.latency p99\", \"acks=1 < "
     "acks=all\") with <, <=, >, >= or == and blanks around it fails when it does not hold; "
     "without "
     "an expression it is a table. Counts need no statistic: compare(\"records.failed\").",
     kCompareParameters},
};

}  // namespace

std::span<const ApiWord> variant_words() { return kWords; }

}  // namespace sim
