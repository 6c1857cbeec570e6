// packet-loss: segments get lost and are sent again, later; TCP loses no message of a stream.
#include "sim/faults/rule_fault.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    kEndA, kEndB, kWay, {"ratio", ParamKind::kRatio, "the share of segments that get lost", true}};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const auto ends = read_ends(context.world, args);
  if (!ends.has_value()) return std::unexpected(ends.error());
  const auto ratio = static_cast<std::uint32_t>(args.number("ratio"));
  return std::make_unique<RuleFault>(
      context.network, context.network.lose_packets(ends->a, ends->b, ratio, ends->direction),
      [](const RuleCounts& counts) -> Effects {
        return {{"frames lost and sent again", counts.frames_lost},
                {"connects unanswered", counts.connects_unanswered},
                {"transmissions lost", counts.losses, Effect::Unit::kNote}};
      });
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::optional<FaultArgs> args = draw_ends(targets, rng);
  if (!args.has_value()) return std::nullopt;
  args->set("ratio", rng.between(std::int64_t{1'000}, std::int64_t{200'000}));
  return args;
}

}  // namespace

FaultInfo packet_loss_fault() {
  return {.name = "packet-loss",
          .family = "link",
          .doc =
              "Segments between two sets of nodes get lost and are retransmitted: 200 ms later, "
              "doubling; after 15 losses in a row the connection is dead.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
