// restart: the process is killed and its supervisor starts it again.
#include "sim/faults/nodes.h"
#include "sim/faults/process.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"node", ParamKind::kNode, "who restarts", true},
    {"downtime", ParamKind::kDuration, "from the kill to the start", false, "1s"},
};

class Restart final : public Fault {
 public:
  Restart(FaultContext& context, Host& host, env::Duration downtime)
      : world_(context.world),
        host_(host),
        connections_(context.network.connections_of(host.id())) {
    host.kill();
    start_ = world_.at(world_.now() + downtime, [this, ended = context.ended] {
      host_.start();
      ended();
    });
  }
  void heal() override {
    world_.cancel(start_);
    host_.start();
  }
  Effects effects() const override {
    return {{"processes ended", 1}, {"connections reset", connections_}};
  }
  std::vector<HostId> down() const override { return {host_.id()}; }

 private:
  World& world_;
  Host& host_;
  std::uint64_t connections_;
  World::CallbackId start_{};
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  Host& host = context.world.host(args.node("node"));
  if (auto wrong = not_running(host)) return std::unexpected(std::move(*wrong));
  return std::make_unique<Restart>(context, host, args.duration("downtime"));
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::optional<FaultArgs> args = draw_server(targets, rng);
  if (!args.has_value()) return std::nullopt;
  args->set("downtime", rng.between(std::chrono::milliseconds(10), targets.mean));
  return args;
}

}  // namespace

FaultInfo restart_fault() {
  return {.name = "restart",
          .family = "process",
          .doc = "The process is killed and started again after its downtime. It ends by itself.",
          .params = kParams,
          .install = &install,
          .draw = &draw,
          .takes_down = true};
}

}  // namespace sim
