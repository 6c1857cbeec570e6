// Topologies by name, for scenarios that want a network like one they know. A new one is a row in
// presets.cc.
#pragma once

#include <span>
#include <string_view>

#include "sim/net/topology.h"

namespace sim {

struct TopologyPreset {
  std::string_view name;
  std::string_view doc;
  Topology (*make)() = nullptr;
};

std::span<const TopologyPreset> topology_presets();
const TopologyPreset* find_topology_preset(std::string_view name);  // null: no such

}  // namespace sim
