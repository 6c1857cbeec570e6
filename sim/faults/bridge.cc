// bridge: two halves that see each other only through one node that sees all.
#include "sim/faults/cuts.h"
#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"a", ParamKind::kNodes, "one half", true},
    {"bridge", ParamKind::kNode, "the node that hears both halves", true},
    {"b", ParamKind::kNodes, "the other half", true},
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const std::vector<HostId>& a = args.nodes("a");
  const std::vector<HostId>& b = args.nodes("b");
  if (auto wrong = wrong_sides(context.world, a, b)) return std::unexpected(std::move(*wrong));
  for (const std::vector<HostId>* half : {&a, &b}) {
    if (auto wrong = wrong_sides(context.world, *half, {args.node("bridge")}))
      return std::unexpected("the bridge belongs to neither half: " + *wrong);
  }
  auto fault = std::make_unique<CutFault>(context.network);
  fault->cuts.add(a, b);
  return fault;
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  const std::vector<HostId> all = shuffled(servers(targets), rng);
  if (all.size() < 3) return std::nullopt;
  const auto half = static_cast<std::ptrdiff_t>(1 + (all.size() - 1) / 2);
  return FaultArgs()
      .set("bridge", all[0])
      .set("a", std::vector<HostId>(all.begin() + 1, all.begin() + half))
      .set("b", std::vector<HostId>(all.begin() + half, all.end()));
}

}  // namespace

FaultInfo bridge_fault() {
  return {.name = "bridge",
          .family = "partition",
          .doc = "Two halves are cut from each other; one node, the bridge, goes on hearing both.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
