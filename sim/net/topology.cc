#include "sim/net/topology.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <compare>

namespace sim {
namespace {

// The length of a route; compared in this order, which is also the rule for ties.
struct RouteCost {
  std::int64_t cost = 0;
  std::uint32_t hops = 0;
  std::vector<std::uint32_t> links = {};
  friend auto operator<=>(const RouteCost&, const RouteCost&) = default;
};

struct Edge {
  std::uint32_t directed_link = 0;  // link id * 2, + 1 for backward
  std::int64_t cost = 0;
};

RouteCost extended(RouteCost route, const Edge& edge) {
  route.cost += edge.cost;
  ++route.hops;
  route.links.push_back(edge.directed_link / 2);
  return route;
}

std::int64_t cost_of(const LinkDirection& link) {
  return link.cost.value_or(link.latency.mean()).count();
}

using BoostGraph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Edge>;
using Vertex = boost::graph_traits<BoostGraph>::vertex_descriptor;

constexpr std::uint32_t kNoLink = UINT32_MAX;
const RouteCost kFar{.cost = INT64_MAX};

}  // namespace

struct Topology::Graph {
  struct Link {
    Vertex from = 0;
    Vertex to = 0;
    LinkOptions options = {};
    bool is_up = true;
  };
  // For each vertex the directed link by which the best route from one source enters it.
  using Tree = std::vector<std::uint32_t>;

  Vertex vertex(std::string_view name) {
    const auto found = vertices.find(name);
    if (found != vertices.end()) return found->second;
    trees.clear();
    const Vertex added = boost::add_vertex(graph);
    vertices.emplace(name, added);
    return added;
  }

  LinkId add_link(Vertex from, Vertex to, LinkOptions options) {
    const auto id = static_cast<std::uint32_t>(links.size());
    trees.clear();
    boost::add_edge(from, to, Edge{.directed_link = id * 2, .cost = cost_of(options.forward)},
                    graph);
    boost::add_edge(to, from, Edge{.directed_link = id * 2 + 1, .cost = cost_of(options.backward)},
                    graph);
    links.push_back({.from = from, .to = to, .options = std::move(options)});
    return LinkId(id);
  }

  const Tree& tree(Vertex source) {
    const auto cached = trees.find(source);
    if (cached != trees.end()) return cached->second;
    const std::size_t count = boost::num_vertices(graph);
    std::vector<RouteCost> distance(count);
    Tree tree(count, kNoLink);
    const auto index = boost::get(boost::vertex_index, graph);
    // The edge is wanted rather than the predecessor vertex, for links may be parallel.
    struct Recorder : boost::default_dijkstra_visitor {
      explicit Recorder(Tree& out) : out_(&out) {}
      void edge_relaxed(boost::graph_traits<BoostGraph>::edge_descriptor edge,
                        const BoostGraph& g) {
        (*out_)[boost::target(edge, g)] = g[edge].directed_link;
      }
      Tree* out_;
    };
    boost::dijkstra_shortest_paths(
        graph, source,
        boost::weight_map(boost::get(boost::edge_bundle, graph))
            .distance_map(boost::make_iterator_property_map(distance.begin(), index))
            .distance_compare([](const RouteCost& x, const RouteCost& y) { return x < y; })
            .distance_combine([this](const RouteCost& route, const Edge& edge) {
              // What lies behind a link that is down is looked at all the same.
              const bool leads_there = route < kFar && links[edge.directed_link / 2].is_up;
              return leads_there ? extended(route, edge) : kFar;
            })
            .distance_inf(kFar)
            .distance_zero(RouteCost{})
            .visitor(Recorder(tree)));
    return trees.emplace(source, std::move(tree)).first->second;
  }

  BoostGraph graph;
  std::vector<Link> links;
  std::map<std::string, Vertex, std::less<>> vertices;
  std::map<std::string, LinkOptions, std::less<>> racks;
  std::optional<std::pair<std::string, LinkOptions>> default_attachment;
  std::map<Vertex, Tree> trees;  // routes by source, forgotten when the graph changes
};

Topology::Topology(LinkDirection mesh)
    : mesh_{.same_rack = std::move(mesh),
            .between_racks = {},
            .between = {},
            .regions = {},
            .region_of_rack = {},
            .regions_given = 0,
            .pairs = {}} {}
Topology::Topology(Topology&&) noexcept = default;
Topology& Topology::operator=(Topology&&) noexcept = default;
Topology::~Topology() = default;

Topology Topology::graph() {
  Topology topology;
  topology.graph_ = std::make_unique<Graph>();
  return topology;
}

void Topology::set_between_racks(LinkDirection link) {
  TIT_ASSERT(!is_graph(), "racks of a graph are joined by add_link");
  mesh_.between_racks = std::move(link);
}

void Topology::set_between(std::string_view rack, std::string_view other, LinkDirection link) {
  TIT_ASSERT(!is_graph(), "racks of a graph are joined by add_link");
  mesh_.between.insert_or_assign({std::string(rack), std::string(other)}, link);
  mesh_.between.insert_or_assign({std::string(other), std::string(rack)}, std::move(link));
}

void Topology::set_regions(std::vector<std::string> names) {
  TIT_ASSERT(!is_graph() && !names.empty(), "some regions of a full mesh");
  mesh_.regions = std::move(names);
}

const std::string& Topology::region_of(std::string_view rack) {
  const auto known = std::ranges::find(mesh_.regions, rack);
  if (known != mesh_.regions.end()) return *known;
  if (rack.empty()) return mesh_.regions[mesh_.regions_given++ % mesh_.regions.size()];
  const auto [given, is_new] = mesh_.region_of_rack.try_emplace(
      std::string(rack), mesh_.regions_given % mesh_.regions.size());
  if (is_new) ++mesh_.regions_given;
  return mesh_.regions[given->second];
}

void Topology::set_pair(std::string_view from, std::string_view to, LinkDirection link) {
  TIT_ASSERT(!is_graph(), "hosts of a graph are joined by add_link");
  mesh_.pairs.insert_or_assign({std::string(from), std::string(to)}, std::move(link));
}

void Topology::add_rack(std::string_view name, LinkOptions access) {
  TIT_ASSERT(is_graph(), "a full mesh has no rack nodes");
  graph_->vertex(name);
  graph_->racks.insert_or_assign(std::string(name), std::move(access));
}

void Topology::add_node(std::string_view name) {
  TIT_ASSERT(is_graph(), "a full mesh has no nodes but its hosts");
  graph_->vertex(name);
}

LinkId Topology::add_link(std::string_view from, std::string_view to, LinkOptions options) {
  TIT_ASSERT(is_graph(), "a full mesh has its links; set_pair changes one");
  const Vertex first = graph_->vertex(from);
  const Vertex second = graph_->vertex(to);
  return graph_->add_link(first, second, std::move(options));
}

void Topology::add_host(std::string_view name, std::string_view rack) {
  rack_of_.insert_or_assign(std::string(name),
                            mesh_.regions.empty() ? std::string(rack) : region_of(rack));
  if (!is_graph() || graph_->vertices.contains(name)) return;
  const Vertex host = graph_->vertex(name);
  const auto access = graph_->racks.find(rack);
  if (access != graph_->racks.end()) {
    graph_->add_link(host, graph_->vertex(rack), access->second);
  } else if (graph_->default_attachment.has_value()) {
    const auto& [node, options] = *graph_->default_attachment;
    graph_->add_link(host, graph_->vertex(node), options);
  }
}

void Topology::set_default_attachment(std::string_view node, LinkOptions access) {
  TIT_ASSERT(is_graph(), "a full mesh has a place for everybody");
  graph_->vertex(node);
  graph_->default_attachment.emplace(std::string(node), std::move(access));
}

bool Topology::has_place_for(std::string_view name, std::string_view rack) const {
  return !is_graph() || graph_->vertices.contains(name) || graph_->racks.contains(rack) ||
         graph_->default_attachment.has_value();
}

void Topology::set_link_up(LinkId link, bool is_up) {
  TIT_ASSERT(is_graph() && link.value() < graph_->links.size(), "a link of this graph");
  graph_->links[link.value()].is_up = is_up;
  graph_->trees.clear();
}

std::vector<std::string> Topology::nodes() const {
  std::vector<std::string> result;
  if (!is_graph()) return result;
  for (const auto& [name, vertex] : graph_->vertices) result.push_back(name);
  return result;
}

std::vector<NamedLink> Topology::links() const {
  std::vector<NamedLink> result;
  if (!is_graph()) return result;
  std::vector<std::string> names(graph_->vertices.size());
  for (const auto& [name, vertex] : graph_->vertices) names[vertex] = name;
  for (std::uint32_t i = 0; i < graph_->links.size(); ++i) {
    const Graph::Link& link = graph_->links[i];
    result.push_back(
        {.id = LinkId(i), .from = names[link.from], .to = names[link.to], .is_up = link.is_up});
  }
  return result;
}

std::optional<std::pair<std::string, std::string>> Topology::disconnected() const {
  if (!is_graph() || graph_->vertices.empty()) return std::nullopt;
  const auto& [first_name, first] = *graph_->vertices.begin();
  std::vector<bool> is_reached(graph_->vertices.size(), false);
  std::vector<Vertex> next = {first};
  is_reached[first] = true;
  while (!next.empty()) {
    const Vertex at = next.back();
    next.pop_back();
    const auto [begin, end] = boost::out_edges(at, graph_->graph);
    for (auto edge = begin; edge != end; ++edge) {
      const Vertex to = boost::target(*edge, graph_->graph);
      if (!is_reached[to]) next.push_back(to);
      is_reached[to] = true;
    }
  }
  for (const auto& [name, vertex] : graph_->vertices) {
    if (!is_reached[vertex]) return std::pair(first_name, name);
  }
  return std::nullopt;
}

std::optional<LinkId> Topology::find_link(std::string_view name) const {
  for (const NamedLink& link : links()) {
    if (name == link.name() || name == link.to + "/" + link.from) return link.id;
  }
  return std::nullopt;
}

std::optional<Route> Topology::route(std::string_view from, std::string_view to) const {
  if (!is_graph()) {
    const auto pair = mesh_.pairs.find({std::string(from), std::string(to)});
    if (pair != mesh_.pairs.end()) return Route{{.link = pair->second}};
    const auto first = rack_of_.find(from);
    const auto second = rack_of_.find(to);
    TIT_ASSERT(first != rack_of_.end() && second != rack_of_.end(), "a route of unknown hosts");
    const auto between = mesh_.between.find({first->second, second->second});
    if (between != mesh_.between.end()) return Route{{.link = between->second}};
    const bool is_between = first->second != second->second && mesh_.between_racks.has_value();
    return Route{{.link = is_between ? *mesh_.between_racks : mesh_.same_rack}};
  }
  const Vertex source = graph_->vertices.find(from)->second;
  const Graph::Tree& tree = graph_->tree(source);
  Route route;
  for (Vertex at = graph_->vertices.find(to)->second; at != source;) {
    const std::uint32_t directed = tree[at];
    if (directed == kNoLink) return std::nullopt;
    const Graph::Link& link = graph_->links[directed / 2];
    const bool is_forward = directed % 2 == 0;
    route.push_back(
        {.queue = directed, .link = is_forward ? link.options.forward : link.options.backward});
    at = is_forward ? link.from : link.to;
  }
  std::ranges::reverse(route);
  return route;
}

}  // namespace sim
