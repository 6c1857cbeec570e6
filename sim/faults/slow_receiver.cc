// slow-receiver: a process that takes little off its sockets; windows close and its peers stall.
#include "sim/faults/nodes.h"
#include "sim/faults/rule_fault.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"node", ParamKind::kNode, "who reads slowly", true},
    {"bandwidth", ParamKind::kBandwidth, "off all its sockets together", false, "10kB/s"},
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const auto rate = static_cast<std::uint64_t>(args.number("bandwidth"));
  return std::make_unique<RuleFault>(
      context.network, context.network.limit_reading(args.node("node"), rate), &delays);
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::vector<HostId> all = servers(targets);
  all.insert(all.end(), targets.clients.begin(), targets.clients.end());
  if (all.empty()) return std::nullopt;
  FaultArgs args;
  args.set("node", pick(all, rng));
  args.set("bandwidth", rng.between(std::int64_t{2'000}, std::int64_t{200'000}));
  return args;
}

}  // namespace

FaultInfo slow_receiver_fault() {
  return {.name = "slow-receiver",
          .family = "connection",
          .doc =
              "The process takes so little off its sockets that its kernel's buffers fill, the "
              "window closes, and its peers stall.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
