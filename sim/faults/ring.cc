// ring: each node hears its two neighbours only; no majority sees itself, yet nobody is alone.
#include "sim/faults/cuts.h"
#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"nodes", ParamKind::kNodes, "in the order of the ring, four or more", true},
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const std::vector<HostId>& nodes = args.nodes("nodes");
  if (nodes.size() < 4)
    return std::unexpected("a ring of fewer than four nodes cuts nothing: all are neighbours");
  auto fault = std::make_unique<CutFault>(context.network);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (std::size_t j = i + 2; j < nodes.size(); ++j) {
      if (i == 0 && j == nodes.size() - 1) continue;  // the ring closes there
      fault->cuts.add({nodes[i]}, {nodes[j]});
    }
  }
  return fault;
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::vector<HostId> all = shuffled(servers(targets), rng);
  if (all.size() < 4) return std::nullopt;
  return FaultArgs().set("nodes", std::move(all));
}

}  // namespace

FaultInfo ring_fault() {
  return {.name = "ring",
          .family = "partition",
          .doc = "Each node hears its two neighbours in the ring and none of the others.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
