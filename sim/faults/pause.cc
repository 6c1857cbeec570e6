// pause: a long garbage collection, or SIGSTOP. The kernel goes on, the process does not.
#include <fmt/format.h>

#include "sim/faults/nodes.h"
#include "sim/faults/process.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {{"node", ParamKind::kNode, "who stands still", true}};

class Pause final : public Fault {
 public:
  Pause(World& world, Host& host)
      : world_(world),
        host_(host),
        incarnation_(host.incarnation()),
        since_(world.now()),
        held_before_(host.troubles().events_held_back) {
    host.pause();
  }
  void heal() override {
    stolen_ = world_.now() - since_;
    held_ = held();
    is_over_ = true;
    if (host_.incarnation() == incarnation_) host_.resume();  // no: somebody killed it meanwhile
  }
  Effects effects() const override {
    const env::Duration stolen = is_over_ ? stolen_ : world_.now() - since_;
    return {{"events held back", is_over_ ? held_ : held()},
            {"time stolen", static_cast<std::uint64_t>(stolen.count()), Effect::Unit::kTime}};
  }

 private:
  std::uint64_t held() const { return host_.troubles().events_held_back - held_before_; }

  World& world_;
  Host& host_;
  std::uint32_t incarnation_;
  env::Instant since_;
  std::uint64_t held_before_;
  bool is_over_ = false;
  env::Duration stolen_{};
  std::uint64_t held_ = 0;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  Host& host = context.world.host(args.node("node"));
  if (auto wrong = not_running(host)) return std::unexpected(std::move(*wrong));
  if (host.state() == HostState::kPaused)
    return std::unexpected(
        FaultRefusal::of_state(fmt::format("{} is paused already", host.name())));
  return std::make_unique<Pause>(context.world, host);
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::vector<HostId> all = servers(targets);
  all.insert(all.end(), targets.clients.begin(), targets.clients.end());
  if (all.empty()) return std::nullopt;
  return FaultArgs().set("node", pick(all, rng));
}

}  // namespace

FaultInfo pause_fault() {
  return {.name = "pause",
          .family = "process",
          .doc =
              "SIGSTOP or a long GC: the kernel acknowledges and buffers, the process does "
              "nothing; late timers fire on resume.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
