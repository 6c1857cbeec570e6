// isolate-leader: whoever leads a partition at this moment hears nobody any more.
#include <fmt/format.h>

#include "sim/faults/cuts.h"
#include "sim/faults/nodes.h"
#include "sim/lab/lab.h"
#include "sim/lab/selectors.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"partition", ParamKind::kName, "whose leader, as \"orders-0\"", true},
    {"from", ParamKind::kChoice, "cut off from all nodes, or from the servers only", false, "all",
     "all|servers"},
    {"direction", ParamKind::kChoice, "both ways, what it sends (to), or what it would hear (from)",
     false, "both", kDirections},
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  Lab& lab = *context.lab;
  const auto leader = select_hosts(lab, "leader of " + args.text("partition"), context.rng);
  if (!leader.has_value()) return std::unexpected(leader.error().message);
  std::vector<HostId> others = all_hosts_but(context.world, *leader);
  if (args.text("from") == "servers") {
    std::erase_if(others, [&lab](HostId id) {
      const Role role = lab.recorder().member(id).role;
      return role != Role::kBroker && role != Role::kController;
    });
  }
  auto fault = std::make_unique<CutFault>(context.network);
  add_cut(fault->cuts, *leader, others, args.text("direction"));
  return fault;
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  if (targets.partitions.empty()) return std::nullopt;
  const std::string& partition = targets.partitions[rng.below(targets.partitions.size())];
  return FaultArgs()
      .set("partition", partition)
      .set("from", std::string(rng.chance(1, 2) ? "all" : "servers"))
      .set("direction", std::string("both"));
}

}  // namespace

FaultInfo isolate_leader_fault() {
  return {.name = "isolate-leader",
          .family = "partition",
          .doc =
              "The broker that leads a partition at this moment is cut off; it stays cut off "
              "when another one has been elected.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
