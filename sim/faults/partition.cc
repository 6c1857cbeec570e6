// partition: two sets of nodes no longer hear each other.
#include "sim/faults/cuts.h"
#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"a", ParamKind::kNodes, "one side", true},
    {"b", ParamKind::kNodes, "the other; absent: all other nodes, clients included"},
    {"direction", ParamKind::kChoice, "what is cut: both ways, what a sends to b, or the reverse",
     false, "both", kDirections},
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const std::vector<HostId>& a = args.nodes("a");
  const std::vector<HostId> b = args.has("b") ? args.nodes("b") : all_hosts_but(context.world, a);
  if (auto wrong = wrong_sides(context.world, a, b)) return std::unexpected(std::move(*wrong));
  auto fault = std::make_unique<CutFault>(context.network);
  add_cut(fault->cuts, a, b, args.text("direction"));
  return fault;
}

// A random half of the servers against the rest.
std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::vector<HostId> all = shuffled(servers(targets), rng);
  if (all.size() < 2) return std::nullopt;
  const auto size = static_cast<std::ptrdiff_t>(1 + rng.below(all.size() - 1));
  return FaultArgs()
      .set("a", std::vector<HostId>(all.begin(), all.begin() + size))
      .set("b", std::vector<HostId>(all.begin() + size, all.end()))
      .set("direction", std::string("both"));
}

}  // namespace

FaultInfo partition_fault() {
  return {.name = "partition",
          .family = "partition",
          .doc =
              "Two sets of nodes no longer hear each other. What is sent waits for a "
              "retransmission after the heal; nothing is lost on a connection that lives.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
