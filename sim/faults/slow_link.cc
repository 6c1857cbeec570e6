// slow-link: every packet takes longer.
#include "sim/faults/rule_fault.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    kEndA,
    kEndB,
    kWay,
    {"latency", ParamKind::kDistribution, "what is added to each packet's way", true}};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const auto ends = read_ends(context.world, args);
  if (!ends.has_value()) return std::unexpected(ends.error());
  const Distribution& latency = args.get<Distribution>("latency");
  return std::make_unique<RuleFault>(
      context.network, context.network.slow_link(ends->a, ends->b, latency, ends->direction),
      &delays);
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::optional<FaultArgs> args = draw_ends(targets, rng);
  if (!args.has_value()) return std::nullopt;
  const env::Duration mean = rng.between(std::chrono::milliseconds(1), targets.mean / 10);
  args->set("latency", Distribution(Exponential{.mean = mean, .low = mean / 4}));
  return args;
}

}  // namespace

FaultInfo slow_link_fault() {
  return {.name = "slow-link",
          .family = "link",
          .doc = "Each packet between two sets of nodes takes so much longer. Order stays.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
