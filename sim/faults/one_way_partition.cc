// one-way-partition: what one set sends does not reach the other; the way back stays open.
#include "sim/faults/cuts.h"
#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"from", ParamKind::kNodes, "whose packets are lost", true},
    {"to", ParamKind::kNodes, "on the way to whom", true},
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const std::vector<HostId>& from = args.nodes("from");
  const std::vector<HostId>& to = args.nodes("to");
  if (auto wrong = wrong_sides(context.world, from, to)) return std::unexpected(std::move(*wrong));
  auto fault = std::make_unique<CutFault>(context.network);
  fault->cuts.add(from, to, Direction::kForward);
  return fault;
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  const std::vector<HostId> all = shuffled(servers(targets), rng);
  if (all.size() < 2) return std::nullopt;
  return FaultArgs()
      .set("from", std::vector<HostId>{all[0]})
      .set("to", std::vector<HostId>(all.begin() + 1, all.end()));
}

}  // namespace

FaultInfo one_way_partition_fault() {
  return {.name = "one-way-partition",
          .family = "partition",
          .doc =
              "What one set of nodes sends does not reach the other; what the other sends "
              "arrives, but its acknowledgements are lost.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
