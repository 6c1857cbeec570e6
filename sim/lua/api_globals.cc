// Words of no noun: the scenario's head, time, notes, thresholds.
#include <fmt/format.h>

#include <algorithm>

#include "broker-model/types/config.h"
#include "broker-model/types/features.h"
#include "sim/core/quantities.h"
#include "sim/lab/reached.h"
#include "sim/lua/api_nemesis.h"
#include "sim/lua/api_words.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"
#include "sim/lua/topology_options.h"

namespace sim {
namespace {

constexpr std::int64_t kSeedMax = INT64_MAX;
constexpr int kBrokersMax = 100;
constexpr int kControllersMax = 5;

// "1..200", "7" or "1..3, 10": ranges with both ends included.
std::vector<std::pair<std::uint64_t, std::uint64_t>> parse_seeds(lua_State* L,
                                                                 const std::string& text) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  const auto complain = [&] {
    scenario_error(L, Mistake::kOutOfRange,
                   fmt::format("scenario{{ seeds = }} expects ranges of seeds, got \"{}\"", text),
                   "write \"1..20\", or \"1..3, 17\"");
  };
  std::size_t at = 0;
  const auto number = [&]() -> std::uint64_t {
    while (at < text.size() && text[at] == ' ') ++at;
    const std::size_t start = at;
    std::uint64_t value = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at - start < 18) {
      value = value * 10 + static_cast<std::uint64_t>(text[at++] - '0');
    }
    if (at == start) complain();
    while (at < text.size() && text[at] == ' ') ++at;
    return value;
  };
  do {
    const std::uint64_t low = number();
    std::uint64_t high = low;
    if (text.compare(at, 2, "..") == 0) {
      at += 2;
      high = number();
    }
    if (high < low) complain();
    ranges.emplace_back(low, high);
  } while (at < text.size() && text[at++] == ',');
  if (at < text.size()) complain();
  return ranges;
}

// "election", "timeout Produce": a kind of event that is counted, and maybe which.
void check_places(lua_State* L, const std::vector<std::string>& places) {
  const std::vector<std::string_view> kinds = Reached::kinds();
  for (const std::string& place : places) {
    const std::string kind = place.substr(0, place.find(' '));
    if (std::ranges::find(kinds, kind) != kinds.end()) continue;
    scenario_error(L, Mistake::kUnknownEvent,
                   fmt::format("scenario{{ reaches = }}: there is no \"{}\" to reach", kind),
                   suggestion(kafka::nearest_names(kind, kinds)));
  }
}

int api_scenario(lua_State* L) {
  Options options(L, 1, "scenario");
  ScenarioHeader header;
  const auto api = options.integer("api", 1, 1);
  if (!api.has_value()) {
    scenario_error(L, Mistake::kMissingOption, "scenario{ } needs the version of the language",
                   "write scenario{ api = 1, name = \"...\" }");
  }
  header.name = options.string("name").value_or("");
  if (const auto seed = options.integer("seed", 0, kSeedMax); seed.has_value()) {
    header.seed = static_cast<std::uint64_t>(*seed);
  }
  if (const auto seeds = options.string("seeds"); seeds.has_value())
    header.seeds = parse_seeds(L, *seeds);
  header.expect = options.string("expect").value_or("passed");
  check_expectation(L, header.expect, "scenario");
  header.allow_unknown = options.strings("allow_unknown");
  header.draws_ties = options.boolean("draw_ties").value_or(false);
  header.require_effect = options.boolean("require_effect").value_or(false);
  header.reaches = options.strings("reaches");
  check_places(L, header.reaches);
  if (options.push("params")) lua_pop(L, 1);
  options.finish();
  run_of(L).declare(L, std::move(header));
  return 0;
}

// cluster{ features = { ["eligible.leader.replicas.version"] = 0 } }, at the top of the stack.
void read_features(lua_State* L, ClusterSpec& spec) {
  if (!lua_istable(L, -1)) {
    scenario_error(L, Mistake::kWrongType, "cluster{ features = } expects a table",
                   "features = { [\"eligible.leader.replicas.version\"] = 0 }");
  }
  std::map<std::string, std::int16_t, std::less<>> known = kafka::default_features();
  known.emplace(kafka::kKRaftVersionFeature, 0);
  std::vector<std::string_view> names;
  for (const auto& [name, level] : known) names.push_back(name);
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || !known.contains(std::string(lua_tostring(L, -2)))) {
      push_text(L, -2);
      unknown_name(L, Mistake::kUnknownConfig, "feature", lua_tostring(L, -1), names);
    }
    const std::string name = lua_tostring(L, -2);
    const kafka::SupportedFeature& feature = *kafka::find_feature(name);
    // A metadata log of an older version would need that version's records.
    const std::int16_t lowest =
        name == kafka::kMetadataVersionFeature ? feature.highest : feature.lowest;
    int is_integer = 0;
    const lua_Integer level = lua_tointegerx(L, -1, &is_integer);
    if (is_integer == 0 || level < lowest || level > feature.highest) {
      push_text(L, -1);
      scenario_error(L, Mistake::kOutOfRange,
                     fmt::format("cluster{{ features = }}: {} is a level from {} to {}, got {}",
                                 name, lowest, feature.highest, lua_tostring(L, -1)));
    }
    if (name == kafka::kKRaftVersionFeature) {  // of the quorum, not a record of the log
      spec.kraft_version = static_cast<std::int16_t>(level);
    } else {
      spec.features[name] = static_cast<std::int16_t>(level);
    }
  }
}

int api_cluster_declare(lua_State* L) {
  Lab& lab = run_of(L).lab(L);
  if (lab.has_cluster()) scenario_error(L, Mistake::kOutOfOrder, "a scenario has one cluster");
  Options options(L, 1, "cluster");
  ClusterSpec spec;
  spec.brokers = static_cast<int>(options.integer("brokers", 1, kBrokersMax).value_or(3));
  spec.controllers =
      static_cast<int>(options.integer("controllers", 1, kControllersMax).value_or(1));
  spec.racks = options.strings("racks");
  if (options.push("config")) {
    Options config(L, -1, "cluster{ config");
    config.configure(spec.config);
    lua_pop(L, 1);
  }
  if (options.push("features")) {
    read_features(L, spec);
    lua_pop(L, 1);
  }
  spec.network = network_option(L, run_of(L), options, spec);
  options.finish();
  if (const auto valid = spec.config.validate(); !valid.has_value()) {
    scenario_error(L, Mistake::kBadConfig, valid.error().message,
                   suggestion(valid.error().nearest));
  }
  lab.build_cluster(std::move(spec));
  push_object(L, {.kind = ObjectKind::kCluster, .id = 0});
  return 1;
}

void check_function(lua_State* L, int index, std::string_view what) {
  if (!lua_isfunction(L, index))
    scenario_error(L, Mistake::kWrongType, fmt::format("{} expects a function", what));
}

int api_at(lua_State* L) {
  const env::Instant when{env::Duration(check_duration(L, 1, "at(time, function): the time"))};
  check_function(L, 2, "at(time, function)");
  World& world = run_of(L).lab(L).world();
  if (when < world.now()) {
    scenario_error(L, Mistake::kPast,
                   fmt::format("at(\"{}\", ...): that time is past", lua_tostring(L, 1)),
                   "times count from power-on");
  }
  lua_settop(L, 2);
  run_of(L).actors().spawn_at(L, when);
  return 0;
}

int api_after(lua_State* L) {
  const env::Duration delay(check_duration(L, 1, "after(delay, function): the delay"));
  check_function(L, 2, "after(delay, function)");
  lua_settop(L, 2);
  run_of(L).actors().spawn_at(L, run_of(L).lab(L).world().now() + delay);
  return 0;
}

int api_every(lua_State* L) {
  const env::Duration gap(check_duration(L, 1, "every(gap, function): the gap"));
  if (gap <= env::Duration::zero())
    scenario_error(L, Mistake::kOutOfRange, "every(gap, function): the gap is longer than nothing");
  check_function(L, 2, "every(gap, function)");
  Options options(L, 3, "every");
  const env::Duration jitter(options.duration("jitter").value_or(0));
  options.finish();
  if (jitter >= gap) {
    scenario_error(L, Mistake::kOutOfRange,
                   fmt::format("every{{ jitter = }} expects less than the gap of {}, got {}",
                               duration_text(gap), duration_text(jitter)));
  }
  run_of(L).lab(L);
  lua_settop(L, 2);
  run_of(L).actors().spawn_every(L, {.gap = gap, .jitter = jitter});
  return 0;
}

int api_spawn(lua_State* L) {
  check_function(L, 1, "spawn(function)");
  lua_settop(L, 1);
  run_of(L).actors().spawn_at(L, run_of(L).lab(L).world().now());
  return 0;
}

int api_sleep(lua_State* L) {
  const env::Duration duration(check_duration(L, 1, "sleep(duration)"));
  run_of(L).lab(L);
  return run_of(L).actors().sleep(L, duration);
}

int api_wait_until(lua_State* L) {
  check_function(L, 1, "wait_until(function, { within = })");
  Options options(L, 2, "wait_until");
  const auto within = options.duration("within");
  options.finish();
  run_of(L).lab(L);
  std::optional<env::Duration> limit;
  if (within.has_value()) limit = env::Duration(*within);
  return run_of(L).actors().wait_until(L, limit);
}

int api_run_for(lua_State* L) {
  return run_of(L).run_for(L, env::Duration(check_duration(L, 1, "run_for(duration)")));
}

int api_now(lua_State* L) {
  lua_pushinteger(L, env::nanos(run_of(L).lab(L).world().now()) / 1'000'000);
  return 1;
}

int api_note(lua_State* L) {
  luaL_checkany(L, 1);
  push_text(L, 1);
  run_of(L).add_note(lua_tostring(L, -1));
  return 0;
}

int api_print(lua_State* L) {
  std::string line;
  for (int i = 1; i <= lua_gettop(L); ++i) {
    push_text(L, i);
    line += fmt::format("{}{}", i > 1 ? "\t" : "", lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  run_of(L).add_note(std::move(line));
  return 0;
}

int api_threshold(lua_State* L) {
  if (lua_type(L, 1) != LUA_TSTRING || lua_type(L, 2) != LUA_TSTRING) {
    scenario_error(L, Mistake::kWrongType, "threshold(metric, expression) expects two strings",
                   "threshold(\"produce.latency\", \"p99 < 2s\")");
  }
  auto threshold = Threshold::parse(lua_tostring(L, 1), lua_tostring(L, 2));
  if (!threshold.has_value())
    scenario_error(L, Mistake::kMetric, threshold.error().message, threshold.error().help);
  run_of(L).add_threshold(std::move(*threshold));
  return 0;
}

constexpr ApiOption kScenarioOptions[] = {
    {"api", "integer", "The version of the language, 1."},
    {"name", "string", "What the scenario is about, for summaries."},
    {"seed", "integer", "Of `titorelli run`, unless --seed says otherwise."},
    {"seeds", "string", "Of `titorelli test`: \"1..20\", \"1..3, 17\"."},
    {"expect", "string", "\"passed\", \"liveness\" or \"violated: CHECK\"."},
    {"params", "table", "Names with their defaults, for -D."},
    {"allow_unknown", "list", "Checks that may have nothing to judge."},
    {"draw_ties", "boolean", "The order of events of one time is drawn; else as they were made."},
    {"require_effect", "boolean", "A fault that touched nothing is an error then."},
    {"reaches", "list", "Events that must happen: \"election\", \"timeout Produce\"."},
};
constexpr ApiOption kClusterOptions[] = {
    {"brokers", "integer", "How many."},
    {"controllers", "integer", "How many, up to 5: the voters of the metadata quorum."},
    {"racks", "list", "Names of racks; brokers are spread over them in turn."},
    {"config", "broker keys", "Kafka's broker keys, for all brokers."},
    {"features", "table", "Feature levels that the cluster is formatted with, by name."},
};
constexpr ApiOption kThresholdParameters[] = {
    {"expression", "string", "\"p99 < 2s\", \"count < 5\"."},
};

constexpr ApiWord kWords[] = {
    {"scenario", &api_scenario,
     "scenario{ api = 1, name =, seed =, seeds =, expect =, params =, allow_unknown =, "
     "draw_ties =, require_effect =, reaches = }",
     "The head of the file, once, first. `seeds` (\"1..20\") and `expect` (\"passed\", "
     "\"liveness\" or \"violated: CHECK\") are for "
     "`titorelli test`; `params` gives names and defaults for -D, read back as param.NAME; "
     "`allow_unknown` lists checks that may have nothing to judge. With `require_effect = true` a "
     "fault that touched nothing makes the run an error (exit 3). `reaches` names events "
     "(`titorelli "
     "list events`), alone or with the state, error, API or fault that is meant; `titorelli test` "
     "fails a run as vacuous in which one of them never happened. With `draw_ties = true` events "
     "of "
     "one time come in an order drawn from the stream \"ties\", so that seeds and decisions reach "
     "what the order of their making hides; what the scenario itself does at a time still comes "
     "first, as written.",
     kScenarioOptions},
    {"cluster", &api_cluster_declare,
     "cluster{ brokers = 3, controllers = 1, racks = { ... }, config = { <broker key> = }, "
     "features = { [name] = level }, network = } -> cluster",
     "Builds the cluster and powers it on. Brokers have ids from 1, controllers (nodes of "
     "their own, the voters of the metadata quorum) from 3000. `features` are levels as Kafka 4.3 "
     "formats a cluster, so ELR is on: { [\"eligible.leader.replicas.version\"] = 0 } is without "
     "it; [\"kraft.version\"] = 1 keeps the voters in the log, where they may change. `network` is "
     "the name of a topology "
     "(titorelli list topologies; \"lan\"), or a "
     "full mesh with exceptions: { default = \"500us\", between_racks = \"2ms\", links = { { "
     "\"broker-1\", \"broker-2\", latency = \"lognormal(median 20ms, p99 80ms)\", bandwidth = "
     "\"10MB/s\", loss = \"0.1%\", back = { ... } } } }, where a latency may also be { csv = "
     "\"measured.csv\" }; or a graph: { switches = { \"core\" }, racks = { \"r1\" }, clients = "
     "\"core\", links = { ... } }, or { file = \"network.graphml\", clients = \"core\" }, with "
     "routes by the least mean latency (or `cost`), around links that are down. Files are below "
     "the "
     "scenario's folder.",
     kClusterOptions},
    {"at", &api_at, "at(time, function)",
     "Runs the function as an actor at that virtual time, counted from power-on."},
    {"after", &api_after, "after(delay, function)", "The same, counted from now."},
    {"every", &api_every, "every(gap, function, { jitter = })",
     "Runs the function every so often, first after one gap. With jitter, which is less than the "
     "gap, each gap is drawn anew, evenly from gap - jitter to gap + jitter."},
    {"on", &api_on, "on(event, { ... }, function(e)) -> hook",
     "Calls the function, as an actor, whenever such an event happens: right after it, at the same "
     "virtual time. A message is held until the function has returned or waits for the first time. "
     "All events have the filters nth (the nth match alone) and once; the rest is under events."},
    {"spawn", &api_spawn, "spawn(function)",
     "Runs the function as an actor of its own, after the present event."},
    {"sleep", &api_sleep, "sleep(duration)", "Lets virtual time pass for this actor."},
    {"wait_until", &api_wait_until, "wait_until(function, { within = }) -> true",
     "Waits until the function answers true; it is asked after each change of state. When it does "
     "not come true in time, the "
     "actor ends and the run is a failure of liveness (exit 4)."},
    {"run_for", &api_run_for, "run_for(duration)",
     "Lets the run go on for so long, then goes on in the main chunk; the run ends with it. "
     "Without it a scenario runs for 60s."},
    {"now", &api_now, "now() -> milliseconds",
     "Virtual time since power-on, a whole number of milliseconds."},
    {"nemesis", &nemesis_declare,
     "nemesis{ faults =, families =, every = \"5s\", lasting = \"3s\", start = \"5s\", stop = "
     "\"35s\", recover_within = \"60s\", brokers_down = 1, at_once = 3, swarm = true } -> nemesis",
     "A schedule of faults drawn from the seed. From `start` to `stop` one comes `every` so often "
     "and lasts so long, on average; never more than `brokers_down` brokers are taken down, nor "
     "more than `at_once` faults in force, and a majority of the controllers keeps running. With "
     "`swarm` each family of faults is on or off for the whole run. `faults` and `families` name "
     "what may be chosen; absent: all that can be drawn. At `stop` everything is healed and "
     "started, and within `recover_within` every broker must be back in its ISRs, every partition "
     "have a leader, every load be acknowledged again and every consumer get records; else the run "
     "is a failure of liveness (exit 4)."},
    {"note", &api_note, "note(value)", "Leaves a line in the summary."},
    {"print", &api_print, "print(...)", "The same as note, for several values."},
    {"threshold", &api_threshold, "threshold(metric, expression)",
     "Fails the run when crossed: threshold(\"produce.latency\", \"p99 < 2s\"), "
     "threshold(\"records.failed\", \"count < 5\").",
     kThresholdParameters},
};

}  // namespace

ApiNoun api_globals() {
  static const std::vector<ApiWord> kAll = joined({kWords, variant_words(), measure_words()});
  return {"globals", false, "Words that stand alone.", kAll};
}

void check_expectation(lua_State* L, std::string_view text, std::string_view call) {
  if (text == "passed" || text == "liveness" || text.starts_with("violated: ")) return;
  scenario_error(
      L, Mistake::kOutOfRange, fmt::format("{}{{ expect = }} cannot be \"{}\"", call, text),
      "write \"passed\", \"liveness\" or \"violated: NAME\" with the name of a check or metric");
}

}  // namespace sim
