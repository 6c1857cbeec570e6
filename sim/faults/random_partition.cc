// random-partition: the nodes fall into groups that the seed draws.
#include "sim/faults/cuts.h"
#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"nodes", ParamKind::kNodes, "who falls apart", true},
    {"groups", ParamKind::kCount, "into how many groups, none of them empty", false, "2"},
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const std::vector<HostId>& nodes = args.nodes("nodes");
  const auto groups = static_cast<std::size_t>(args.number("groups"));
  if (groups < 2 || groups > nodes.size())
    return std::unexpected("groups are at least two and at most as many as the nodes");
  const std::vector<HostId> order = shuffled(nodes, context.rng);
  std::vector<std::vector<HostId>> parts(groups);
  for (std::size_t i = 0; i < order.size(); ++i) {
    // The first of each group makes it; the rest go where they are drawn.
    const std::size_t part = i < groups ? i : context.rng.below(groups);
    parts[part].push_back(order[i]);
  }
  auto fault = std::make_unique<CutFault>(context.network);
  for (std::size_t i = 0; i < groups; ++i) {
    for (std::size_t j = i + 1; j < groups; ++j) fault->cuts.add(parts[i], parts[j]);
  }
  return fault;
}

}  // namespace

FaultInfo random_partition_fault() {
  return {.name = "random-partition",
          .family = "partition",
          .doc = "The nodes fall into groups drawn from the seed; no group hears another.",
          .params = kParams,
          .install = &install};
}

}  // namespace sim
