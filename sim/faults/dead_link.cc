// dead-link: a cable of the topology's graph is out; routes go around it, if there is a way.
#include <fmt/format.h>

#include <algorithm>

#include "sim/faults/rule_fault.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"link", ParamKind::kName,
     "by its ends, either way round: \"broker-1/switch-1\"; of parallel ones the oldest that is up",
     true}};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const Topology& topology = context.network.topology();
  if (!topology.is_graph()) {
    return std::unexpected(
        "this network is a full mesh without links of its own; cluster{ network = } with a graph "
        "has them, a partition cuts nodes apart in any network");
  }
  const std::string& name = args.text("link");
  const std::vector<NamedLink> links = topology.links();
  const auto is_meant = [&name](const NamedLink& link) {
    return link.name() == name || link.to + "/" + link.from == name;
  };
  const auto link = std::ranges::find_if(
      links, [&](const NamedLink& candidate) { return is_meant(candidate) && candidate.is_up; });
  if (link == links.end()) {
    if (std::ranges::any_of(links, is_meant))
      return std::unexpected(FaultRefusal::of_state(fmt::format("{} is down already", name)));
    std::string known;
    for (const NamedLink& candidate : links)
      known += (known.empty() ? "" : ", ") + candidate.name();
    return std::unexpected(fmt::format("no link \"{}\"; there are: {}", name, known));
  }
  return std::make_unique<RuleFault>(context.network, context.network.fail_link(link->id),
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
