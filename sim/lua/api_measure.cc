// metric, plot and require: what was measured so far, which pictures are drawn, and modules.
#include <fmt/format.h>

#include <algorithm>

#include "reports/plot.h"
#include "sim/lua/api_words.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"
#include "sim/lua/statistic.h"

namespace sim {
namespace {

void set_microseconds(lua_State* L, const char* field, env::Duration value) {
  lua_pushinteger(L, value.count() / 1000);
  lua_setfield(L, -2, field);
}

int api_metric(lua_State* L) {
  if (lua_type(L, 1) != LUA_TSTRING)
    scenario_error(L, Mistake::kWrongType, "metric(name) expects the name of a metric",
                   "metric(\"records.failed\"); titorelli list metrics names them");
  const std::string name = lua_tostring(L, 1);
  const Metrics& metrics = run_of(L).lab(L).recorder().metrics();
  if (const auto count = count_named(name); count.has_value()) {
    lua_pushinteger(L, static_cast<lua_Integer>(metrics.of(*count).total));
    return 1;
  }
  const auto latency = latency_named(name);
  if (!latency.has_value()) {
    const Complaint complaint = unknown_metric(name);
    scenario_error(L, Mistake::kMetric, complaint.message, complaint.help);
  }
  const Histogram& h = metrics.of(*latency).total;
  lua_newtable(L);
  lua_pushinteger(L, static_cast<lua_Integer>(h.count()));
  lua_setfield(L, -2, "count");
  if (h.count() == 0) return 1;
  set_microseconds(L, "p50_us", h.percentile(50, 100));
  set_microseconds(L, "p90_us", h.percentile(90, 100));
  set_microseconds(L, "p99_us", h.percentile(99, 100));
  set_microseconds(L, "p999_us", h.percentile(999, 1000));
  set_microseconds(L, "max_us", h.max());
  return 1;
}

int api_plot(lua_State* L) {
  if (lua_type(L, 1) != LUA_TSTRING)
    scenario_error(L, Mistake::kWrongType, "plot(kind) expects a kind of plot",
                   "plot(\"latency-over-time\"); titorelli list plots names them");
  Options options(L, 2, "plot");
  options.finish();
  const std::string kind = lua_tostring(L, 1);
  std::vector<std::string_view> kinds;
  for (const reports::PlotTemplate& one : reports::plot_templates()) kinds.push_back(one.kind);
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
    unknown_name(L, Mistake::kOutOfRange, "plot", kind, kinds, "titorelli list plots");
  run_of(L).lab(L);
  run_of(L).add_plot(kind);
  return 0;
}

int api_require(lua_State* L) {
  run_of(L).lab(L);
  return run_of(L).modules().require(L);
}

constexpr ApiOption kMetricParameters[] = {{"name", "metric", ""}};
constexpr ApiOption kPlotParameters[] = {{"kind", "plot", ""}};

constexpr ApiWord kWords[] = {
    {"metric", &api_metric, "metric(name) -> number or table",
     "What a metric (titorelli list metrics) has come to so far: a count is a number, a latency a "
     "table with count and, with samples, p50_us, p90_us, p99_us, p999_us and max_us.",
     kMetricParameters},
    {"plot", &api_plot, "plot(kind)",
     "Draws this plot (titorelli list plots). Once a scenario names one, only those it names are "
     "drawn.",
     kPlotParameters},
    {"require", &api_require, "require(name) -> table",
     "The module of that name in scenarios/lib: \"waits\" is scenarios/lib/waits.lua, \"a.b\" or "
     "\"a/b\" is b.lua in its folder a. It runs once, sets no globals and returns a table."},
};

}  // namespace

std::span<const ApiWord> measure_words() { return kWords; }

}  // namespace sim
