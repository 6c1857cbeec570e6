// dead-link: a cable of the topology's graph is out; routes go around it, if there is a way.
#include <fmt/format.h>

#include <algorithm>

#include "sim/faults/rule_fault.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"link", ParamKind::kName, "by its ends, either way round: \"broker-1/switch-1\"", true}};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const Topology& topology = context.network.topology();
  if (!topology.is_graph()) {
    return std::unexpected(
        "this network is a full mesh without links of its own; cluster{ network = } with a graph "
        "has them, a partition cuts nodes apart in any network");
  }
  const std::string& name = args.text("link");
  const std::optional<LinkId> link = topology.find_link(name);
  if (!link.has_value()) {
    std::string known;
    for (const NamedLink& candidate : topology.links())
      known += fmt::format("{}{}/{}", known.empty() ? "" : ", ", candidate.from, candidate.to);
    return std::unexpected(fmt::format("no link \"{}\"; there are: {}", name, known));
  }
  return std::make_unique<RuleFault>(context.network, context.network.fail_link(*link),
                                     [](const RuleCounts& counts) -> Effects {
                                       return {{"routes changed", counts.routes_changed},
                                               {"frames held", counts.frames_held},
                                               {"acknowledgements lost", counts.acks_lost},
                                               {"connects unanswered", counts.connects_unanswered}};
                                     });
}

}  // namespace

FaultInfo dead_link_fault() {
  return {.name = "dead-link",
          .family = "link",
          .doc =
              "A link of the topology's graph is down. Routes go around it; where there is no "
              "way around, it cuts like a partition.",
          .params = kParams,
          .install = &install};
}

}  // namespace sim
