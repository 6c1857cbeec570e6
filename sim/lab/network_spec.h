// The network that a cluster is built on: a topology, and whether every node has its place there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/net/topology.h"

namespace sim {

struct ClusterSpec;

struct NetworkSpec {
  Topology topology;
  std::vector<std::string> hosts;  // names that it gives to nodes of the cluster
};

struct Misplacement {
  std::string message;
  std::string help;
};
// What does not fit: a name that the cluster does not have, a node without a place, parts without a
// link between them. None: all is well.
std::optional<Misplacement> misplacement(const NetworkSpec& network, const ClusterSpec& cluster);

}  // namespace sim
