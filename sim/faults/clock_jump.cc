// clock-jump: the wall clock steps at once, as when NTP gives up slewing.
#include "sim/faults/clock.h"
#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"node", ParamKind::kNode, "whose clock jumps", true},
    {"offset", ParamKind::kOffset, "how far, forward or (negative) back", true},
};

class ClockJump final : public Fault {
 public:
  ClockJump(Host& host, env::Duration offset) : host_(host), offset_(offset), misreadings_(host) {
    step(offset_);
  }
  void heal() override {
    step(-offset_);
    misreadings_.stop();
  }
  Effects effects() const override { return misreadings_.effects(); }

 private:
  void step(env::Duration offset) {
    host_.set_wall_clock_offset(host_.wall_clock_error() + offset);
  }

  Host& host_;
  env::Duration offset_;
  ClockMisreadings misreadings_;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const env::Duration offset = args.duration("offset");
  if (offset == env::Duration::zero()) return std::unexpected("a jump by nothing is none");
  return std::make_unique<ClockJump>(context.world.host(args.node("node")), offset);
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::optional<FaultArgs> args = draw_server(targets, rng);
  if (!args.has_value()) return std::nullopt;
  args->set("offset", env::Duration(draw_either_way(targets.mean.count() * 4, rng)));
  return args;
}

}  // namespace

std::int64_t draw_either_way(std::int64_t most, env::Rng& rng) {
  const std::int64_t size = rng.between(std::int64_t{1}, std::max<std::int64_t>(most, 1));
  return rng.chance(1, 2) ? size : -size;
}

FaultInfo clock_jump_fault() {
  return {.name = "clock-jump",
          .family = "clock",
          .doc =
              "The wall clock steps at once, forward or back; the heal steps it right again. "
              "Timers do not notice.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
