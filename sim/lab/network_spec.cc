#include "sim/lab/network_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "sim/lab/lab.h"

namespace sim {
namespace {

// "producer-12": clients come later, and are counted from 1.
bool is_client(std::string_view name) {
  for (const std::string_view kind : {"producer-", "consumer-", "admin-"}) {
    if (!name.starts_with(kind)) continue;
    const std::string_view number = name.substr(kind.size());
    return !number.empty() && number.size() <= 4 && number.front() != '0' &&
           number.find_first_not_of("0123456789") == number.npos;
  }
  return false;
}

}  // namespace

std::optional<Misplacement> misplacement(const NetworkSpec& network, const ClusterSpec& cluster) {
  std::vector<std::string> nodes;
  std::vector<std::string> racks;
  for (int i = 0; i < cluster.controllers; ++i) {
    nodes.push_back(ClusterSpec::controller_name(i));
    racks.emplace_back();
  }
  for (int i = 1; i <= cluster.brokers; ++i) {
    nodes.push_back(fmt::format("broker-{}", i));
    racks.push_back(cluster.rack_of(i));
  }
  for (const std::string& host : network.hosts) {
    if (is_client(host) || std::ranges::find(nodes, host) != nodes.end()) continue;
    std::vector<std::string_view> candidates(nodes.begin(), nodes.end());
    for (const std::string_view client : {"producer-1", "consumer-1", "admin-1"})
      candidates.push_back(client);
    const std::vector<std::string> nearest = kafka::nearest_names(host, candidates);
    return Misplacement{
        fmt::format("the network has a node \"{}\" that the cluster does not have", host),
        nearest.empty() ? fmt::format("the cluster has {} to broker-{} and {}; clients are called "
                                      "producer-1, consumer-1, admin-1 and so on",
                                      "broker-1", cluster.brokers, nodes[0])
                        : fmt::format("did you mean \"{}\"?", nearest.front())};
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (network.topology.has_place_for(nodes[i], racks[i])) continue;
    return Misplacement{
        fmt::format("{} has no place in the network", nodes[i]),
        fmt::format("name a node of it \"{}\", give it a rack that the network has, or name with "
                    "clients = the node that all others are joined to",
                    nodes[i])};
  }
  if (!network.topology.has_place_for("", "")) {
    return Misplacement{"clients have no place in the network",
                        "name with clients = the switch that they are joined to"};
  }
  if (const auto apart = network.topology.disconnected(); apart.has_value()) {
    return Misplacement{
        fmt::format("no links lead from \"{}\" to \"{}\"", apart->first, apart->second),
        "every node is joined to every other, directly or over others"};
  }
  return std::nullopt;
}

}  // namespace sim
