#include "sim/net/presets.h"

#include <algorithm>

namespace sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint64_t kGigabit = 125'000'000;  // bytes a second

Topology lan() { return Topology(); }

Topology racks() {
  Topology topology;
  topology.set_between_racks(
      {.latency = Exponential{.mean = microseconds(300), .low = microseconds(250)},
       .bytes_per_second = 10 * kGigabit});
  return topology;
}

// One-way latencies of public clouds, about half of the round trips that one can look up.
Topology three_regions() {
  const auto far = [](int median_ms) {
    return LinkDirection{.latency = LogNormal::of_p99(milliseconds(median_ms),
                                                      milliseconds(median_ms + median_ms / 4)),
                         .bytes_per_second = kGigabit};
  };
  Topology topology({.latency = LogNormal::of_p99(microseconds(500), milliseconds(2)),
                     .bytes_per_second = 10 * kGigabit});
  topology.set_regions({"us-east", "us-west", "eu-west"});
  topology.set_between("us-east", "us-west", far(35));
  topology.set_between("us-east", "eu-west", far(40));
  topology.set_between("us-west", "eu-west", far(70));
  return topology;
}

constexpr TopologyPreset kPresets[] = {
    {"lan",
     "every pair 0.1 ms apart and an exponential part of mean 0.1 ms, 10 Gbit/s; the default",
     &lan},
    {"racks",
     "as lan within a rack; between racks 0.25 ms and an exponential part of mean 0.3 ms, 10 "
     "Gbit/s",
     &racks},
    {"three-regions",
     "us-east, us-west, eu-west: 0.5 ms within (p99 2 ms), 35, 40 and 70 ms between, log-normal, "
     "1 Gbit/s; hosts belong where their rack says, else to one in turn",
     &three_regions},
};

}  // namespace

std::span<const TopologyPreset> topology_presets() { return kPresets; }

const TopologyPreset* find_topology_preset(std::string_view name) {
  const auto found = std::ranges::find(kPresets, name, &TopologyPreset::name);
  return found == std::end(kPresets) ? nullptr : &*found;
}

}  // namespace sim
