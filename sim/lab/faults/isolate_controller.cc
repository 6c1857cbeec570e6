// isolate-controller: the active controller hears nobody any more.
#include "sim/faults/cuts.h"
#include "sim/faults/nodes.h"
#include "sim/lab/lab.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"direction", ParamKind::kChoice, "both ways, what it sends (to), or what it would hear (from)",
     false, "both", kDirections},
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const std::vector<HostId> controller = {context.lab->controller().id()};
  auto fault = std::make_unique<CutFault>(context.network);
  add_cut(fault->cuts, controller, all_hosts_but(context.world, controller),
          args.text("direction"));
  return fault;
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  if (targets.controllers.empty()) return std::nullopt;
  constexpr std::string_view kWays[] = {"both", "to", "from"};
  return FaultArgs().set("direction", std::string(kWays[rng.below(3)]));
}

}  // namespace

FaultInfo isolate_controller_fault() {
  return {.name = "isolate-controller",
          .family = "partition",
          .doc =
              "The active controller is cut off: no broker can register, no leader be elected, "
              "no ISR change be committed.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
