// Topology: which links lie between two hosts. Either a full mesh, which is never materialised, or
// a graph of hosts, racks and links in which routes are shortest paths.
//
// Made by the lab before the run and moved into StreamNetwork, which asks for the route of a pair
// once, when the pair first talks. Ties between routes are broken by (cost, hops, link ids), so
// that a route depends on nothing but the order in which links were added.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/distributions.h"

namespace sim {

using LinkId = env::Strong<struct LinkIdTag, std::uint32_t>;  // counts from 0, as links are added

// Two hosts behind one top-of-rack switch: 100 us of wire, switch and kernel, and an exponential
// part of mean 100 us for queues and scheduling.
inline Distribution rack_latency() {
  using std::chrono::microseconds;
  return Exponential{.mean = microseconds(100), .low = microseconds(100)};
}

struct LinkDirection {
  Distribution latency = rack_latency();
  std::optional<std::uint64_t> bytes_per_second = 1'250'000'000;  // 10 Gbit/s; none: unlimited
  std::optional<env::Duration> cost = {};  // what routing counts; none: the mean latency
  std::uint32_t loss_ppm = 0;              // of each segment's transmissions
};

struct LinkOptions {
  LinkDirection forward = {};   // from the first named end to the second; a rack's: host to rack
  LinkDirection backward = {};  // the other way
};

// A link of a graph, for those who choose one.
struct NamedLink {
  LinkId id;
  std::string from;
  std::string to;
  bool is_up = true;
  std::string name() const { return from + "/" + to; }
};

// One hop of a route.
struct Hop {
  static constexpr std::uint32_t kOwnQueue = UINT32_MAX;
  std::uint32_t queue = kOwnQueue;  // link id * 2, + 1 for backward; kOwnQueue: this pair's alone
  LinkDirection link;
};
using Route = std::vector<Hop>;

class Topology {
 public:
  // A full mesh: every pair of hosts has a link of its own, with the same options both ways.
  explicit Topology(LinkDirection mesh = {});
  // A graph with nothing in it.
  static Topology graph();

  Topology(Topology&&) noexcept;
  Topology& operator=(Topology&&) noexcept;
  ~Topology();

  // --- full mesh. REQUIRES: !is_graph().
  void set_between_racks(LinkDirection);  // pairs whose racks differ
  // Pairs of these two racks, either way; before set_between_racks.
  void set_between(std::string_view rack, std::string_view other, LinkDirection);
  // All racks there are. A host of another rack, or of none, is put into one of these in turn:
  // hosts of one rack into the same.
  void set_regions(std::vector<std::string> names);
  void set_pair(std::string_view from, std::string_view to, LinkDirection);  // this direction alone

  // --- graph. REQUIRES: is_graph().
  // Hosts that name this rack and are not in the graph yet are joined to it by `access`.
  void add_rack(std::string_view name, LinkOptions access = {});
  void add_node(std::string_view name);  // a host or a switch without a rack
  // Ends that are not in the graph yet are added. Parallel links are allowed.
  LinkId add_link(std::string_view from, std::string_view to, LinkOptions = {});

  // Routes go around a link that is down. REQUIRES: a link of this graph.
  void set_link_up(LinkId, bool is_up);
  std::vector<NamedLink> links() const;  // by id; none of a full mesh
  // "a/b", either way round: the oldest link between the two. None when there is none.
  std::optional<LinkId> find_link(std::string_view name) const;
  // In order of names; none of a full mesh.
  std::vector<std::string> nodes() const;

  // Where hosts are joined whose name and rack the graph does not know. REQUIRES: is_graph().
  void set_default_attachment(std::string_view node, LinkOptions access = {});
  // Whether a host of that name and rack would be joined to something. Always so in a full mesh.
  bool has_place_for(std::string_view name, std::string_view rack) const;

  // Two nodes without a way between them, links that are down left aside. None: there are no such.
  std::optional<std::pair<std::string, std::string>> disconnected() const;

  // Called by the network for each host. A host of a graph that has neither node nor rack there is
  // joined to the default attachment, or else to nothing.
  void add_host(std::string_view name, std::string_view rack);

  // None when no path leads there. REQUIRES: both were added by add_host; from != to.
  std::optional<Route> route(std::string_view from, std::string_view to) const;

  bool is_graph() const { return graph_ != nullptr; }

 private:
  struct Graph;
  const std::string& region_of(std::string_view rack);
  struct Mesh {
    LinkDirection same_rack;
    std::optional<LinkDirection> between_racks;
    std::map<std::pair<std::string, std::string>, LinkDirection> between;
    std::vector<std::string> regions;
    std::map<std::string, std::size_t, std::less<>> region_of_rack;  // of racks that are no region
    std::size_t regions_given = 0;
    std::map<std::pair<std::string, std::string>, LinkDirection> pairs;
  };

  Mesh mesh_;
  std::unique_ptr<Graph> graph_;  // null: a full mesh
  std::map<std::string, std::string, std::less<>> rack_of_;
};

}  // namespace sim
