// The common part of faults that are one rule of the network: the rule, and which of its counts
// tell what it did.
#pragma once

#include "sim/faults/cuts.h"
#include "sim/faults/fault.h"

namespace sim {

class RuleFault final : public Fault {
 public:
  using Tell = Effects (*)(const RuleCounts&);
  RuleFault(StreamNetwork& network, RuleHandle rule, Tell tell)
      : network_(network), rule_(rule), tell_(tell) {}
  void heal() override { network_.heal(rule_); }
  Effects effects() const override { return tell_(network_.counts(rule_)); }

 private:
  StreamNetwork& network_;
  RuleHandle rule_;
  Tell tell_;
};

// Frames delayed, and by how much in sum.
Effects delays(const RuleCounts& counts);

// The ends of a fault between two sets; no b: all other nodes. From "from" the sides are swapped.
struct Ends {
  std::vector<HostId> a;
  std::vector<HostId> b;
  Direction direction = Direction::kBoth;
};
std::expected<Ends, std::string> read_ends(World& world, const FaultArgs& args);

// The parameters that read_ends reads.
inline constexpr FaultParam kEndA = {"a", ParamKind::kNodes, "one end", true};
inline constexpr FaultParam kEndB = {"b", ParamKind::kNodes,
                                     "the other end; absent: all other nodes, clients included"};
inline constexpr FaultParam kWay = {
    "direction", ParamKind::kChoice, "both ways, what a sends to b, or the reverse", false,
    "both",      kDirections};

// One server against the others, either way or both.
std::optional<FaultArgs> draw_ends(const NemesisTargets& targets, env::Rng& rng);

}  // namespace sim
