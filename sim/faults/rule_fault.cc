#include "sim/faults/rule_fault.h"

#include "sim/faults/nodes.h"

namespace sim {

Effects delays(const RuleCounts& counts) {
  return {
      {"frames delayed", counts.frames_delayed},
      {"time added", static_cast<std::uint64_t>(counts.time_added.count()), Effect::Unit::kTime}};
}

std::expected<Ends, std::string> read_ends(World& world, const FaultArgs& args) {
  Ends ends{.a = args.nodes("a"), .b = {}};
  ends.b = args.has("b") ? args.nodes("b") : all_hosts_but(world, ends.a);
  if (auto wrong = wrong_sides(world, ends.a, ends.b)) return std::unexpected(std::move(*wrong));
  const std::string& direction = args.text("direction");
  if (direction == "from") std::swap(ends.a, ends.b);
  if (direction != "both") ends.direction = Direction::kForward;
  return ends;
}

std::optional<FaultArgs> draw_ends(const NemesisTargets& targets, env::Rng& rng) {
  const std::vector<HostId> all = shuffled(servers(targets), rng);
  if (all.size() < 2) return std::nullopt;
  constexpr std::string_view kWays[] = {"both", "to", "from"};
  return FaultArgs()
      .set("a", std::vector<HostId>{all[0]})
      .set("b", std::vector<HostId>(all.begin() + 1, all.end()))
      .set("direction", std::string(kWays[rng.below(3)]));
}

}  // namespace sim
