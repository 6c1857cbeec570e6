// Cuts: some partitions of the network that come and go together, and what they did: the common
// part of all faults that cut.
#pragma once

#include <vector>

#include "sim/faults/fault.h"

namespace sim {

class Cuts {
 public:
  explicit Cuts(StreamNetwork& network) : network_(network) {}

  void add(std::vector<HostId> a, std::vector<HostId> b, Direction direction = Direction::kBoth);
  void heal();  // all that stand; others may be added later
  Effects effects() const;

 private:
  StreamNetwork& network_;
  std::vector<PartitionHandle> standing_;
  std::vector<PartitionHandle> all_;
};

// A fault that is some cuts and no more.
class CutFault final : public Fault {
 public:
  explicit CutFault(StreamNetwork& network) : cuts(network) {}
  void heal() override { cuts.heal(); }
  Effects effects() const override { return cuts.effects(); }

  Cuts cuts;
};

// A sentence when a side is empty or a node is on both.
std::optional<std::string> wrong_sides(World& world, const std::vector<HostId>& a,
                                       const std::vector<HostId>& b);

// "both", "to" (what the first sends does not reach the second) or "from".
inline constexpr std::string_view kDirections = "both|to|from";
void add_cut(Cuts& cuts, const std::vector<HostId>& a, const std::vector<HostId>& b,
             std::string_view direction);

}  // namespace sim
