// clog: a way on which nothing moves and nothing is lost, like a full queue of a router.
#include "sim/faults/rule_fault.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {kEndA, kEndB, kWay};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const auto ends = read_ends(context.world, args);
  if (!ends.has_value()) return std::unexpected(ends.error());
  return std::make_unique<RuleFault>(context.network,
                                     context.network.clog(ends->a, ends->b, ends->direction),
                                     [](const RuleCounts& counts) -> Effects {
                                       return {{"frames delayed", counts.frames_delayed}};
                                     });
}

}  // namespace

FaultInfo clog_fault() {
  return {.name = "clog",
          .family = "link",
          .doc =
              "Nothing moves between two sets of nodes and nothing is lost; at the heal all that "
              "stands there moves at once, in order.",
          .params = kParams,
          .install = &install,
          .draw = &draw_ends};
}

}  // namespace sim
