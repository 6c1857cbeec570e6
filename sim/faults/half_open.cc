// half-open: a NAT forgot its mappings; connections that exist are dead and nobody is told.
#include "sim/faults/rule_fault.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {kEndA, kEndB};

class HalfOpen final : public Fault {
 public:
  HalfOpen(StreamNetwork& network, RuleHandle rule) : network_(network), rule_(rule) {}
  void heal() override {}  // what a NAT forgot it does not remember
  Effects effects() const override {
    const RuleCounts& counts = network_.counts(rule_);
    return {{"frames held", counts.frames_held},
            {"acknowledgements lost", counts.acks_lost},
            {"resets eaten", counts.resets_eaten},
            {"connections severed", counts.connections_hit, Effect::Unit::kNote}};
  }

 private:
  StreamNetwork& network_;
  RuleHandle rule_;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const auto ends = read_ends(context.world, FaultArgs(args).set("direction", std::string("both")));
  if (!ends.has_value()) return std::unexpected(ends.error());
  return std::make_unique<HalfOpen>(context.network,
                                    context.network.sever_connections(ends->a, ends->b));
}

}  // namespace

FaultInfo half_open_fault() {
  return {.name = "half-open",
          .family = "connection",
          .doc =
              "Segments of the connections that exist between two sets of nodes vanish for good, "
              "as when a NAT lost its mappings; new connections work. Nobody is told.",
          .params = kParams,
          .install = &install,
          .draw = &draw_ends};
}

}  // namespace sim
