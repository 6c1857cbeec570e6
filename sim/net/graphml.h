// Topologies from GraphML, as graph editors write it. The graph is undirected; each link works both
// ways. Attributes, all declared attr.type="string":
//
//   of a node  name       required, unique
//              kind       host (a node of the cluster, the default), switch, or rack (hosts of that
//                         rack which the file does not name are joined to it)
//   of an edge latency    required: "200us", "lognormal(median 20ms, p99 80ms)"
//              bandwidth  "10Gbit/s"; unlimited unless given
//              loss       "0.1%" of segments
//              cost       "1ms": what routing counts instead of the mean latency
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sim/net/topology.h"

namespace sim {

struct GraphmlTopology {
  Topology topology = Topology::graph();
  std::vector<std::string> hosts;  // nodes of kind host, in order of the file
};

// An error is a sentence that says what is wrong and where. Whatever the text is, it is no more
// than an error.
std::expected<GraphmlTopology, std::string> read_graphml(std::string_view text);

}  // namespace sim
