// isolate-one: one node hears nobody, as if its switch port were down.
#include "sim/faults/cuts.h"
#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"node", ParamKind::kNode, "who is isolated", true},
    {"direction", ParamKind::kChoice, "both ways, what it sends (to), or what it would hear (from)",
     false, "both", kDirections},
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const std::vector<HostId> one = {args.node("node")};
  auto fault = std::make_unique<CutFault>(context.network);
  add_cut(fault->cuts, one, all_hosts_but(context.world, one), args.text("direction"));
  return fault;
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::optional<FaultArgs> args = draw_server(targets, rng);
  if (!args.has_value()) return std::nullopt;
  constexpr std::string_view kWays[] = {"both", "to", "from"};
  args->set("direction", std::string(kWays[rng.below(3)]));
  return args;
}

}  // namespace

FaultInfo isolate_one_fault() {
  return {.name = "isolate-one",
          .family = "partition",
          .doc = "One node is cut off from every other one, clients included.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
