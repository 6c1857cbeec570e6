// narrow-link: little bandwidth; what is more waits in a queue.
#include "sim/faults/rule_fault.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    kEndA,
    kEndB,
    kWay,
    {"bandwidth", ParamKind::kBandwidth, "of each pair of nodes, each way", true}};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const auto ends = read_ends(context.world, args);
  if (!ends.has_value()) return std::unexpected(ends.error());
  const auto rate = static_cast<std::uint64_t>(args.number("bandwidth"));
  return std::make_unique<RuleFault>(
      context.network, context.network.limit_bandwidth(ends->a, ends->b, rate, ends->direction),
      &delays);
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::optional<FaultArgs> args = draw_ends(targets, rng);
  if (!args.has_value()) return std::nullopt;
  args->set("bandwidth", rng.between(std::int64_t{5'000}, std::int64_t{500'000}));
  return args;
}

}  // namespace

FaultInfo narrow_link_fault() {
  return {.name = "narrow-link",
          .family = "link",
          .doc =
              "Each pair of nodes of two sets has so little bandwidth; what is more waits in a "
              "queue.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
