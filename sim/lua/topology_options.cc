#include "sim/lua/topology_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/distribution_text.h"
#include "sim/core/quantities.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/scenario.h"
#include "sim/net/graphml.h"
#include "sim/net/link_text.h"
#include "sim/net/presets.h"

namespace sim {
namespace {

constexpr std::string_view kCall = "cluster{ network";
constexpr std::string_view kForms =
    "write network = \"racks\" (titorelli list topologies), { file = \"x.graphml\" }, or { default "
    "= "
    "\"500us\", links = { { \"broker-1\", \"broker-2\", latency = \"5ms\" } } }";

// What the file holds, or the complaint about it.
std::string file_text(lua_State* L, const ScenarioRun& run, const std::string& path) {
  auto content = run.read_file(path);
  if (!content.has_value()) {
    scenario_error(L, Mistake::kFile, fmt::format("cannot read \"{}\": {}", path, content.error()),
                   "paths are relative to the scenario's folder and stay below it");
  }
  return std::move(*content);
}

class Reader {
 public:
  Reader(lua_State* L, ScenarioRun& run) : L_(L), run_(run) {}

  // The network that the table on top of the stack describes.
  NetworkSpec read() {
    Options options(L_, -1, kCall);
    const std::optional<std::string> preset = options.string("preset");
    const std::optional<std::string> file = options.string("file");
    const std::optional<std::string> clients = options.string("clients");
    const std::vector<std::string> switches = options.strings("switches");
    const std::vector<std::string> racks = options.strings("racks");
    LinkDirection base;
    if (options.push("default")) {
      base = link(fmt::format("{}{{ default = }}", kCall), base);
      lua_pop(L_, 1);
    }
    std::optional<LinkDirection> between_racks;
    if (options.push("between_racks")) {
      between_racks = link(fmt::format("{}{{ between_racks = }}", kCall), base);
      lua_pop(L_, 1);
    }
    read_links(options, base);
    options.finish();
    const bool is_graph = !switches.empty() || !racks.empty();
    if (preset.has_value() || file.has_value()) {
      if ((preset.has_value() && file.has_value()) || is_graph || !links_.empty() ||
          between_racks.has_value())
        scenario_error(L_, Mistake::kBadTargets,
                       "a network is a preset, a file or links of its own, not several of these",
                       kForms);
      return preset.has_value() ? of_preset(*preset) : of_file(*file, clients, base);
    }
    if (!is_graph) return mesh(base, between_racks, clients);
    if (between_racks.has_value())
      scenario_error(L_, Mistake::kBadTargets,
                     "between_racks is of a full mesh; racks of a graph are joined by links");
    return graph(switches, racks, clients, base);
  }

  NetworkSpec of_preset(std::string_view name) {
    const TopologyPreset* preset = find_topology_preset(name);
    if (preset == nullptr) {
      std::vector<std::string_view> names;
      for (const TopologyPreset& known : topology_presets()) names.push_back(known.name);
      unknown_name(L_, Mistake::kUnknownName, "topology", name, names);
    }
    return {.topology = preset->make(), .hosts = {}};
  }

 private:
  struct NamedPair {
    std::string from;
    std::string to;
    LinkOptions options;
  };

  NetworkSpec of_file(const std::string& path, const std::optional<std::string>& clients,
                      const LinkDirection& base) {
    auto read = read_graphml(file_text(L_, run_, path));
    if (!read.has_value())
      scenario_error(L_, Mistake::kFile, fmt::format("{}: {}", path, read.error()));
    attach_clients(read->topology, clients, base);
    return {.topology = std::move(read->topology), .hosts = std::move(read->hosts)};
  }

  NetworkSpec mesh(const LinkDirection& base, const std::optional<LinkDirection>& between_racks,
                   const std::optional<std::string>& clients) {
    if (clients.has_value())
      scenario_error(L_, Mistake::kBadTargets,
                     "clients = names a node of a graph; in a full mesh every pair has a link",
                     "a graph has switches = { ... }, racks = { ... } or a file");
    NetworkSpec spec{.topology = Topology(base), .hosts = {}};
    if (between_racks.has_value()) spec.topology.set_between_racks(*between_racks);
    for (const NamedPair& pair : links_) {
      spec.topology.set_pair(pair.from, pair.to, pair.options.forward);
      spec.topology.set_pair(pair.to, pair.from, pair.options.backward);
      spec.hosts.push_back(pair.from);
      spec.hosts.push_back(pair.to);
    }
    return spec;
  }

  NetworkSpec graph(const std::vector<std::string>& switches, const std::vector<std::string>& racks,
                    const std::optional<std::string>& clients, const LinkDirection& base) {
    NetworkSpec spec{.topology = Topology::graph(), .hosts = {}};
    const auto check_new = [&](const std::string& name) {
      const std::vector<std::string> nodes = spec.topology.nodes();
      if (name.empty() || name.find('/') != name.npos)
        scenario_error(L_, Mistake::kUnknownNode,
                       fmt::format("\"{}\" is no name for a switch or a rack", name));
      if (std::ranges::find(nodes, name) != nodes.end())
        scenario_error(L_, Mistake::kBadTargets, fmt::format("\"{}\" is named twice", name));
    };
    for (const std::string& name : switches) {
      check_new(name);
      spec.topology.add_node(name);
    }
    for (const std::string& name : racks) {
      check_new(name);
      spec.topology.add_rack(name, {.forward = base, .backward = base});
    }
    const std::vector<std::string> inner = spec.topology.nodes();
    for (const NamedPair& pair : links_) {
      for (const std::string& end : {pair.from, pair.to}) {
        const bool is_host = std::ranges::find(inner, end) == inner.end();
        if (is_host && std::ranges::find(spec.hosts, end) == spec.hosts.end())
          spec.hosts.push_back(end);
      }
      spec.topology.add_link(pair.from, pair.to, pair.options);
    }
    attach_clients(spec.topology, clients, base);
    return spec;
  }

  void attach_clients(Topology& topology, const std::optional<std::string>& clients,
                      const LinkDirection& base) {
    if (!clients.has_value()) return;
    const std::vector<std::string> nodes = topology.nodes();
    if (std::ranges::find(nodes, *clients) == nodes.end()) {
      const std::vector<std::string_view> candidates(nodes.begin(), nodes.end());
      unknown_name(L_, Mistake::kUnknownNode, "node of the network", *clients, candidates);
    }
    topology.set_default_attachment(*clients, {.forward = base, .backward = base});
  }

  void read_links(Options& options, const LinkDirection& base) {
    if (!options.push("links")) return;
    if (!lua_istable(L_, -1)) wrong_links();
    const lua_Integer count = luaL_len(L_, -1);
    for (lua_Integer i = 1; i <= count; ++i) {
      lua_rawgeti(L_, -1, i);
      links_.push_back(read_link(fmt::format("link {} of {}", i, kCall), base));
      lua_pop(L_, 1);
    }
    lua_pop(L_, 1);
  }

  [[noreturn]] void wrong_links() {
    scenario_error(
        L_, Mistake::kWrongType, fmt::format("{}{{ links = }} expects a list of links", kCall),
        "links = { { \"broker-1\", \"broker-2\", latency = \"5ms\", loss = \"0.1%\" } }");
  }

  // { "a", "b", latency = }: taken apart into its two ends and its properties.
  NamedPair read_link(const std::string& where, const LinkDirection& base) {
    if (!lua_istable(L_, -1) || luaL_len(L_, -1) != 2) wrong_links();
    NamedPair pair;
    std::string* const ends[] = {&pair.from, &pair.to};
    for (int end = 0; end < 2; ++end) {
      if (lua_rawgeti(L_, -1, end + 1) != LUA_TSTRING) wrong_links();
      *ends[end] = lua_tostring(L_, -1);
      lua_pop(L_, 1);
    }
    if (pair.from == pair.to)
      scenario_error(L_, Mistake::kBadTargets,
                     fmt::format("{} leads from \"{}\" to itself", where, pair.from));
    lua_newtable(L_);  // the properties alone
    lua_pushnil(L_);
    while (lua_next(L_, -3) != 0) {
      if (lua_type(L_, -2) == LUA_TSTRING) {
        lua_pushvalue(L_, -2);
        lua_insert(L_, -2);
        lua_rawset(L_, -4);
      } else {
        lua_pop(L_, 1);
      }
    }
    pair.options.forward = link(where, base, &pair.options.backward);
    lua_pop(L_, 1);
    return pair;
  }

  // The link on top of the stack: a distribution of latencies, or a table of properties; those that
  // are not given are those of `base`. `back`, when asked for: the same the other way.
  LinkDirection link(const std::string& where, const LinkDirection& base,
                     LinkDirection* back = nullptr) {
    LinkDirection result = base;
    result.cost.reset();
    if (lua_type(L_, -1) == LUA_TSTRING) {
      result.latency = latency(where);
      return result;
    }
    if (!lua_istable(L_, -1))
      scenario_error(
          L_, Mistake::kWrongType,
          fmt::format("{} expects a latency or a table of properties", where),
          "\"500us\", or { latency = \"500us\", bandwidth = \"10Gbit/s\", loss = \"0.1%\" }");
    Options options(L_, -1, where);
    if (options.push("latency")) {
      result.latency = latency(where);
      lua_pop(L_, 1);
    }
    const auto bandwidth = options.string("bandwidth");
    const auto loss = options.string("loss");
    const auto cost = options.string("cost");
    const auto parsed = parse_link({.latency = "0ns",
                                    .bandwidth = bandwidth.value_or(""),
                                    .loss = loss.value_or(""),
                                    .cost = cost.value_or("")});
    if (!parsed.has_value())
      scenario_error(L_, Mistake::kNoUnit, fmt::format("{}: {}", where, parsed.error()));
    if (bandwidth.has_value()) result.bytes_per_second = parsed->bytes_per_second;
    if (loss.has_value()) result.loss_ppm = parsed->loss_ppm;
    result.cost = parsed->cost;
    if (back != nullptr) {
      *back = result;
      if (options.push("back")) {
        *back = link(where + ", back", result);
        lua_pop(L_, 1);
      }
    }
    options.finish();
    return result;
  }

  // A distribution as text, or { csv = "file" }: what was measured.
  Distribution latency(const std::string& where) {
    if (lua_istable(L_, -1)) {
      Options options(L_, -1, where + ": latency = ");
      const auto file = options.string("csv");
      options.finish();
      if (!file.has_value())
        scenario_error(L_, Mistake::kMissingOption, fmt::format("{}: latency needs a file", where),
                       "latency = { csv = \"measured.csv\" }, one duration a line");
      auto samples = parse_samples(file_text(L_, run_, *file));
      if (!samples.has_value())
        scenario_error(L_, Mistake::kFile, fmt::format("{}, {}", *file, samples.error()));
      return std::move(*samples);
    }
    if (lua_type(L_, -1) != LUA_TSTRING)
      scenario_error(
          L_, Mistake::kWrongType,
          fmt::format("{}: a latency is a duration or a distribution", where),
          "\"500us\", \"lognormal(median 20ms, p99 80ms)\" or { csv = \"measured.csv\" }");
    auto parsed = parse_distribution(lua_tostring(L_, -1));
    if (!parsed.has_value())
      scenario_error(L_, Mistake::kNoUnit, fmt::format("{}: {}", where, parsed.error()));
    return std::move(*parsed);
  }

  lua_State* L_;
  ScenarioRun& run_;
  std::vector<NamedPair> links_;
};

}  // namespace

std::optional<NetworkSpec> network_option(lua_State* L, ScenarioRun& run, Options& options,
                                          const ClusterSpec& cluster) {
  if (!options.push("network")) return std::nullopt;
  Reader reader(L, run);
  std::optional<NetworkSpec> spec;
  if (lua_type(L, -1) == LUA_TSTRING) {
    spec = reader.of_preset(lua_tostring(L, -1));
  } else if (lua_istable(L, -1)) {
    spec = reader.read();
  } else {
    scenario_error(L, Mistake::kWrongType,
                   fmt::format("{} = }} expects the name of a topology or a table", kCall), kForms);
  }
  lua_pop(L, 1);
  if (const auto wrong = misplacement(*spec, cluster); wrong.has_value())
    scenario_error(L, Mistake::kUnknownNode, wrong->message, wrong->help);
  return spec;
}

}  // namespace sim
