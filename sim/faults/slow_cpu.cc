// slow-cpu: a noisy neighbour, a throttled container: all CPU work takes longer.
#include <fmt/format.h>

#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"node", ParamKind::kNode, "whose processor is slow", true},
    {"factor", ParamKind::kFactor, "how many times as long everything takes", false, "10"},
};

class SlowCpu final : public Fault {
 public:
  SlowCpu(Host& host, std::int64_t factor) : host_(host), before_(host.troubles()) {
    host_.set_cpu_factor(factor);
  }
  void heal() override {
    host_.set_cpu_factor(1);
    after_ = host_.troubles();
  }
  Effects effects() const override {
    const HostTroubles now = after_.value_or(host_.troubles());
    const env::Duration added = now.cpu_added - before_.cpu_added;
    return {{"jobs slowed", now.jobs_slowed - before_.jobs_slowed},
            {"CPU time added", static_cast<std::uint64_t>(added.count()), Effect::Unit::kTime}};
  }

 private:
  Host& host_;
  HostTroubles before_;
  std::optional<HostTroubles> after_;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  Host& host = context.world.host(args.node("node"));
  if (host.cpu_factor() != 1)
    return std::unexpected(
        FaultRefusal::of_state(fmt::format("{} has a slow processor already", host.name())));
  return std::make_unique<SlowCpu>(host, args.number("factor"));
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::optional<FaultArgs> args = draw_server(targets, rng);
  if (!args.has_value()) return std::nullopt;
  args->set("factor", rng.between(std::int64_t{2}, std::int64_t{100}));
  return args;
}

}  // namespace

FaultInfo slow_cpu_fault() {
  return {.name = "slow-cpu",
          .family = "cpu",
          .doc =
              "All CPU work of the node takes so many times as long: a noisy neighbour, a "
              "throttled container.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
